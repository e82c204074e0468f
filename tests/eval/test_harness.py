"""The harness: known worlds give known winners, and a system that misbehaves spoils only its own row."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from tastemaker.errors import InvalidInputError
from tastemaker.eval import harness, worker
from tastemaker.eval.evaluate import compare, evaluate
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.report import markdown, verdicts, write_html
from tastemaker.eval.splits import random_per_user
from tastemaker.eval.systems import find_system
from tastemaker.eval.systems.simple import EASE, Popularity
from tastemaker.eval.worlds import two_tastes

MISBEHAVING = """
import time
import numpy as np
from tastemaker.eval.systems.base import Scorer

class Base:
    def fit(self, train): self.train = train

class Raises(Base):
    def recommend(self, users, k): raise RuntimeError("no luck")

class Hangs(Base):
    def recommend(self, users, k): time.sleep(600)

class Dies(Base):
    def recommend(self, users, k): import os; os._exit(9)

class NaN(Scorer):
    def learn(self, train): pass
    def score(self, users): return np.full((len(users), self.train.n_items), np.nan)

class Unknown(Base):
    def recommend(self, users, k): return np.full((len(users), k), 10**6)

class Few(Base):
    def recommend(self, users, k): return np.full((len(users), 1), 3)

class Repeats(Base):
    def recommend(self, users, k): return np.tile(np.arange(1, dtype=int).repeat(2), (len(users), 1))

class Cheats(Base):
    def recommend(self, users, k): return np.tile(np.arange(k), (len(users), 1))

class Words(Base):
    def recommend(self, users, k): return np.array([["a"] * k] * len(users))

class Leaves(Base):
    def recommend(self, users, k): raise SystemExit(0)

class Narrow(Base):
    def recommend(self, users, k): return np.zeros(k, dtype=int)
"""


@pytest.fixture
def data() -> Interactions:
    return two_tastes()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that modules are imported from."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "misbehaving.py").write_text(MISBEHAVING)
    (folder / "faulty.py").write_text("def")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture
def broken(stranger: Path) -> str:
    return "misbehaving"


def test_the_right_system_wins_and_chance_loses(data: Interactions, tmp_path: Path) -> None:
    result = evaluate(data, "A", tmp_path, ["random", "popularity", "ease"], seeds=[1, 2], trials=3)
    by_name = {row["system"]: row for row in result["rows"]}
    assert by_name["ease"]["ndcg@10"] > by_name["popularity"]["ndcg@10"] > 0
    assert by_name["ease"]["trials"] == 3 and by_name["ease"]["users"] == 40
    verdict = next(test for test in result["tests"] if (test["a"], test["b"]) == ("popularity", "ease"))
    assert verdict["difference"] < 0 and verdict["p_holm"] < 0.05
    json.dumps(result, allow_nan=False)


def test_what_is_done_is_not_done_again(data: Interactions, tmp_path: Path) -> None:
    first = evaluate(data, "A", tmp_path, ["popularity"], seeds=[1])
    at = time.perf_counter()
    assert evaluate(data, "A", tmp_path, ["popularity"], seeds=[1])["rows"] == first["rows"]
    assert time.perf_counter() - at < 1.0  # no process was started
    assert len(list(tmp_path.iterdir())) == 1
    evaluate(two_tastes(seed=2), "A", tmp_path, ["popularity"], seeds=[1])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_bad_system_spoils_only_its_row(data: Interactions, tmp_path: Path, broken: str) -> None:
    kinds = [
        "Raises",
        "Hangs",
        "Dies",
        "NaN",
        "Unknown",
        "Few",
        "Repeats",
        "Cheats",
        "Words",
        "Narrow",
        "Missing",
        "Leaves",
    ]
    names = [f"{broken}:{kind}" for kind in kinds]
    strange = ["nothing", ":X", ".x:Y", "faulty:X"]
    result = evaluate(data, "A", tmp_path, [*strange, *names, "popularity"], seeds=[1], timeout=15, jobs=4)
    rows = {row["system"].removeprefix(f"{broken}:"): row for row in result["rows"]}
    why = {name: row.get("failure", "") for name, row in rows.items()}
    assert "no luck" in why["Raises"] and "15 seconds" in why["Hangs"] and "status" in why["Dies"]
    assert "NaN" in why["NaN"] and "no item has" in why["Unknown"] and "is no system" in why["nothing"]
    assert all(why[name] for name in strange) and "SyntaxError" in why["faulty:X"] and "status 0" in why["Leaves"]
    assert "not item indices" in why["Words"] and "shape" in why["Narrow"] and "Missing" in why["Missing"]
    assert not why["popularity"] and not why["Few"] and any("shorter than" in note for note in rows["Few"]["notes"])
    assert "repeated items were taken out" in rows["Repeats"]["notes"]
    assert "seen items were taken out" in rows["Cheats"]["notes"]
    json.dumps(result, allow_nan=False)
    page = tmp_path / "report.html"
    write_html([result], page)
    assert "no luck" in page.read_text(encoding="utf-8") and "failed: RuntimeError" in markdown(result)


def test_ctrl_c_keeps_what_is_done_and_ends_what_runs(data: Interactions, tmp_path: Path, broken: str) -> None:
    splits, validation = harness.divide(data, "A", [1])

    def stop(what: str, done: int, total: int | None) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.run_systems(["popularity", f"{broken}:Hangs"], splits, validation, tmp_path, jobs=1, progress=stop)
    assert len(list(tmp_path.glob("*/result.json"))) == 1
    (run,) = harness.run_systems(["popularity"], splits, validation, tmp_path)
    assert run.failure is None


def test_shuffled_answers_leave_no_system_above_chance(data: Interactions, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    from dataclasses import replace

    noise = replace(data, items=np.concatenate([rng.permutation(24)[:8] for _ in range(40)]))
    result = evaluate(noise, "A", tmp_path, ["random", "ease"], seeds=[1, 2, 3], trials=2)
    (test,) = result["tests"]
    assert test["p_holm"] > 0.01


def test_tuning_takes_the_best_setting_and_survives_a_bad_one(data: Interactions) -> None:
    class Choosy(Popularity):
        space: ClassVar = {"mode": ("bad", "worse", "good")}

        def __init__(self, mode: str) -> None:
            if mode == "bad":
                raise ValueError(mode)
            self._sign = 1.0 if mode == "good" else -1.0

        def learn(self, train: Interactions) -> None:
            super().learn(train)
            self._counts = self._counts * self._sign

    skewed = data.take(np.flatnonzero((data.items < 6) | (np.arange(len(data)) % 5 == 0)))
    params, tried, cut = worker.tune(Choosy, random_per_user(skewed, 0), 10)
    assert (params, tried, cut) == ({"mode": "good"}, 3, False)
    worst, tried, cut = worker.tune(find_system("ease"), random_per_user(data, 0), 30, seconds=0.0)
    assert (tried, cut) == (1, True) and worst  # time is up after the first


def test_the_cache_key_covers_every_room_and_template() -> None:
    names = {path.name for path in harness.sources()}
    assert {"worker.py", "retriever.py", "reranker.py", "builder.py", "settings.py", "choice.jinja"} <= names


def test_a_longer_limit_reruns_only_what_was_cut(data: Interactions, tmp_path: Path) -> None:
    first = evaluate(data, "A", tmp_path, ["ease", "popularity"], seeds=[1], trials=5, timeout=5)["rows"]
    assert first[0]["trials"] == 5 and first[0]["tuning_cut"] is None
    (place,) = tmp_path.glob("A-ease-*")
    result = json.loads((place / "result.json").read_text())
    (place / "result.json").write_text(json.dumps(result | {"tuning_cut": 2.5, "trials": 1}))
    same = evaluate(data, "A", tmp_path, ["ease", "popularity"], seeds=[1], trials=5, timeout=5)["rows"]
    assert same[0]["trials"] == 1
    longer = evaluate(data, "A", tmp_path, ["ease", "popularity"], seeds=[1], trials=5, timeout=60)["rows"]
    assert longer[0]["trials"] == 5 and longer[1]["measured"] == first[1]["measured"]


def test_users_whose_prompt_names_the_answer_are_left_out(data: Interactions) -> None:
    split = random_per_user(data, 1)
    first = int(split.users[0])
    title = data.catalogue.titles[int(split.test.items[split.test.users == first][0])]

    class Shows(Popularity):
        def prompt_lines(self, users: Ints) -> list[list[str]]:
            return [[f"they liked {title}. odd"] if user == first else ["nothing"] for user in users]

    users, notes = worker.unleaked(Shows(), split, split.users)
    assert first not in users and len(users) == len(split.users) - 1 and "1 users were left out" in notes.pop()
    assert worker.unleaked(Popularity(), split, split.users)[0] is split.users


def test_draws_are_the_whole_grid_or_a_fixed_sample() -> None:
    assert worker.draws({"a": (1, 2), "b": (3,)}, 30) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]
    grid = {"a": tuple(range(10)), "b": tuple(range(10))}
    some = worker.draws(grid, 30)
    assert len(some) == 30 and some == worker.draws(grid, 30) and len({tuple(row.values()) for row in some}) == 30
    with pytest.raises(ValueError, match="million"):
        worker.draws({str(n): tuple(range(10)) for n in range(7)}, 5)


def test_cold_users_get_popularity_from_every_system(data: Interactions, tmp_path: Path) -> None:
    from dataclasses import replace

    assert data.times is not None
    late = replace(data, times=np.where(data.users < 8, data.times + 10**6, data.times))
    result = evaluate(late, "C", tmp_path, ["random", "popularity", "ease"], trials=0)
    cold = {row["groups"]["cold"]["ndcg@10"] for row in result["rows"]}
    assert len(cold) == 1 and result["rows"][0]["groups"]["cold"]["users"] == 8


def test_ease_equals_the_constrained_solution(data: Interactions) -> None:
    system = EASE(penalty=2.0)
    system.fit(data)
    dense = data.dense().astype(np.float64)
    for item in range(3):  # each column is a ridge regression on the other items
        others = [n for n in range(24) if n != item]
        gram = dense[:, others].T @ dense[:, others] + 2.0 * np.eye(23)
        column = np.linalg.solve(gram, dense[:, others].T @ dense[:, item])
        assert np.allclose(system._weights[others, item], column) and system._weights[item, item] == 0


def test_compare_uses_only_users_that_both_served() -> None:
    a, b = np.array([[0.5, np.nan, 1.0, 0.2]]), np.array([[0.1, 0.9, np.nan, 0.1]])
    (test,) = compare({"a": a, "b": b})
    assert test["users"] == 2 and test["difference"] == pytest.approx(0.25)


def test_compare_pairs_within_a_split() -> None:
    easy, hard = [0.9, 0.9], [0.1, 0.1]
    everywhere, only_hard = np.array([easy, hard]), np.array([[np.nan, np.nan], hard])
    (test,) = compare({"all": everywhere, "sample": only_hard})
    assert test["difference"] == 0 and test["p"] == 1  # not 0.4, as means over other splits would say
    (none,) = compare({"a": np.array([[np.nan]]), "b": np.array([[1.0]])})
    assert none["users"] == 0 and none["difference"] is None


@pytest.mark.parametrize("name", ["ease2", "os:path", "nosuchmodule:X", "tastemaker.errors:Nothing"])
def test_a_name_that_is_no_system_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        find_system(name)


PARAMS: dict[str, dict[str, Any]] = {
    "item-knn": {"kind": "cosine", "neighbours": 10},
    "implicit-als": {"factors": 8, "regularization": 0.1, "alpha": 3.0, "iterations": 10},
    "irspack-ials": {"n_components": 8, "alpha0": 0.1, "reg": 0.003, "train_epochs": 16},
    "cornac-bpr": {"k": 10, "max_iter": 400, "learning_rate": 0.05, "lambda_reg": 0.001},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PARAMS)
def test_peers_find_the_two_tastes(name: str, data: Interactions) -> None:
    kind = find_system(name)
    split = random_per_user(data, 0)
    system = worker.make(kind, PARAMS[name])
    system.fit(split.train)
    lists, notes = worker.checked(system, split, split.users)
    same = [(lists[n][:3] % 2 == user % 2).mean() for n, user in enumerate(split.users)]
    assert np.mean(same) > 0.8 and "seen items were taken out" not in notes


def test_verdicts_name_the_best(data: Interactions, tmp_path: Path) -> None:
    result = evaluate(data, "A", tmp_path, ["random", "ease"], seeds=[1], trials=0)
    assert verdicts(result)[0].startswith("ease differs from random: +")


def test_equal_scores_follow_a_seed_not_the_file(data: Interactions) -> None:
    class Silent(Popularity):
        def learn(self, train: Interactions) -> None:
            self._counts = np.zeros(train.n_items)

    system = Silent()
    system.fit(data.take(np.arange(0)))
    (top,) = system.recommend(np.array([0]), 24).tolist()
    assert sorted(top) == list(range(24)) and abs(np.corrcoef(top, range(24))[0, 1]) < 0.5
    assert system.recommend(np.array([3]), 24)[0].tolist() == top


def test_results_are_kept_by_all_that_they_depend_on(data: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    def key(changed: Interactions, trials: int = 1) -> str:
        splits, validation = harness.divide(changed, "A", [1])
        return harness._shared(splits, validation, trials)

    assert data.times is not None
    again = two_tastes()
    named = replace(data, catalogue=replace(data.catalogue, categories=(("new",),) * 24))
    keys = [key(data), key(replace(data, times=data.times + 1)), key(named), key(data, 2)]
    assert key(again) == keys[0] and len(set(keys)) == 4
    monkeypatch.setenv("TASTEMAKER_ENCODER", "hashing")
    assert key(data) != keys[0]


def test_too_few_rows_to_tune_on_are_judged_untuned(tmp_path: Path) -> None:
    result = evaluate(two_tastes(per_user=2), "A", tmp_path, ["random", "ease"], seeds=[1])
    assert result["protocol"]["trials"] == 0 and all("failure" not in row for row in result["rows"])
    json.dumps(result, allow_nan=False)


def test_a_stopped_system_takes_its_children_along(data: Interactions, tmp_path: Path, stranger: Path) -> None:
    splits, validation = harness.divide(data, "A", [1])
    mark = tmp_path / "child"
    (stranger / "parent.py").write_text(
        "import subprocess, time\n"
        "class S:\n"
        "    def fit(self, train):\n"
        f"        child = subprocess.Popen(['sleep', '600']); open({str(mark)!r}, 'w').write(str(child.pid)); time.sleep(600)\n"
        "    def recommend(self, users, k): pass\n"
    )
    (run,) = harness.run_systems(["parent:S"], splits, validation, tmp_path, timeout=5)
    assert "5 seconds" in (run.failure or "")
    state = Path(f"/proc/{mark.read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize("track", ["A", "C"])
def test_a_system_with_no_answer_scores_nothing_and_breaks_nothing(
    data: Interactions, tmp_path: Path, track: str, stranger: Path
) -> None:
    (stranger / "empty.py").write_text(
        "import numpy as np\nclass S:\n    def fit(self, train): pass\n"
        "    def recommend(self, users, k): return np.full((len(users), k), -1)\n"
    )
    (row,) = evaluate(data, track, tmp_path, ["empty:S"], trials=0)["rows"]
    assert row["ndcg@10"] == 0
    json.dumps(row, allow_nan=False)
