"""Turns of every kind in English and Chinese, a line each with what they are read as: `turns_english.txt`, `turns_chinese.txt`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker.agent.conversation.notation import parse, parts
from tastemaker.agent.conversation.rules import read

FOLDER, YEAR = Path(__file__).parent, 2026
LINES = [line for path in sorted(FOLDER.glob("turns_*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_a_turn_is_read(line: str) -> None:
    text, _, noted = line.partition(" => ")
    assert set(parts(read(text, year=YEAR))) == set(parts(parse(noted, YEAR)))


def test_there_are_turns_of_both_languages() -> None:
    assert len(LINES) > 1_400
