"""What `bench rerank` says, by hand: cases without leaks, answers that are read as they were given, peers that fail as they fail."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tastemaker.agent.engines.base import Engine, LabelScores, Prompt
from tastemaker.cli import app
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks.rerank import _of_peer, _paired, row
from tastemaker.eval.benchmarks.rerank import peers as others
from tastemaker.eval.benchmarks.rerank.baselines import by_pairs, parsed, question
from tastemaker.eval.benchmarks.rerank.cases import Case, cases
from tastemaker.eval.benchmarks.rerank.peers import PEERS, answers_of
from tastemaker.progress import silent
from tastemaker.retrieval.datasets import open_dataset

CASES = [Case(("Heat", "Alien"), ("A", "B", "C", "D"), wanted) for wanted in (0, 2)]


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    """Six people who rate twelve films: the first five like films 0 to 5 in that order, and film 6 last; all dislike film 7."""
    folder = tmp_path / "rated"
    folder.mkdir()
    (folder / "items.csv").write_text("id,title\n" + "".join(f"f{n},Film {n}\n" for n in range(30)))
    rows = ["user_id,item_id,type,value,timestamp"]
    for user in range(6):
        seen = [0, 1, 2, 3, 4, 5, 6] if user < 5 else [0]
        rows += [f"u{user},f{film},rating,5,{1_000 + place}" for place, film in enumerate(seen)]
        rows.append(f"u{user},f7,rating,1,2000")
    (folder / "events.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_case_is_what_was_liked_next_among_what_was_never_rated(rated: Path, tmp_path: Path) -> None:
    data = open_dataset(str(rated), tmp_path)
    made = cases(data, 5, 8, 3)
    assert made == cases(data, 5, 8, 3) != cases(data, 5, 8, 3, seed=1)
    for case in made:
        assert case.history == ("Film 3", "Film 4", "Film 5") and case.candidates[case.wanted] == "Film 6"
        assert len(set(case.candidates)) == 8 and not set(case.candidates) & {
            f"Film {n}" for n in (0, 1, 2, 3, 4, 5, 7)
        }
    assert (
        len({case.wanted for case in cases(data, 5, 8, 3)} | {case.wanted for case in cases(data, 5, 8, 3, seed=1)}) > 1
    )
    with pytest.raises(DatasetError, match="5 users with more than 3 liked films, not 6"):
        cases(data, 6, 8, 3)


@pytest.mark.parametrize(
    ("said", "order", "whole"),
    [
        ("[2, 1, 4, 3]", [1, 0, 3, 2], True),
        ("I think 3 > 1", [2, 0, 1, 3], False),
        ("1, 1, 2, 3, 4", [0, 1, 2, 3], False),
        ("[4, 3, 2, 1, 99]", [3, 2, 1, 0], False),
        ("", [0, 1, 2, 3], False),
    ],
)
def test_an_answer_is_completed_and_called_what_it_is(said: str, order: list[int], whole: bool) -> None:
    assert parsed(said, 4) == (order, whole)


@given(st.text(max_size=200), st.integers(1, 30))
def test_whatever_is_written_a_permutation_is_made_of_it(said: str, n: int) -> None:
    order, _ = parsed(said, n)
    assert sorted(order) == list(range(n))


def test_the_question_holds_everything_once() -> None:
    (message,) = [one for one in question(CASES[0]) if not isinstance(one, str)]
    assert all(message["content"].count(f"{n}. {text}\n") == 1 for n, text in enumerate("ABCD", start=1))


class Judge(Engine):
    """Prefers what comes later in the alphabet, and a little whatever is shown first."""

    async def score_labels(self, prompts: Sequence[Prompt], labels: Sequence[str]) -> LabelScores:
        rows = []
        for prompt in prompts:
            assert not isinstance(prompt, str)
            first, second = (line[3] for line in prompt[0]["content"].splitlines() if line[:3] in {"A. ", "B. "})
            rows.append([-0.5, -1.0] if first > second else [-0.9, -0.6])
        return LabelScores(np.array(rows), np.ones(len(rows)))


def test_pairs_bring_the_best_three_up() -> None:
    case = Case(("Heat",), tuple("CAFBED"), 0)
    order = anyio.run(by_pairs, object.__new__(type("Whole", (Judge,), dict.fromkeys(Judge.__abstractmethods__))), case)
    assert "".join(case.candidates[n] for n in order) == "FEDCAB"


def test_a_row_by_hand() -> None:
    """Wanted at places 2 and 3: 1 / log2(3) and 1 / log2(4)."""
    found = row("ours", CASES, [[1, 0, 2, 3], [3, 1, 2, 0]], [10.0, 30.0], 1)
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3) + 0.5) / 2, abs=1e-4)
    assert found["ms"]["median"] == 20.0 and found["failures_per_1000"] == 500 and found["cases"] == 2


def test_a_peer_fails_as_it_fails() -> None:
    answers = [
        {"order": [0, 1, 2, 3], "seconds": 1.0}, {"order": [0, 1, 2], "seconds": 2.0},
        {"order": [0, 0, 2, 3], "seconds": 3.0}, {"failure": "IndexError: list", "seconds": 4.0},
    ]  # fmt: skip
    found = _of_peer("other", [CASES[0]] * 4, answers)
    assert found["failures_per_1000"] == 750 and found["unchanged_per_1000"] == 250
    assert found["first_failure"] == "no permutation" and found["ndcg@10"] == 0.25 and found["ms"]["median"] == 2500.0
    ours = row("ours", [CASES[0]] * 4, [[0, 1, 2, 3]] * 4, [1.0] * 4, 0)
    assert _paired([ours, found], "ours", "other")["difference"] == 0.75


PEER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from runner import main
def make(url, model):
    def rank(query, documents):
        if documents[0] == "break": raise IndexError("list index out of range")
        if documents[0] == "die": sys.exit(3)
        if documents[0] == "sleep":
            time.sleep(30)
        if documents[0] == "thread":  # as LangChain does: whoever leaves waits for the thread
            with ThreadPoolExecutor() as pool: pool.submit(time.sleep, 30).result()
        return range(len(documents) - 1, -1, -1)
    return rank
main(make)
"""


def test_a_peer_that_breaks_sleeps_or_dies_answers_for_the_others(tmp_path: Path) -> None:
    (tmp_path / "peer.py").write_text(PEER)
    (tmp_path / "runner.py").write_text((Path(others.__file__).parent / "runner.py").read_text())
    asked = [Case(("Heat",), (first, "B"), 0) for first in ("A", "break", "sleep", "thread", "A", "die", "A")]
    script = [sys.executable, str(tmp_path / "peer.py")]
    found = answers_of(script, asked, "http://127.0.0.1:9", "model", silent, "mine", limit_s=1.0)
    assert [one.get("order") for one in found] == [[1, 0], None, None, None, [1, 0], None, None]
    assert [one["failure"].split(":")[0] for one in found if "failure" in one] == [
        "IndexError", "took more than 1.0 s", "took more than 1.0 s", "ended with status 3", "ended with status 3",
    ]  # fmt: skip
    assert all(1 <= one["seconds"] < 5 for one in found[2:4])


def test_scripts_of_peers_are_there_and_import_nothing_of_ours() -> None:
    for script, _ in PEERS.values():
        text = (Path(others.__file__).parent / script).read_text(encoding="utf-8")
        assert "import tastemaker" not in text and "from tastemaker" not in text and "from runner import" in text


def test_an_unknown_peer_is_refused_before_anything_is_started() -> None:
    error = CliRunner().invoke(app, ["bench", "rerank", "--peers", "langchain,nobody"]).exception
    assert isinstance(error, InvalidInputError) and "nobody" in error.what and "rankllm" in error.remedy
