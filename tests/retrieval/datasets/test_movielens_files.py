"""MovieLens as published: 100K, 1M, 10M, the CSV sets and RecBole's files, each with the traps of the real ones."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from tastemaker.domain import EventType
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import Dataset

FLAGS = "|".join("0" * 19)
COMEDY = "|".join("1" if n == 5 else "0" for n in range(19))
U_ITEM = (
    f"1|Toy Story (1995)|01-Jan-1995||http://x/1|{COMEDY}\n"
    f"2|Misérables, Les (1995)|01-Jan-1995||http://x/2|{FLAGS}\n"
    f"3|unknown||||{'1|' + '|'.join('0' * 18)}\n"
    f"4|Land Before Time III (1995) (V)|01-Jan-1995|||{FLAGS}\n"
    f"5|Two Friends (1986) |26-Apr-1986||http://x/5|{FLAGS}\n"
    f"6|Toy Story (1995)|01-Jan-1995||http://x/6|{FLAGS}\n"
).encode("latin-1")
GENRES = ["unknown", "Action", "Adventure", "Animation", "Children's", "Comedy"] + [f"G{n}" for n in range(6, 19)]
U_GENRE = "".join(f"{name}|{n}\n" for n, name in enumerate(GENRES)) + "\n"
U_DATA = "196\t1\t3\t881250949\n186\t2\t4\t891717742\n22\t1\t1\t878887116"  # the last line has no end
MOVIES_DAT = (
    "1::Toy Story (1995)::Animation|Children's\n12::Dracula: Dead and Loving It (1995)::Comedy\n"
    "3845::Et Dieu&#8230;Créa la Femme (1956)::Drama\n"
)
RATINGS_DAT = "1::1::5::978300760\n1::3845::3.5::978302109\n"
Opener = Callable[..., Dataset]


def test_100k(opened: Opener) -> None:
    data = opened({"u.item": U_ITEM, "u.data": U_DATA, "u.genre": U_GENRE, "u.user": "1|24|M|artist|T8H1N\n"})
    items = list(data.items())
    assert [item.title for item in items] == [
        "Toy Story", "Les Misérables", "unknown", "Land Before Time III", "Two Friends", "Toy Story",
    ]  # fmt: skip
    assert [item.attributes.get("year") for item in items] == [1995, 1995, None, 1995, 1986, 1995]
    assert items[0].categories == ("Comedy",) and items[2].categories == () and items[3].url is None
    events = list(data.events())
    assert [(event.user_id, event.value) for event in events] == [("196", 3), ("186", 4), ("22", 1)]
    told = data.report.as_dict()
    assert told["items"]["u.genre"]["noted"] == {"empty line": 1}
    assert told["items"]["u.item"]["repaired"] == {"article moved": 1, "latin-1": 1, "trailing space": 1}
    assert told["items"]["u.item"]["noted"] == {"no release date": 1, "title without a year": 1}
    assert "person" in told["left"]["u.user"]


def test_a_copy_without_accents_or_u_genre_reads_too(opened: Opener) -> None:
    data = opened({"u.item": U_ITEM.replace(b"\xe9", b"e"), "u.data": U_DATA})
    assert [item.title for item in data.items()][1] == "Les Miserables"


@pytest.mark.parametrize(
    ("movies", "latin"), [(MOVIES_DAT.encode("latin-1"), {"latin-1": 1}), (MOVIES_DAT.encode(), {})]
)
def test_1m_in_latin_1_and_10m_in_utf_8(opened: Opener, movies: bytes, latin: dict[str, int]) -> None:
    tags = "1::12::a::tag: of marks::978300761\n"
    data = opened({"movies.dat": movies, "ratings.dat": RATINGS_DAT, "tags.dat": tags})
    assert [item.title for item in data.items()] == [
        "Toy Story", "Dracula: Dead and Loving It", "Et Dieu…Créa la Femme",
    ]  # fmt: skip
    assert [event.value for event in data.events()] == [5, 3.5]
    assert data.report.as_dict()["events"]["tags.dat"]["dropped"] == {"not asked for: comment": 1}
    tag = list(data.events(everything=True))[-1]
    assert (tag.type, tag.item_id, tag.text) == (EventType.COMMENT, "12", "a::tag: of marks")
    assert data.report.as_dict()["items"]["movies.dat"]["repaired"] == {"html entity": 1, **latin}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"movies.dat": MOVIES_DAT.replace("é", "\ufffd")}, r"movies\.dat:3: holds U\+FFFD"),
        ({"movies.dat": "1::Toy Story (1995)\n"}, r"movies\.dat:1: has fewer than 3 fields"),
        ({"ratings.dat": RATINGS_DAT + "1::2::3\n"}, r"ratings\.dat:3: has 3 fields"),
        ({"ratings.dat": RATINGS_DAT + "1::1::9::5\n"}, r"ratings\.dat:3: is no rating"),
        ({"tags.dat": "1::2::3\n"}, r"tags\.dat:1: has 3 fields"),
    ],
)
def test_bad_lines_of_1m_are_named(opened: Opener, files: dict[str, str], told: str) -> None:
    data = opened({"movies.dat": MOVIES_DAT, "ratings.dat": RATINGS_DAT, **files})
    with pytest.raises(DatasetError, match=told):
        list(data.items()), list(data.events(everything=True))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"u.item": U_ITEM.replace("é".encode("latin-1"), "\ufffd".encode())}, r"u\.item:2: holds U\+FFFD"),
        ({"u.item": U_ITEM.replace(COMEDY.encode(), FLAGS.replace("0", "2").encode())}, r"u\.item:1: has the genre"),
        ({"u.item": b"1|Toy|||\n"}, r"u\.item:1: has 5 fields, not 24"),
        ({"u.genre": "a|0\nb|2\n"}, r"u\.genre: numbers its genres with gaps"),
        ({"u.genre": "a|x\n"}, r"u\.genre:1: is no genre"),
        ({"u.data": "1\t1\t3\tnever\n"}, r"u\.data:1: is no rating"),
    ],
)
def test_bad_lines_of_100k_are_named(opened: Opener, files: dict[str, str | bytes], told: str) -> None:
    data = opened({"u.item": U_ITEM, "u.data": U_DATA, **files})
    with pytest.raises(DatasetError, match=told):
        list(data.items()), list(data.events())


def test_csv_tags_links_and_gzip(opened: Opener) -> None:
    movies = "movieId,title,genres\r\n1,Runaway Brain (1995) ,Comedy\r\n2,Babylon 5,(no genres listed)\r\n"
    ratings = "userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,99,4.0,964982703\r\n"
    tags = 'userId,movieId,tag,timestamp\r\n2,1,"""artsy""",1445714994\r\n2,1,Artsy,1445714994\r\n'
    data = opened(
        {
            "movies.csv.gz": gzip.compress(movies.encode()),
            "ratings.csv": "\ufeff" + ratings,
            "tags.csv": tags,
            "links.csv": "movieId,imdbId,tmdbId\r\n1,0114709,862\r\n2,0000001,\r\n",
        }
    )
    first, second = data.items()
    assert first.attributes == {"year": 1995, "imdb_id": "0114709", "tmdb_id": "862"}
    assert second.attributes == {"imdb_id": "0000001"} and second.categories == ()
    assert [event.text for event in data.events(everything=True)] == [None, '"artsy"', "Artsy"]
    told = data.report.as_dict()
    assert told["items"]["movies.csv.gz"]["repaired"] == {"trailing space": 1}
    assert told["events"]["ratings.csv"] == {"read": 2, "dropped": {"item not in the catalogue": 1}}


def test_recbole_files_of_other_sets(opened: Opener) -> None:
    item = "item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n1\tToy Story\t1995\tAnimation\n"
    data = opened(
        {"ml-1m.item": item, "ml-1m.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\t5\t9\n"}
    )
    assert data.format == "recbole"
    assert next(data.items()).categories == ("Animation",)
    assert next(data.events()).source == "ml-1m"
