"""Readers of other people's formats: small files with the traps of the real ones, and the real ones where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tastemaker.errors import DatasetError
from tastemaker.eval.interactions import gather
from tastemaker.retrieval.datasets import open_dataset

MOVIES = (
    'movieId,title,genres\r\n1,Toy Story (1995),Animation|Children\r\n2,"American President, The (1995)",Comedy\r\n'
    '3,"11\'09""01 - September 11 (2002)",Drama\r\n4,Babylon 5,(no genres listed)\r\n5,Runaway Brain (1995) ,Comedy\r\n'
    "6,Death Note: Desu nôto (2006–2007),(no genres listed)\r\n"
)
RATINGS = "userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,3,0.5,964981247\r\n2,1,5.0,964981247\r\n"
ARTISTS = 'id\tname\turl\tpictureURL\n1\t"Weird Al" Yankovic\thttp://x/1\t\n2\tRoyce da 5\'9"\thttp://x/2\thttp://y\n'
PLAYS = "2\t1\t13883\r\n2\t2\t11690\r\n65  \t1\t3\r\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.fixture
def movielens(tmp_path: Path) -> Iterator[Path]:
    yield write(tmp_path, movies__csv=MOVIES, ratings__csv=RATINGS)


def test_movielens_csv(movielens: Path) -> None:
    found = open_dataset(str(movielens), movielens)
    items = list(found.items())
    assert [(item.title, item.attributes.get("year")) for item in items] == [
        ("Toy Story", 1995), ("The American President", 1995), ("11'09\"01 - September 11", 2002), ("Babylon 5", None),
        ("Runaway Brain", 1995), ("Death Note: Desu nôto", 2006),
    ]  # fmt: skip
    assert items[0].categories == ("Animation", "Children") and items[3].categories == ()
    data = gather(found.name, found.items(), found.events())
    assert data.values.tolist() == [4.0, 0.5, 5.0] and data.relevant.tolist() == [True, False, True]
    assert data.times is not None and data.times[0] == 964982703


def test_lastfm_has_no_times(tmp_path: Path) -> None:
    found = open_dataset(str(write(tmp_path, artists__dat=ARTISTS, user_artists__dat=PLAYS)), tmp_path)
    assert [item.title for item in found.items()] == ['"Weird Al" Yankovic', "Royce da 5'9\""]
    data = gather(found.name, found.items(), found.events())
    assert data.user_ids == ("2", "65") and data.times is None and data.relevant.all()


def test_json_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        items__jsonl='{"id": "a", "title": "A"}\n',
        events__jsonl='{"user_id": "u", "item_id": "a", "type": "like"}\n',
    )
    found = open_dataset(str(tmp_path), tmp_path)
    assert len(list(found.items())) == len(list(found.events())) == 1


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("ratings.csv", RATINGS + "3,1,x,5\r\n", r"ratings\.csv:5"),
        ("ratings.csv", RATINGS + "3,1,5\r\n", r"ratings\.csv:5: has 3 fields"),
        ("ratings.csv", RATINGS + "3,1,5,99999999999999999\r\n", r"ratings\.csv:5"),
        ("ratings.csv", "a,b\r\n", r"ratings\.csv:1: has the columns"),
        ("movies.csv", MOVIES + "7,,Drama\r\n", r"movies\.csv:8"),
    ],
)
def test_a_bad_line_is_named(movielens: Path, file: str, text: str, told: str) -> None:
    (movielens / file).write_text(text, encoding="utf-8", newline="")
    found = open_dataset(str(movielens), movielens)
    with pytest.raises(DatasetError, match=told):
        list(found.items()), list(found.events())


def test_a_file_in_another_encoding_is_named(movielens: Path) -> None:
    (movielens / "movies.csv").write_bytes(MOVIES.encode("latin-1", "replace"))
    with pytest.raises(DatasetError, match=r"movies\.csv:7: can't be read as UTF-8"):
        list(open_dataset(str(movielens), movielens).items())


@pytest.mark.parametrize("bad", ["0", "-4", "many"])
def test_plays_are_positive(tmp_path: Path, bad: str) -> None:
    folder = write(tmp_path, artists__dat=ARTISTS, user_artists__dat=f"2\t1\t{bad}\n")
    with pytest.raises(DatasetError, match=r"user_artists\.dat:1"):
        list(open_dataset(str(folder), tmp_path).events())


def test_a_folder_of_no_known_format_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"movies\.csv and ratings\.csv"):
        open_dataset(str(tmp_path), tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        open_dataset(str(tmp_path / "nowhere"), tmp_path)
