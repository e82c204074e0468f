"""What became of each row of a data set: read, dropped, repaired or kept with a remark, by file and kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """Counts of one file: `read` rows, and how many rows or cells of each kind were `dropped`, `repaired` or `noted`."""

    read: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; kinds that did not occur are left out."""
        kinds = {"dropped": self.dropped, "repaired": self.repaired, "noted": self.noted}
        return {"read": self.read, **{name: dict(sorted(found.items())) for name, found in kinds.items() if found}}


class Counts:
    """Counts of one pass. `dropped`, `repaired` and `noted` go to the file whose row was read last."""

    def __init__(self) -> None:
        self.files: dict[str, Tally] = {}
        self._now = Tally()

    def read(self, file: str, rows: int = 1) -> None:
        """Count rows of `file`, which becomes the file that later counts go to."""
        if file not in self.files:
            self.files[file] = Tally()
        self._now = self.files[file]
        self._now.read += rows

    def dropped(self, kind: str, rows: int = 1) -> None:
        """Count rows, or parts of a row, that no item or event was made of."""
        self._now.dropped[kind] = self._now.dropped.get(kind, 0) + rows

    def repaired(self, kind: str, rows: int = 1) -> None:
        """Count cells that were changed before use."""
        self._now.repaired[kind] = self._now.repaired.get(kind, 0) + rows

    def noted(self, kind: str, rows: int = 1) -> None:
        """Count cells that were kept as they are, though something about them is worth knowing."""
        self._now.noted[kind] = self._now.noted.get(kind, 0) + rows

    def kinds(self) -> tuple[str, ...]:
        """The kinds of repair counted for the current file."""
        return tuple(self._now.repaired)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: a file's name to its counts."""
        return {name: tally.as_dict() for name, tally in sorted(self.files.items())}


@dataclass(slots=True)
class Report:
    """The latest pass over the items, over the events and over the columns, and what the reader leaves alone.

    `left` maps a file or field that no item or event is made of to the reason. A pass that is not read to its end has
    counted what it read.
    """

    items: Counts = field(default_factory=Counts)
    events: Counts = field(default_factory=Counts)
    columns: Counts = field(default_factory=Counts)
    left: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; a pass that was not made is left out."""
        passes = {"items": self.items, "events": self.events, "columns": self.columns}
        found: dict[str, Any] = {name: counts.as_dict() for name, counts in passes.items() if counts.files}
        return {**found, "left": dict(self.left)}
