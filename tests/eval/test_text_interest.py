"""`bench text-interest`: every reader is scored as `rerank` would, in the file's order; lines that are none are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from tastemaker import Recommender, Settings
from tastemaker.errors import DatasetError, TastemakerError
from tastemaker.eval.benchmarks import text_interest

READERS: list[dict[str, Any]] = [
    {"id": "a", "history": ["Ten soups for winter", "Flour for pizza"], "candidates": ["Rates rise", "Baking bread", "Cup final"], "x": 1},
    {"id": "b", "history": ["火星车发现冰层"], "candidates": ["新望远镜观测星系", "央行上调利率"]},
]  # fmt: skip


def test_scores_are_those_of_rerank(settings: Settings, portal: BlockingPortal, tmp_path: Path) -> None:
    file, out = tmp_path / "tasks.jsonl", tmp_path / "scores.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in READERS), encoding="utf-8")
    given = settings.model_copy(update={"encoder": "hashing"})
    found = portal.call(text_interest.run, given, file, out)
    assert found["passed"] and found["readers"] == 2 and found["degraded"] == 0
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == found["scores"]
    assert not (tmp_path / "store").exists()
    with Recommender.open(tmp_path / "s", encoder="hashing", dtype="float32") as recommender:
        for reader, scored in zip(READERS, found["scores"], strict=True):
            ranked = recommender.rerank(reader["history"], reader["candidates"])
            assert scored["id"] == reader["id"]
            assert scored["scores"] == pytest.approx([one.score for one in sorted(ranked, key=lambda one: one.index)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no reader"),
        ('{"id": "a", "history": ["x"], "candidates": ["y"]}\nnonsense', ":2"),
        ('{"id": "a", "history": [], "candidates": ["y"]}', ":1.*history"),
        ('{"id": "a", "history": ["x"]}', ":1.*candidates"),
    ],
)
def test_a_line_that_is_no_reader_is_named(
    settings: Settings, portal: BlockingPortal, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "tasks.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TastemakerError, match=says):
        portal.call(text_interest.run, settings, file)


def test_a_file_that_is_not_there(settings: Settings, portal: BlockingPortal, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="can't be read"):
        portal.call(text_interest.run, settings, tmp_path / "none.jsonl")
