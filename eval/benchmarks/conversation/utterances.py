"""Marked utterances: read from files, and readings of them scored by the parts of their notation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.agent.conversation import notation
from tastemaker.agent.conversation.genres import genre_of
from tastemaker.agent.conversation.reading import Act, Condition, Reading
from tastemaker.agent.explanations.names import plain
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.statistics import bootstrap, randomisation_test

YEAR = 2025
"""What `now` stands for, for the reader and for the marks."""
SHOWN = 40
_ROW = re.compile(r"\|\s*([EZ])(\d+)\s*\|(.*)\|([^|]*)\|\s*$")
_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance, the kind it was written for, and the reading that it is to have."""

    language: str
    kind: str
    text: str
    reading: Reading

    @property
    def bare(self) -> bool:
        """Whether no condition may come of it."""
        return self.reading.conflict or self.reading == Reading()


def load(path: Path) -> list[Utterance]:
    """The utterances of a file: lines of language, kind, utterance and notation with tabs between, or a Markdown table of number
    (E or Z first), utterance and notation.

    Raises `DatasetError` for a file that can't be read or a line that is neither.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"can't be read ({error})", where=str(path)) from error
    table = path.suffix.lower() in {".md", ".markdown"}
    found = []
    for n, line in enumerate(lines, start=1):
        cells = _of_table(line) if table else _of_tabs(line)
        if cells is None:
            continue
        if len(cells) != 4 or cells[0] not in {"en", "zh"}:
            raise DatasetError("is no language, kind, utterance and notation", where=f"{path}:{n}")
        try:
            reading = notation.parse(cells[3], YEAR)
        except (InvalidInputError, ValueError) as error:
            raise DatasetError(f"is no notation ({error})", where=f"{path}:{n}") from error
        found.append(Utterance(cells[0], cells[1], cells[2], reading))
    if not found:
        raise DatasetError("holds no utterance", where=str(path))
    return found


def _of_tabs(line: str) -> list[str] | None:
    return None if not line.strip() or line.startswith(("#", "language\t")) else line.split("\t")


def _of_table(line: str) -> list[str] | None:
    row = _ROW.match(line)
    if row is None:
        return None
    code = _CODE.search(row[4])
    return ["en" if row[1] == "E" else "zh", f"{row[1]}{row[2]}", row[3].strip(), code[1] if code else row[4].strip()]


def slots(reading: Reading) -> Counter[str]:
    """The parts of a reading but its act, written one way: without case, of simplified characters, the values of a choice in order.

    A reading that contradicts itself puts no condition in force: that it does is its part then, whichever conditions it names.
    """
    if reading.conflict:
        reading = reading.model_copy(update={"conditions": (), "wishes": ()})
    same = reading.model_copy(
        update={
            "act": Act.RECOMMEND,
            "conditions": tuple(map(_one_way, reading.conditions)), "wishes": tuple(map(_one_way, reading.wishes)),
        }
    )  # fmt: skip
    return Counter(plain(part).casefold() for part in notation.parts(same))


def _one_way(condition: Condition) -> Condition:
    values = [plain(value).casefold() for value in condition.values]
    if condition.field == "genre":
        values = [genre_of(value) or value for value in values]
    return condition.model_copy(update={"values": tuple(sorted(values))})


@dataclass(slots=True)
class Scored:
    """An utterance read: parts that were right, missed and added."""

    utterance: Utterance
    reading: Reading
    right: int
    missed: list[str]
    added: list[str]

    @classmethod
    def of(cls, utterance: Utterance, reading: Reading) -> Scored:
        """The score of one reading."""
        wanted, found = slots(utterance.reading), slots(reading)
        both = wanted & found
        return cls(
            utterance, reading, both.total(), sorted((wanted - both).elements()), sorted((found - both).elements())
        )

    @property
    def act(self) -> bool:
        """Whether the act is right."""
        return self.reading.act is self.utterance.reading.act

    @property
    def exact(self) -> bool:
        """Whether everything is."""
        return self.act and not self.missed and not self.added

    @property
    def imposes(self) -> bool:
        """Whether it adds a condition where none may come."""
        conditions = () if self.reading.conflict else self.reading.conditions
        return self.utterance.bare and bool(conditions)


def f1(scored: Iterable[Scored]) -> float | None:
    """Micro F1 of the parts; None where there are none."""
    some = list(scored)
    right, wrong = sum(one.right for one in some), sum(len(one.missed) + len(one.added) for one in some)
    return round(2 * right / (2 * right + wrong), 4) if right or wrong else None


def summary(scored: Sequence[Scored]) -> dict[str, Any]:
    """Slot F1 by language with its interval, act accuracy, shares by kind, and what was read wrong."""
    kinds: dict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        kinds[one.utterance.kind].append(one)
    languages = sorted({one.utterance.language for one in scored})
    by = {language: [one for one in scored if one.utterance.language == language] for language in languages}
    bare = [one for one in scored if one.utterance.bare]
    return {
        "utterances": len(scored), "slot_f1": {language: f1(some) for language, some in by.items()},
        "slot_f1_ci": {language: _interval(some) for language, some in by.items()},
        "act_accuracy": _mean([one.act for one in scored]),
        "act_accuracy_by_language": {language: _mean([one.act for one in some]) for language, some in by.items()},
        "exact": {language: _mean([one.exact for one in some]) for language, some in by.items()},
        "bare": len(bare), "bare_with_condition": sum(one.imposes for one in bare),
        "by_kind": {
            kind: {"n": len(some), "slot_f1": f1(some), "act": _mean([one.act for one in some])} for kind, some in sorted(kinds.items())
        },
        "wrong": [_told(one) for one in scored if not one.exact][:SHOWN],
    }  # fmt: skip


def _mean(flags: Sequence[bool]) -> float | None:
    return round(sum(flags) / len(flags), 4) if flags else None


def _interval(scored: Sequence[Scored], draws: int = 2_000) -> list[float]:
    """The 95% interval of the micro F1 by drawing utterances; those without parts count for nothing."""
    counts = np.array([(one.right, len(one.missed) + len(one.added)) for one in scored], np.float64)
    rows = np.random.default_rng(0).integers(0, len(counts), size=(draws, len(counts)))
    sums = counts[rows].sum(axis=1)
    scores = 2 * sums[:, 0] / np.maximum(2 * sums[:, 0] + sums[:, 1], 1)
    return [round(float(edge), 4) for edge in np.quantile(scores, [0.025, 0.975])]


def _told(one: Scored) -> dict[str, Any]:
    told = {
        "text": one.utterance.text,
        "wanted": notation.note(one.utterance.reading),
        "read": notation.note(one.reading),
    }
    return {"language": one.utterance.language, "kind": one.utterance.kind, **told}


def paired(first: Sequence[Scored], second: Sequence[Scored]) -> dict[str, Any]:
    """How often each of two readers reads the same utterances wholly right, the difference, its interval and p."""
    a, b = (np.array([float(one.exact) for one in some]) for some in (first, second))
    return {
        "exact": [round(float(a.mean()), 4), round(float(b.mean()), 4)], "difference": round(float((b - a).mean()), 4),
        "ci": [round(edge, 4) for edge in bootstrap(b - a, 0)], "p": round(randomisation_test(b, a, 0), 4),
    }  # fmt: skip
