"""Judges slates by raw rows: are conditions met, is nothing shown again, do critiques move. Knows nothing of how chats are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tastemaker.eval.benchmarks.conversation.films import Film, Films

Direction = Literal["newer", "older", "lighter", "darker", "better known", "less known"]
UP = frozenset({"newer", "lighter", "better known"})
_FIELDS: dict[Direction, Literal["year", "tone", "ratings"]] = {
    "newer": "year", "older": "year", "lighter": "tone", "darker": "tone", "better known": "ratings", "less known": "ratings",
}  # fmt: skip
_MARKS: dict[Direction, tuple[str, ...]] = {
    "newer": ("newer", "更新", "新一"), "older": ("older", "更早", "更老"), "lighter": ("lighter", "轻松"), "darker": ("darker", "沉重"),
    "better known": ("better known", "popular", "热门"), "less known": ("lesser known", "less known", "冷门"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Want:
    """A condition as the generator asked for it: any of `genres`, or a year from `low` to `high`; `refused`, none of them.

    `marks` are words that a reply names it by, all of them together.
    """

    field: Literal["genre", "year"]
    genres: frozenset[str] = frozenset()
    low: int | None = None
    high: int | None = None
    refused: bool = False
    marks: tuple[str, ...] = ()

    def holds(self, film: Film) -> bool:
        """Whether a film meets it; one that says nothing of the field does not."""
        if self.field == "genre":
            return bool(film.genres) and bool(film.genres & self.genres) is not self.refused
        if film.year is None:
            return False
        return (self.low is None or film.year >= self.low) and (self.high is None or film.year <= self.high)

    def named_in(self, text: str) -> bool:
        """Whether a reply names it."""
        folded = text.casefold()
        return bool(self.marks) and all(mark.casefold() in folded for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Critique:
    """Which way the next slate is to go, from the mean of the films that the critique is about; None where none of them says."""

    direction: Direction
    mean: float | None

    @classmethod
    def of(cls, direction: Direction, films: Iterable[Film]) -> Critique:
        """A critique of these films."""
        values = [value for value in (getattr(film, _FIELDS[direction]) for film in films) if value is not None]
        return cls(direction, sum(values) / len(values) if values else None)

    def met(self, film: Film) -> bool:
        """Whether a film is on the asked side of the mean; one that says nothing is not."""
        value: float | None = getattr(film, _FIELDS[self.direction])
        if value is None or self.mean is None:
            return False
        return value > self.mean if self.direction in UP else value < self.mean


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is in force by what was said: `wants`, `critiques` since the last start, and names of films that may not come.

    `asked` are fields that a question was asked about since then; `asking`, the last reply was a question.
    """

    wants: tuple[Want, ...] = ()
    critiques: tuple[Critique, ...] = ()
    gone: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()
    asking: bool = False

    def wanting(self, *new: Want) -> Ledger:
        """With more conditions. Of years the last word counts; a genre that is refused is no longer wanted, and the other way round."""
        kept = list(self.wants)
        for want in new:
            if want.field == "year":
                kept = [one for one in kept if one.field != "year"]
            else:
                kept = [left for one in kept if (left := _without(one, want)) is not None]
            kept.append(want)
        return replace(self, wants=tuple(kept))

    def lifted(self, name: str) -> Ledger:
        """Without the conditions and critiques on a field, or without any: `all`."""
        return replace(
            self, wants=tuple(one for one in self.wants if name not in {"all", one.field}),
            critiques=tuple(one for one in self.critiques if name not in {"all", _FIELDS[one.direction]}),
        )  # fmt: skip

    def dropped(self, want: Want) -> Ledger:
        """Without one condition."""
        return replace(self, wants=tuple(one for one in self.wants if one != want))

    def criticising(self, critique: Critique) -> Ledger:
        """With a critique, which takes the place of an older one of the same kind."""
        kept = [one for one in self.critiques if _FIELDS[one.direction] != _FIELDS[critique.direction]]
        return replace(self, critiques=(*kept, critique))

    def heard(self, heard: Heard, films: Films) -> Ledger:
        """After a reply: what it showed may not come again, what it asked is asked."""
        asked = (*self.asked, heard.about) if heard.asks else self.asked
        gone = self.gone | films.names(heard.ids)
        return replace(self, gone=gone, asked=asked, asking=heard.asks)

    def fresh(self) -> Ledger:
        """After a new start: only what was seen stays away."""
        return Ledger(gone=self.gone, asking=self.asking)

    def without(self, names: Iterable[str]) -> Ledger:
        """With more films that may not come."""
        return replace(self, gone=self.gone | {*names})

    def fits(self, films: Films) -> int:
        """How many different films could be shown."""
        some = (film for film in films.by_id.values() if film.name not in self.gone)
        return len({film.name for film in some if all(want.holds(film) for want in self.wants)})


def _without(old: Want, new: Want) -> Want | None:
    """What an older condition still asks for beside a newer one."""
    if old.field != "genre" or old.refused == new.refused:
        return None if old == new else old
    left = old.genres - new.genres
    return None if not left else old if left == old.genres else replace(old, genres=left)


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply: text, ids of the slate, and what may be answered."""

    text: str
    ids: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it is a question; an offer to drop a condition has no more than one answer to choose."""
        return len(self.options) > 1

    @property
    def about(self) -> str:
        """The field that its question is about, by its options; nothing where it asks none."""
        if not self.asks:
            return ""
        return "year" if all(one[:4].isdigit() for one in self.options) else "genre"


@dataclass(slots=True)
class Verdict:
    """What is right and wrong about one reply. `kept` are earlier conditions that a slate after a critique holds, of `to_keep`."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    conditions: int = 0
    shown: int = 0
    fits: int | None = None
    moved: float | None = None
    kept: int = 0
    to_keep: int = 0

    def fault(self, kind: str, what: str) -> None:
        """Note a fault."""
        self.faults.append((kind, what))

    def has(self, kind: str) -> bool:
        """Whether a fault of this kind was noted."""
        return any(one == kind for one, _ in self.faults)


def judge(
    films: Films, before: Ledger, now: Ledger, critique: Critique | None, heard: Heard, k: int, due: bool = True
) -> Verdict:
    """Judge a reply: `before` is in force up to the message, `now` with it; `critique` is what it criticised, if it did; `due`,
    a slate or a question must follow.

    Kinds of faults: `condition`, `again` (shown or declared seen before), `twice` (in one slate), `unnamed` (an empty reply names
    nothing in its way), `needless` (empty or short although more films fit), `questions` (two in a row), `reasked` (about what is known).
    """
    found = Verdict(conditions=len(now.wants), shown=len(heard.ids))
    slate = [films.by_id[one] for one in heard.ids]
    for film in slate:
        for want in now.wants:
            if not want.holds(film):
                told = f"{film.title} ({film.year}; {', '.join(sorted(film.genres))}) does not meet {_said(want)}"
                found.fault("condition", told)
        if film.name in now.gone:
            found.fault("again", film.title)
    if len({film.name for film in slate}) < len(slate):
        found.fault("twice", "; ".join(film.title for film in slate))
    if heard.asks:
        if before.asking:
            found.fault("questions", "two in a row")
        if heard.about in {*now.asked, *(want.field for want in now.wants)}:
            found.fault("reasked", heard.about)
    if not now.critiques and not heard.asks and (slate or due):
        _enough(found, films, now, heard, k)
    if not slate and not heard.asks and due and not _named(now, heard.text):
        found.fault("unnamed", heard.text)
    if critique is not None and critique.mean is not None and slate:
        _moves(found, before, now, critique, slate)
    return found


def _enough(found: Verdict, films: Films, now: Ledger, heard: Heard, k: int) -> None:
    """Whether as many are shown as there are; told where no critique narrows them further."""
    found.fits = now.fits(films)
    if len(heard.ids) < min(k, found.fits):
        found.fault("needless", f"{len(heard.ids)} shown where {found.fits} fit")


def _named(now: Ledger, text: str) -> bool:
    """Whether an empty reply names something that is in its way."""
    if any(want.named_in(text) for want in now.wants):
        return True
    return any(mark in text.casefold() for critique in now.critiques for mark in _MARKS[critique.direction])


def _moves(found: Verdict, before: Ledger, now: Ledger, critique: Critique, slate: Sequence[Film]) -> None:
    found.moved = sum(critique.met(film) for film in slate) / len(slate)
    if found.moved < 1:
        wrong = "; ".join(f"{film.title} ({film.year})" for film in slate if not critique.met(film))
        found.fault("direction", f"not {critique.direction} than {critique.mean:.4g}: {wrong}")
    earlier = [want for want in before.wants if want in now.wants]
    found.to_keep = len(earlier)
    found.kept = sum(all(want.holds(film) for film in slate) for want in earlier)


def _said(want: Want) -> str:
    no = "no " if want.refused else ""
    return no + (" or ".join(sorted(want.genres)) if want.field == "genre" else f"{want.low or ''}..{want.high or ''}")
