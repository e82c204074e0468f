"""The protocol of dialogues, by hand; leaks that change nothing; controls that must fail; the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal

from tastemaker.agent.engines.base import Engine
from tastemaker.domain import Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.dialogues import baselines, data, evaluation, model, report
from tastemaker.eval.dialogues.protocol import NEVER, Case, Ranker, cases
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn
from tastemaker.settings import Settings

TITLES = {"a": "Heat", "b": "Alien", "c": "Up", "d": "It Follows"}


def dialogue(*turns: Turn, name: str = "x") -> Dialogue:
    return Dialogue(name, turns)


def targets(*turns: Turn, filtered: bool = True) -> list[tuple[str, ...]]:
    return [case.targets for case in cases([dialogue(*turns)], TITLES, filtered=filtered)]


def test_targets_are_what_the_recommender_names_first() -> None:
    said = (
        Turn(True, "hi", ("a",)),
        Turn(False, "Heat and Alien", ("a", "b")),
        Turn(True, "no", ("c",)),
        Turn(False, "b", ("b",)),
    )
    assert targets(*said) == [("b",)]
    assert targets(*said, filtered=False) == [("a", "b"), ("b",)]


def test_titles_of_four_letters_that_stand_in_the_text_are_no_targets() -> None:
    said = (Turn(True, "I know heat, and it follows UP"), Turn(False, "…", ("a", "b", "c", "d")))
    assert targets(*said) == [("b", "c")]  # "Up" is too short to tell


def test_a_turn_before_the_seeker_has_spoken_is_no_case() -> None:
    assert targets(Turn(False, "Alien?", ("b",)), Turn(True, "ok"), Turn(False, "c", ("c",))) == [("c",)]
    assert targets(Turn(True, " "), Turn(False, "Alien?", ("b",))) == []


def test_what_comes_after_a_turn_changes_nothing() -> None:
    said = (Turn(True, "hi"), Turn(False, "Alien?", ("b",)))
    first = cases([dialogue(*said)], TITLES)
    later = cases([dialogue(*said, Turn(True, "I saw Alien and Heat", ("b", "a")), Turn(False, "Up", ("c",)))], TITLES)
    assert later[0] == first[0]


def test_ranks_leave_out_what_was_named_and_break_ties_by_id() -> None:
    ranker = Ranker(["b", "a", "c", "d"])
    case = Case(0, (Turn(True, "x", ("d",)),), ("a", "b", "?"))
    assert ranker.ranks(case, np.array([1.0, 1.0, 2.0, 9.0])) == [2, 3, NEVER]
    assert ranker.ranks(case, np.array([1.0, 1.0, 2.0, 9.0]), filtered=False) == [3, 4, NEVER]
    assert ranker.best(case, np.array([1.0, 1.0, 2.0, 9.0]), 2).tolist() == [2, 1]


def test_baselines_by_hand() -> None:
    place, past = (
        {"a": 0, "b": 1, "c": 2},
        [dialogue(Turn(True, "", ("a",)), Turn(False, "", ("b", "?")), Turn(True, "", ("a",)))],
    )
    case = Case(0, (Turn(True, "an ALIEN film", ("c",)), Turn(False, "heat", ("a",))), ("b",))
    assert baselines.popular(past, place, recommender=True)(case).tolist() == [0, 1, 0]
    assert baselines.popular(past, place, recommender=False)(case).tolist() == [2, 1, 0]
    assert baselines.copied(place)(case).tolist() == [2, 0, 1]
    items = [Item(id=one, title=TITLES[one], categories=("film",)) for one in "abc"]
    scores = baselines.tfidf(items)(case)
    assert (
        scores[1] > 0 == scores[0] == scores[2]
    )  # "film" is in every text and says nothing; the recommender's word is not read


def test_a_row_counts_targets_and_draws_dialogues() -> None:
    found = [Case(0, (), ("a", "b")), Case(0, (Turn(True, "", ("a",)),), ("c",)), Case(1, (), ("d",))]
    rows = report.Rows.of(found, frozenset("abc"))
    assert rows.dialogue.tolist() == [0, 0, 0, 1] and rows.depth.tolist() == [0, 0, 1, 0]
    row = report.row("x", np.array([1, 11, 50, 51]), rows)
    assert [row[f"R@{k}"]["mean"] for k in (1, 10, 20, 50)] == [25, 25, 50, 75]
    assert row["R@1"]["ci"] == [0, 33.33]  # of one dialogue twice, or of the other
    assert row["unseen R@50"] == {"mean": 0.0, "ci": [0.0, 0.0], "n": 1}
    assert row["R@10 by films named"]["0"]["n"] == 3 and row["R@10 by films named"]["6+"]["mean"] is None
    assert row["top1"] == {"mean": 33.33, "ci": [0.0, 50.0], "n": 3}
    difference = report.paired("y", np.array([1, 1, 50, 51]), np.array([1, 11, 50, 51]), rows)
    assert difference["R@10"]["mean"] == 25 and difference["R@50"] == {"mean": 0.0, "ci": [0.0, 0.0], "n": 4}


def test_bars_say_whether_they_are_passed() -> None:
    row: dict[str, Any] = {name: {"mean": 12.0} for name in report.BARS["redial"]}
    found = {bar["measure"]: bar["passed"] for bar in report.bars("redial", row, {"R@10": {"mean": -0.6}})}
    assert found == {"R@1": True, "R@10": False, "R@50": False, "unseen R@50": True, "R@10, model minus prior": False}


def test_the_prompt_ends_where_a_title_would_follow_and_keeps_the_newest() -> None:
    text = model.prompt([Turn(True, "x" * 5_000), Turn(False, "Seen\nHeat?"), Turn(True, "Yes")])
    assert text.endswith("x\nRecommender: Seen Heat?\nSeeker: Yes\nRecommender: You should watch")
    assert len(text) < 1_000


def test_a_model_reads_a_title_against_no_dialogue(embedded: Engine, portal: BlockingPortal) -> None:
    reader = model.Reader(embedded, ["Heat", "Alien"])
    turns = [Turn(True, "Everybody talks of Alien. Alien, Alien! I must see Alien.")]
    said = portal.call(reader.read, turns, [0, 1])
    assert said[1] > 0 and said[1] > said[0]
    assert portal.call(reader.read, turns, [1]) == pytest.approx(said[1:], abs=0.05)


def test_a_model_of_which_nothing_was_learned_has_no_say(embedded: Engine, portal: BlockingPortal) -> None:
    found = [Case(0, (Turn(True, "x"),), ("b",))]
    scores = {"learn": list[Any](), "cases": [np.array([2.0, 1.0])]}
    reader, ranker, ranks = model.Reader(embedded, ["Heat", "Alien"]), Ranker(["a", "b"]), np.array([2])
    after, head, changed = portal.call(model.reranked, reader, [], found, ranker, scores, ranks)
    assert after.tolist() == [2] and not any(head.weights) and changed == {"cases": 1, "first": 0, "first ten": 0}


STARS = ("Ann Alpha", "Bob Beta", "Cid Gamma", "Dee Delta")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 films, each with a genre and a star; a seeker names a star and is advised one of its films."""
    home = tmp_path / "redial"
    home.mkdir()
    films = {
        str(n): {"name": f"Film{n} ({1980 + n})", "genre": [("comedy", "horror")[n % 2]], "star": [STARS[n % 4]], "plot": f"Story {n}."}
        for n in range(40)
    }  # fmt: skip
    (home / "id2info.json").write_text(json.dumps(films))
    rng = np.random.default_rng(1)
    for part, size in (("train", 60), ("valid", 10), ("test", 20)):
        rows = []
        for n in range(size):
            wanted = int(rng.integers(40))
            talk = [(1, f"Anything with {STARS[wanted % 4]}?"), (2, f"Try @{wanted}"), (1, "thanks")]
            rows.append(
                {
                    "conversationId": f"{part}{n}", "initiatorWorkerId": 1, "respondentWorkerId": 2,
                    "messages": [{"senderWorkerId": who, "text": text} for who, text in talk],
                    "movieMentions": {}, "initiatorQuestions": {}, "respondentQuestions": {},
                }
            )  # fmt: skip
        (home / f"{part}_data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return home


def files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "train_data.jsonl", folder / "valid_data.jsonl", folder / "test_data.jsonl"


async def measured(folder: Path, **options: Any) -> dict[str, Any]:
    settings = Settings.load(cache=folder.parent / "cache", encoder="hashing")
    return await evaluation.run(settings, "redial", *files(folder), model_name="none", **options)


@pytest.mark.anyio
async def test_the_prior_learns_what_decides_and_controls_fail(folder: Path) -> None:
    found = await measured(folder)
    rows = {row["system"]: row for row in found["rows"]}
    assert found["targets"]["new"] == 20 and found["cases"]["test"] == 20
    assert rows["prior"]["R@10"]["mean"] == 100  # ten films have the star
    assert rows["popular"]["R@10"]["mean"] < 60
    assert rows["random"]["R@10"]["mean"] < 60
    assert rows[evaluation.SHUFFLED]["R@10"]["mean"] < 60
    assert rows["copy (control)"]["R@1"]["mean"] <= 10
    assert {"weights", "ms", "used", "machine", "versions", "date", "bars"} <= set(found)


@pytest.mark.anyio
async def test_forms_and_the_future_change_no_rank(folder: Path) -> None:
    plain = await measured(folder)
    for path in files(folder):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            row["movieMentions"] = {"3": "Film3 (1983)"}
            row["initiatorQuestions"] = {"3": {"liked": 1}}
            if path.name.startswith("test"):
                row["messages"] += [{"senderWorkerId": 1, "text": "I loved @3, @4 and @5, the best with Dee Delta"}]
        path.write_text("\n".join(map(json.dumps, rows)))
    told = await measured(folder)
    assert told["rows"] == plain["rows"] and told["weights"] == plain["weights"]


@pytest.mark.anyio
async def test_a_dialogue_in_two_parts_is_refused(folder: Path) -> None:
    train, _, test = files(folder)
    test.write_text(train.read_text())
    with pytest.raises(InvalidInputError, match="is in --train too"):
        await measured(folder)


@pytest.mark.anyio
@pytest.mark.parametrize(("part", "told"), [("train", "advises no film"), ("test", "holds no turn")])
async def test_a_part_that_names_nothing_is_refused(folder: Path, part: str, told: str) -> None:
    path = folder / f"{part}_data.jsonl"
    path.write_text(path.read_text().replace("@", "no. "))
    with pytest.raises(InvalidInputError, match=told):
        await measured(folder)


@pytest.mark.anyio
async def test_valid_may_be_of_train(folder: Path) -> None:
    train, valid, _ = files(folder)
    valid.write_text("\n".join(train.read_text().splitlines()[:10]))
    assert (await measured(folder))["cases"]["valid"] == 10


def test_movielens_beside_is_found_and_films_are_matched_by_title_and_year(folder: Path) -> None:
    rated = folder.parent / "ml"
    rated.mkdir()
    (rated / "movies.csv").write_text(
        "movieId,title,genres\r\n7,Film3 (1983),Horror\r\n8,Film4 (1999),Comedy\r\n", newline=""
    )
    (rated / "ratings.csv").write_text("userId,movieId,rating,timestamp\r\n1,7,4.0,0\r\n1,8,4.0,0\r\n", newline="")
    world = data.load("redial", *files(folder))
    assert world.baskets == [["3"]] and world.used[str(rated)] == 1
    other = data.load("inspired", *inspired_files(folder.parent / "insp"))
    assert other.baskets == [["film3-1983", "film4-1999"]]
    assert {"film3-1983", "film4-1999", "film39-2019", "jaws-1975"} <= {item.id for item in other.items}
    assert len(other.past) == 61 and other.past[0].id == "redial-train0"


def inspired_files(home: Path) -> tuple[Path, Path, Path]:
    home.mkdir()
    found = []
    for part in ("train", "valid", "test"):
        rows = [
            "dialog_id\tspeaker\ttext\tmovies",
            f"{part}.pkl\tSEEKER\tA shark\t",
            f"{part}.pkl\tRECOMMENDER\tJaws\tJaws (1975)",
        ]
        (home / f"{part}.tsv").write_text("\n".join(rows))
        found.append(home / f"{part}.tsv")
    return found[0], found[1], found[2]


def test_missing_files_are_named(folder: Path) -> None:
    with pytest.raises(DatasetError, match="no such file"):
        data.load("redial", folder / "train_data.jsonl", folder / "none.jsonl", folder / "test_data.jsonl")


def command(*args: str, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "TASTEMAKER_CACHE": str(cache),
        "HOME": str(cache),
        "TASTEMAKER_ENCODER": "hashing",
    }
    run = [str(Path(sys.executable).parent / "tastemaker"), "evaluate", *args]
    return subprocess.run(run, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.slow
def test_the_command_prints_one_object(folder: Path) -> None:
    train, valid, test = map(str, files(folder))
    done = command(
        "redial", "--train", train, "--valid", valid, "--test", test, "--model", "none", "--json", cache=folder
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dataset"] == "redial"
    lacking = command("redial", "--train", train, "--valid", valid, "--json", cache=folder)
    assert lacking.returncode == 2 and "--test" in json.loads(lacking.stdout)["error"]["where"]
    unfit = command("movielens-100k", "--train", train, "--json", cache=folder)
    assert unfit.returncode == 2 and "only for redial" in json.loads(unfit.stdout)["error"]["what"]


@pytest.mark.anyio
async def test_folds_measure_train_by_itself(folder: Path) -> None:
    """Every turn of train is a case once, with weights of the other folds and without what its own dialogue taught."""
    train, _, _ = files(folder)
    settings = Settings.load(cache=folder.parent / "cache", encoder="hashing")
    told = evaluation.folds(settings, "redial", train, 3)
    world = data.load("redial", train, None, None)
    found = cases(world.train, {item.id: item.title for item in world.items})
    assert told["targets"]["new"] == sum(len(case.targets) for case in found) > 0
    assert told["rows"][0]["R@50"]["n"] == told["targets"]["new"]
    assert told == evaluation.folds(settings, "redial", train, 3) | {"seconds": told["seconds"], "date": told["date"]}
    with pytest.raises(InvalidInputError, match="--folds"):
        evaluation.folds(settings, "redial", train, 10_000)


def test_a_film_that_only_the_measured_dialogues_name_is_a_miss(tmp_path: Path) -> None:
    rows = ["dialog_id\tspeaker\ttext\tmovies"]
    for name, film in (("a", "Jaws (1975)"), ("b", "Jaws (1975)"), ("c", "Lonely (1999)")):
        rows += [f"{name}.pkl\tSEEKER\tSomething wet\t", f"{name}.pkl\tRECOMMENDER\tThis\t{film}"]
    (tmp_path / "dev.tsv").write_text("\n".join(rows))
    settings = Settings.load(cache=tmp_path / "cache", encoder="hashing")
    told = evaluation.folds(settings, "inspired", tmp_path / "dev.tsv", 3)
    assert told["catalogue"] == 2
    assert told["targets"] == {"new": 3, "unseen in the other dialogues": 1, "in the catalogue": 2}
    assert told["rows"][0]["R@50"]["mean"] == pytest.approx(66.67)
