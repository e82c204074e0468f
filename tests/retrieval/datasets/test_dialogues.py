"""ReDial's and INSPIRED's files: what is read, what is never looked at, and which line is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import inspired, redial
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn

TITLES = {"11": "Heat (1995)", "12": "Alien (1979)"}
SEEKER, RECOMMENDER = 1, 2


def redial_row(**changes: Any) -> dict[str, Any]:
    said = [
        (SEEKER, "Hi &amp; hello"),
        (SEEKER, "I liked @11"),
        (RECOMMENDER, "Try @12 or @99, yes @12"),
        (SEEKER, "Thanks"),
    ]
    row = {
        "conversationId": "7",
        "initiatorWorkerId": SEEKER,
        "respondentWorkerId": RECOMMENDER,
        "messages": [{"senderWorkerId": who, "text": text, "timeOffset": 0} for who, text in said],
        "movieMentions": {"11": "Heat (1995)"},
        "initiatorQuestions": [],
        "respondentQuestions": {"12": {"suggested": 1, "seen": 0, "liked": 1}},
    }
    return row | changes


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_a_redial_dialogue_has_merged_turns_with_titles_for_ids(tmp_path: Path) -> None:
    counts = Counts()
    found = list(redial.read_dialogues(written(tmp_path / "train.jsonl", redial_row()), TITLES, counts))
    assert found == [
        Dialogue(
            "7",
            (
                Turn(True, "Hi & hello\nI liked Heat (1995)", ("11",)),
                Turn(False, "Try Alien (1979) or @99, yes Alien (1979)", ("12", "99")),
                Turn(True, "Thanks"),
            ),
        )
    ]
    assert counts.as_dict()["train.jsonl"]["noted"] == {"film without a title": 1}


@pytest.mark.parametrize(
    "forms",
    [
        {"movieMentions": {"12": "Alien (1979)", "55": "Jaws"}},
        {"initiatorQuestions": {"12": {"liked": 1}}, "respondentQuestions": []},
        {"movieMentions": None, "initiatorQuestions": None, "respondentQuestions": "nonsense"},
    ],
)
def test_the_forms_and_the_list_of_mentions_change_nothing(tmp_path: Path, forms: dict[str, Any]) -> None:
    plain = list(redial.read_dialogues(written(tmp_path / "a.jsonl", redial_row()), TITLES))
    assert list(redial.read_dialogues(written(tmp_path / "b.jsonl", redial_row(**forms)), TITLES)) == plain


def without(key: str) -> dict[str, Any]:
    row = redial_row()
    del row[key]
    return row


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (without("messages"), "messages"),
        (without("initiatorWorkerId"), "initiatorWorkerId"),
        (redial_row(respondentWorkerId=SEEKER), "both roles"),
        (redial_row(messages=[{"senderWorkerId": 9, "text": "hi"}]), "neither worker"),
        (redial_row(messages=[{"senderWorkerId": 1, "text": None}]), "no dialogue"),
    ],
)
def test_a_bad_redial_row_is_named_by_file_and_line(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    path = written(tmp_path / "train.jsonl", redial_row(), row)
    with pytest.raises(DatasetError, match=told) as refused:
        list(redial.read_dialogues(path, TITLES))
    assert refused.value.where == f"{path}:2"


FILMS = "movieId,movieName,nbMentions\r\n5,Why Him%3F (2016),9\r\n3,Notting Hill ,1\r\n4, (2015),2\r\n"
TOLD = {
    "3": {"name": "x", "genre": ["comedy", ""], "plot": "A bookseller.", "star": ["Hugh Grant", "Hugh Grant"], "imdb_id": "tt012"},
    "6": {"name": "Up (2009)", "genre": ["family"], "plot": "", "director": ["Pete Docter"]},
}  # fmt: skip


def test_redial_films_are_read_from_both_files(tmp_path: Path) -> None:
    (tmp_path / redial.TITLES).write_text(FILMS, encoding="utf-8", newline="")
    (tmp_path / redial.DETAILS).write_text(json.dumps(TOLD), encoding="utf-8")
    found = {item.id: item for item in redial.read_items(tmp_path)}
    assert list(found) == ["3", "4", "5", "6"]
    assert (found["5"].title, found["5"].attributes) == ("Why Him?", {"year": 2016})
    assert (found["3"].title, found["3"].categories, found["3"].description) == (
        "Notting Hill",
        ("comedy",),
        "A bookseller.",
    )
    assert found["3"].attributes == {"star": ("Hugh Grant",), "imdb_id": "012"}
    assert found["4"].title == "4"  # nothing but a year
    assert found["6"].attributes == {"year": 2009, "director": ("Pete Docter",)}


def test_mentions_of_all_splits_are_not_read(tmp_path: Path) -> None:
    (tmp_path / redial.TITLES).write_text(FILMS, encoding="utf-8", newline="")
    before = redial.read_items(tmp_path)
    (tmp_path / redial.TITLES).write_text(FILMS.replace(",9", ",1000"), encoding="utf-8", newline="")
    assert redial.read_items(tmp_path) == before


def test_a_folder_without_films_or_with_broken_ones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds neither"):
        redial.read_items(tmp_path)
    (tmp_path / redial.DETAILS).write_text("[1", encoding="utf-8")
    with pytest.raises(DatasetError, match="is no id2info"):
        redial.read_items(tmp_path)


HEADER = [
    "dialog_id",
    "utt_id",
    "speaker",
    "turn_id",
    "text",
    "text_with_placeholder",
    "movies",
    "movie_dict",
    "fine_label",
    "movie_id",
]


def inspired_line(dialogue: str, speaker: str, text: str, movies: str = "", future: str = "{}") -> str:
    cells = [dialogue, "1", speaker, "1", text, "[MOVIE_TITLE_3]", movies, future, "accept", "Ks_MbPPkhmA"]
    return "\t".join(cells)


def inspired_file(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["\t".join(HEADER), *lines]) + "\n", encoding="utf-8")
    return path


def same_dialogue(future: str = "{}") -> tuple[str, ...]:
    return (
        inspired_line("a.pkl", "RECOMMENDER", 'Say "what', "", future),
        inspired_line("a.pkl", "SEEKER", "A couple\ufffd\ufffd\ufffds QUOTATION_MARKfilmQUOTATION_MARK", "", future),
        inspired_line("a.pkl", "SEEKER", "Like Braveheart", "Braveheart (1995);  The Matrix (1999)", future),
        inspired_line("b.pkl", "SEEKER", "Hello", "", future),
    )


def test_an_inspired_dialogue_is_read_without_quoting(tmp_path: Path) -> None:
    titles: dict[str, str] = {}
    found = list(inspired.read_dialogues(inspired_file(tmp_path / "dev.tsv", *same_dialogue()), titles=titles))
    assert found == [
        Dialogue(
            "a.pkl",
            (
                Turn(False, 'Say "what'),
                Turn(True, 'A couple\'s "film"\nLike Braveheart', ("braveheart-1995", "matrix-1999")),
            ),
        ),
        Dialogue("b.pkl", (Turn(True, "Hello"),)),
    ]
    assert titles == {"braveheart-1995": "Braveheart (1995)", "matrix-1999": "The Matrix (1999)"}


def test_columns_that_tell_of_the_whole_dialogue_change_nothing(tmp_path: Path) -> None:
    plain = list(inspired.read_dialogues(inspired_file(tmp_path / "a.tsv", *same_dialogue())))
    told = inspired_file(tmp_path / "b.tsv", *same_dialogue("{'Heat (1995)': 0}"))
    assert list(inspired.read_dialogues(told)) == plain


@pytest.mark.parametrize(
    ("spoil", "told", "line"),
    [
        (lambda text: text.replace("SEEKER", "USER", 1), "has the speaker 'USER'", 3),
        (lambda text: text.replace("\tHello", ""), "9 fields, not 10", 5),
        (lambda text: text.replace("movies", "films", 1), "no column movies", 1),
    ],
)
def test_a_bad_inspired_line_is_named(tmp_path: Path, spoil: Callable[[str], str], told: str, line: int) -> None:
    path = inspired_file(tmp_path / "dev.tsv", *same_dialogue())
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DatasetError, match=told) as refused:
        list(inspired.read_dialogues(path))
    assert refused.value.where == f"{path}:{line}"


@pytest.mark.parametrize(
    ("title", "year", "key"),
    [
        ("The Matrix", 1999, "matrix-1999"),
        ("Amélie", None, "amelie"),
        ("Lilo & Stitch", 2002, "lilo-and-stitch-2002"),
        ("Schindler's List", 1993, "schindlers-list-1993"),
        ("The", 2020, "the-2020"),
        ("!!", 2000, ""),
    ],
)
def test_spellings_of_a_film_share_a_key(title: str, year: int | None, key: str) -> None:
    assert inspired.film_key(title, year) == key
