"""`bench film-tasks`: readers of a file of dialogues, none of whose other candidates they know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tastemaker.cli import app
from tastemaker.errors import DatasetError
from tastemaker.eval.benchmarks.film_tasks import CANDIDATES, HISTORY, tasks


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    films, dialogues = tmp_path / "id2info.json", tmp_path / "dialogues.jsonl"
    told = {str(n): {"name": f"Film {n} (1999)", "genre": ["drama"], "plot": f"Plot {n}."} for n in range(40)}
    films.write_text(json.dumps(told))
    rows = []
    for n in range(10):
        liked = [4 * n + 3, 4 * n, 4 * n + 1, 4 * n + 2, 999]  # 999 has no plot
        rows.append(
            {
                "movieMentions": {str(film): "x" for film in [*sorted(liked), 5]},
                "messages": [{"text": " ".join(f"@{film}" for film in liked)}, {"text": "@5"}],
                "initiatorQuestions": {str(film): {"liked": 1} for film in liked}
                | {"5": {"liked": 1 if n == 1 else 0}},
            }
        )
    rows.append({"movieMentions": [], "messages": [{"text": "hello"}], "initiatorQuestions": []})
    dialogues.write_text("\n".join(map(json.dumps, rows)))
    return films, dialogues


def test_the_last_liked_is_asked_for_and_none_of_the_others_is_known_to_the_reader(files: tuple[Path, Path]) -> None:
    films, dialogues = files
    made = list(tasks(films, [dialogues]))
    assert [one["id"] for one in made] == [f"redial-{n}" for n in range(10)]
    for n, one in enumerate(made):
        told = [f"Film {film} (1999). drama. Plot {film}." for film in (4 * n + 3, 4 * n, 4 * n + 1, 4 * n + 2)]
        assert one["candidates"][one["relevant"]] == told[-1]
        assert one["history"] == told[:HISTORY]
        others = [text for at, text in enumerate(one["candidates"]) if at != one["relevant"]]
        assert len({*others}) == CANDIDATES - 1 and not {*others} & {*told, "Film 5 (1999). drama. Plot 5."}
    assert made == list(tasks(films, [dialogues])) != list(tasks(films, [dialogues], seed=1))


def test_files_of_another_shape_are_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    films, dialogues = files
    with pytest.raises(DatasetError, match="no id2info"):
        list(tasks(dialogues, [dialogues]))
    with pytest.raises(DatasetError, match=r"id2info\.json:1"):
        list(tasks(films, [films]))
    with pytest.raises(DatasetError, match="none"):
        list(tasks(tmp_path / "none", [dialogues]))


def test_the_command_prints_a_line_each(files: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(app, ["bench", "film-tasks", *map(str, files)])
    assert done.exit_code == 0 and len([json.loads(line) for line in done.stdout.splitlines()]) == 10
