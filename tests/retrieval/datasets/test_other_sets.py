"""Yelp, MIND and Last.fm: literals in strings, friends, unpaired quotes, mixed encodings, padded ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tastemaker.domain import EventType
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import Dataset
from tastemaker.retrieval.datasets.yelp import friends

Opener = Callable[..., Dataset]
BUSINESS, REVIEW, TIP, USER = (f"yelp_academic_dataset_{n}.json" for n in ("business", "review", "tip", "user"))
PLACE = {"business_id": "b1", "name": "The Shop ", "address": "", "city": "Affton", "stars": 3.0, "is_open": 0,
         "attributes": {"WiFi": "u'free'", "HasTV": "True", "Range": "2", "Smoking": "None", "Odd": "not a literal",
                        "Parking": "{'garage': False, u'lot': None}"},
         "categories": "Doctors, Holistic", "hours": None}  # fmt: skip
SAID = {
    "review_id": "r",
    "user_id": "u1",
    "business_id": "b1",
    "stars": 5.0,
    "text": "好吃\n\nyes",
    "date": "2012-01-03 15:28:18",
}
ARTISTS = "id\tname\turl\tpictureURL\n1\tBallakÃ© Sissoko\thttp://x/1\t\n2\tשלום \u201c\thttp://x/2\thttp://y\n"


def rows(*objects: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False).replace("/", "\\/") for row in objects)  # no last line end


def yelp(**files: str) -> dict[str, str]:
    bare = {"business_id": "b2", "name": "Nulls", "attributes": None, "categories": None}
    return {BUSINESS: rows(PLACE, bare), REVIEW: rows(SAID, {**SAID, "business_id": "gone"}), **files}


def test_yelp(opened: Opener) -> None:
    users = rows({"user_id": "u1", "friends": "a, b"}, {"user_id": "u2", "friends": "None", "elite": "None"})
    tip = {"user_id": "u2", "business_id": "b1", "text": "Try it / now", "date": "2018-05-05", "compliment_count": 0}
    data = opened(yelp(**{USER: users, TIP: rows(tip)}))
    first, second = data.items()
    assert first.categories == ("Doctors", "Holistic") and first.title == "The Shop"
    assert first.attributes == {
        "city": "Affton", "open": False, "WiFi": "free", "HasTV": True, "Range": 2, "Odd": "not a literal",
        "Parking.garage": False,
    }  # fmt: skip
    assert second.attributes == {"open": True} and second.categories == ()
    assert [event.text for event in data.events()] == ["好吃\n\nyes"]
    comment = list(data.events(everything=True))[-1]
    assert (comment.type, comment.text, comment.timestamp.isoformat()) == (
        EventType.COMMENT, "Try it / now", "2018-05-05T00:00:00+00:00",
    )  # fmt: skip
    told = data.report.as_dict()
    assert told["items"][BUSINESS]["noted"] == {"attribute kept as text": 1}
    assert told["events"][REVIEW]["dropped"] == {"item not in the catalogue": 1}
    assert told["events"][REVIEW]["repaired"] == {"no time zone, read as UTC": 2}
    assert told["events"][USER] == {"read": 2, "dropped": {"friend of a user: no item": 2}}


@pytest.mark.parametrize(("value", "number"), [("a,b", 2), ("a, b", 2), ("None", 0), ([], 0), (["a"], 1), (None, 0)])
def test_friends_in_all_editions(value: Any, number: int) -> None:
    assert len(friends(value)) == number


@pytest.mark.parametrize(
    ("file", "row"),
    [(REVIEW, {**SAID, "stars": 9}), (REVIEW, {**SAID, "date": "soon"}), (REVIEW, {**SAID, "user_id": 5}),
     (TIP, {"user_id": "u"}), (USER, []), (BUSINESS, {"name": "x"})],
)  # fmt: skip
def test_bad_lines_of_yelp_are_named(opened: Opener, file: str, row: Any) -> None:
    data = opened(yelp(**{file: json.dumps(row) + "\n"}))
    with pytest.raises(DatasetError, match=rf"{file}:1: is no"):
        list(data.items()), list(data.events())


NEWS = (
    'N1\tnews\tlocal\tA "quote left open\tText with \u200b and "\thttp://x\t[{"Label": "Paris", "Type": "G"}]\t[]\n'
    "N2\tsports\tgolf\tTitle\t\t\t\t\n"
)
SEEN = (
    "9\tU1\t11/12/2019 2:14:46 PM\tN1 N1 N9\tN1-0 N2-1 N9-1\n3\tU1\t11/9/2019 12:00:00 AM\tN1 N1 N9\tN1-1 N2\n"
    "4\tU2\t11/9/2019 12:00:01 AM\t\tN2-1 N1-1\n"
)


def test_mind(opened: Opener) -> None:
    data = opened({"news.tsv": NEWS, "behaviors.tsv": SEEN})
    first, second = data.items()
    assert (first.title, first.description) == ('A "quote left open', 'Text with  and "')
    assert first.attributes == {"entities": ("Paris",)} and first.categories == ("news", "local")
    assert second.description == "" and second.url is None
    clicks = list(data.events())
    assert [(event.user_id, event.item_id) for event in clicks] == [
        ("U1", "N2"),
        ("U1", "N1"),
        ("U2", "N2"),
        ("U2", "N1"),
    ]
    assert [event.timestamp.isoformat() for event in clicks[:2]] == [
        "2019-11-12T14:14:46+00:00",
        "2019-11-09T00:00:00+00:00",
    ]
    kinds = [event.type.value for event in data.events(everything=True)]
    assert kinds == ["view", "skip", "like", "like", "like", "like"]
    told = data.report.as_dict()
    assert told["events"]["behaviors.tsv"] == {
        "read": 3,
        "dropped": {
            "history as in an earlier row": 3, "impression without a label": 1, "item not in the catalogue": 2,
            "repeated in one history": 1,
        },
        "repaired": {"no time zone, read as UTC": 3},
        "noted": {"no history": 1},
    }  # fmt: skip
    assert told["items"]["news.tsv"]["repaired"] == {"unseen character": 1}


@pytest.mark.parametrize(
    ("news", "seen", "told"),
    [
        (NEWS + "N3\tx\n", SEEN, r"news\.tsv:3: has 2 fields"),
        (NEWS.replace("[]", "[{"), SEEN, r"news\.tsv:1: is no news"),
        (NEWS, SEEN.replace("2:14:46 PM", "14:14:46"), r"behaviors\.tsv:1: is no impression"),
        (NEWS, SEEN.replace("N1-0", "N1-7"), r"behaviors\.tsv:1: is no impression"),
    ],
)
def test_bad_lines_of_mind_are_named(opened: Opener, news: str, seen: str, told: str) -> None:
    data = opened({"news.tsv": news, "behaviors.tsv": seen})
    with pytest.raises(DatasetError, match=told):
        list(data.items()), list(data.events())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("user_taggedartists.dat", "userID\tartistID\ttagID\tday\tmonth\tyear\r\n2\t1\t13\t1\t4\t2009\r\n"),
        ("user_taggedartists-timestamps.dat", "userID\tartistID\ttagID\ttimestamp\r\n2\t1\t13\t1238536800000\r\n"),
    ],
)
def test_lastfm_2k_tags_and_friends(opened: Opener, name: str, body: str) -> None:
    data = opened(
        {
            "artists.dat": ARTISTS,
            "user_artists.dat": "userID\tartistID\tweight\r\n2\t1\t352698\r\n65  \t2\t3\r\n",
            "tags.dat": "tagID\ttagValue\r\n13\ttropicália\r\n".encode("latin-1"),
            "user_friends.dat": "userID\tfriendID\r\n2\t65\r\n",
            name: body,
        }
    )
    assert [item.title for item in data.items()] == ["Ballaké Sissoko", "שלום \u201c"]
    assert [event.user_id for event in data.events()] == ["2", "65"]
    tag = list(data.events(everything=True))[-1]
    assert (tag.type, tag.text, tag.timestamp.year) == (EventType.COMMENT, "tropicália", 2009)
    told = data.report.as_dict()
    assert told["items"]["artists.dat"]["repaired"] == {"UTF-8 read as latin-1": 1}
    assert told["events"]["user_artists.dat"]["repaired"] == {"padded id": 1}
    assert told["events"]["tags.dat"]["repaired"] == {"latin-1": 1}
    assert told["events"]["user_friends.dat"]["dropped"] == {"friend of a user: no item": 1}


def test_lastfm_1k(opened: Opener) -> None:
    name = "userid-timestamp-artid-artname-traid-traname.tsv"
    body = (
        'user_1\t2009-05-04T23:08:57Z\ta1\tDeep Dish\tt1\tFuck Me "Im Famous\n'
        "user_1\t2009-05-04T13:54:10Z\ta2\tUnderworld\t\tBoy, Boy / Boy\nuser_1\t2009-05-04T13:52:04Z\ta2\tX\tt9\t\n"
    )
    data = opened({name: body})
    first, second = data.items()
    assert (first.id, first.attributes) == ("t1", {"artist": "Deep Dish"})
    assert second.id == "Underworld%20Boy,%20Boy%20%2F%20Boy"
    assert next(data.events()).timestamp.isoformat() == "2009-05-04T23:08:57+00:00"
    assert len(list(data.events())) == 2
    assert data.report.as_dict()["events"][name]["dropped"] == {"no name of the track": 1}


def test_lastfm_360k(opened: Opener) -> None:
    name = "usersha1-artmbid-artname-plays.tsv"
    rest = f"u2\t\t\t9\nu2\tm1\tBetty Blowtorch\t0\nu2\t\t{'n' * 300}\t1\n"
    data = opened({name: "u1\tm1\tBetty Blowtorch\t2137\nsep 20, 2008\t\tDie Ärzte\t1099\n" + rest})
    assert [item.id for item in data.items()][:2] == ["m1", "Die%20Ärzte"]
    assert [event.user_id for event in data.events()] == ["u1", "sep%2020,%202008", "u2"]
    told = data.report.as_dict()["events"][name]
    assert told["dropped"] == {"no name of the artist": 1, "no plays": 1}
    assert told["repaired"] == {"id cut to 256 characters": 1, "id from the name": 2, "id percent-encoded": 2}
    data = opened({name: "u1\tm1\tBetty\tmany\n"})
    with pytest.raises(DatasetError, match=rf"{name}:1: is no count of plays"):
        list(data.events())
