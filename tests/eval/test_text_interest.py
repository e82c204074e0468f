"""`bench text-interest`: every reader is scored as `rerank` would, in the file's order; lines that are none are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
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
    assert "judged" not in found  # nothing says what is relevant
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == found["scores"]
    assert not (tmp_path / "store").exists()
    with Recommender.open(tmp_path / "s", encoder="hashing", dtype="float32") as recommender:
        for reader, scored in zip(READERS, found["scores"], strict=True):
            ranked = recommender.rerank(reader["history"], reader["candidates"])
            assert scored["id"] == reader["id"]
            by_index = sorted(ranked, key=lambda one: one.index)
            assert scored["scores"] == pytest.approx([one.score for one in by_index])
            assert scored["prior"] == pytest.approx([one.prior for one in by_index])


def test_what_the_model_adds_is_printed_where_the_relevant_is_known(
    settings: Settings, portal: BlockingPortal, tmp_path: Path
) -> None:
    """What is relevant changes no score; a place outside of the candidates is no judgement."""
    file = tmp_path / "tasks.jsonl"
    file.write_text("\n".join(json.dumps(one | {"relevant": n}) for one, n in zip(READERS, (1, 7), strict=True)))
    found = portal.call(text_interest.run, settings.model_copy(update={"encoder": "hashing"}), file)
    row = found["scores"][0]
    expected = {
        name: 1 / np.log2(1 + sum(one >= row[key][1] for one in row[key]))
        for name, key in (("encoder_ndcg@10", "prior"), ("ndcg@10", "scores"))
    }
    assert found["judged"] == 1
    assert {name: found[name]["mean"] for name in expected} == pytest.approx(expected, abs=1e-4)
    assert found["difference"]["mean"] == pytest.approx(expected["ndcg@10"] - expected["encoder_ndcg@10"], abs=1e-4)


@pytest.mark.parametrize(("scores", "gain"), [([3, 1, 2], 1.0), ([1, 1, 1], 0.5), ([1, 2, 2], 0.5), (range(12), 0.0)])
def test_ties_count_against_the_scorer(scores: list[float], gain: float) -> None:
    assert text_interest._ndcg(list(scores), 0) == pytest.approx(gain)


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
