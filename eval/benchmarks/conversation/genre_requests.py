"""Real requests for one genre, from ReDial: does the slate meet them once they are read, and does that cost any recall?"""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.agent.conversation import finding
from tastemaker.agent.conversation.conditions import resolve
from tastemaker.agent.conversation.state import Chip, State
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import InvalidInputError
from tastemaker.eval.benchmarks.conversation.readers import by_rules
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets.lines import json_rows, refusing
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.retrieval.dialogue.prior import DialoguePrior
from tastemaker.retrieval.profile import UserProfile

TOP = 10
TRAINED = "train_data.jsonl"
NOBODY = UserProfile(liked=(), unwanted=(), seen=(), searches=())
WORDS = {
    "action": "action", "adventure": "adventure|adventures", "animation": "animation|animated|cartoons?", "comedy": "comedy|comedies",
    "crime": "crime", "documentary": "documentary|documentaries", "drama": "dramas?", "fantasy": "fantasy",
    "history": "history|historical", "horror": "horrors?", "musical": "musicals?", "mystery": "mystery|mysteries",
    "romance": "romance|romances|romantic", "sci-fi": "sci[ -]?fi|science fiction", "thriller": "thrillers?", "war": "war",
    "western": "westerns?",
}  # fmt: skip
"""A genre in `id2info.json`, and the words that name it: told apart from the reader's own. `family` is left out: it may be whom the film is for."""
_GENRES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in WORDS.items()}
_NEGATED = re.compile(
    r"\b(?:no|not|nor|never|without|except|but|hate|dislike|nothing|anything but|\w+n['’]?t)\b", re.IGNORECASE
)
_FILM = re.compile(r"@(\d+)")


@dataclass(frozen=True, slots=True)
class Request:
    """A seeker's turn that names one genre: its text, the films mentioned before its end, and those that the recommender names later."""

    dialogue: int
    genre: str
    text: str
    mentioned: tuple[str, ...]
    targets: tuple[str, ...]


def requests(path: Path, titles: dict[str, str]) -> Iterator[Request]:
    """The turns of a file of ReDial's dialogues that name exactly one genre and nothing negated.

    Raises `DatasetError` for a line that is none.
    """
    for number, (where, row) in enumerate(json_rows(path, Counts())):
        with refusing(where, "is no dialogue of ReDial"):
            turns = _merged(row["messages"], row["initiatorWorkerId"])
        for n, (seeker, text) in enumerate(turns):
            bare = _FILM.sub(" ", text)
            genres = [name for name, words in _GENRES.items() if words.search(bare)]
            if not seeker or len(genres) != 1 or _NEGATED.search(bare):
                continue
            before = tuple(dict.fromkeys(one for _, past in turns[: n + 1] for one in _FILM.findall(past)))
            later = dict.fromkeys(one for talks, after in turns[n + 1 :] if not talks for one in _FILM.findall(after))
            targets = tuple(one for one in later if one not in before and one in titles)
            spoken = _FILM.sub(lambda found: titles.get(found[1], ""), text)
            yield Request(number, genres[0], spoken, tuple(one for one in before if one in titles), targets)


def _merged(messages: Sequence[dict[str, Any]], seeker: int) -> list[tuple[bool, str]]:
    """Turns as (is it the seeker's, text), messages that follow each other put together."""
    turns: list[tuple[bool, str]] = []
    for message in messages:
        talks = message["senderWorkerId"] == seeker
        if turns and turns[-1][0] == talks:
            turns[-1] = talks, f"{turns[-1][1]} {message['text']}"
        else:
            turns.append((talks, message["text"]))
    return turns


async def measure(path: Path, progress: Progress = silent) -> dict[str, Any]:
    """Genre met by the best ten, and recall of the dialogue's later films, with the conditions that are read and without, in the order
    of the dialogue's prior: learned from the training dialogues beside the file, if they are there, else from nothing but words."""
    if path.name == TRAINED:
        raise InvalidInputError(
            "are those that are learned from",
            where=f"--dialogues {path}",
            remedy="Give others, such as valid_data.jsonl",
        )
    items, titles = _catalogue(path.parent)
    trained = path.with_name(TRAINED).exists()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with await AsyncRecommender.open(Path(folder), encoder="hashing", progress=progress) as recommender:
            await recommender.index(items)
            if trained:
                await recommender.observe(_events(path.with_name(TRAINED), titles))
            vocabulary = Vocabulary.of(recommender.store.catalogue.every())
            prior = finding.Priors(recommender.store, recommender.encoder).prior()
            assert prior is not None  # which a catalogue as small as this has
            genres = {item.id: set(item.categories) for item in items}
            some = list(requests(path, titles))
            for n, request in enumerate(some):
                progress("Real requests", n, len(some))
                rows.append(_row(recommender, prior, vocabulary, request, genres))
    return _summary(rows, trained)


def _catalogue(folder: Path) -> tuple[list[Item], dict[str, str]]:
    """All films with the genres that are known, and their titles by id."""
    told = folder / "id2info.json"
    with refusing(str(told), "is no id2info.json"):
        known = json.loads(told.read_text(encoding="utf-8"))
        genres = {one: tuple(film["genre"]) for one, film in known.items()}
    listed = folder / "movies_with_mentions.csv"
    with refusing(str(listed), "is no list of ReDial's films"), listed.open(encoding="utf-8", newline="") as file:
        titles = {row["movieId"]: " ".join(row["movieName"].split()) for row in csv.DictReader(file)}
    return [Item(id=one, title=title, categories=genres.get(one, ())) for one, title in titles.items() if title], titles


def _events(path: Path, titles: dict[str, str]) -> Iterator[Event]:
    """What each training dialogue mentions, as one user's likes, in order."""
    start = datetime(2018, 1, 1, tzinfo=UTC)
    for n, (_, row) in enumerate(json_rows(path, Counts())):
        said = dict.fromkeys(one for message in row["messages"] for one in _FILM.findall(message["text"]))
        for m, one in enumerate(one for one in said if one in titles):
            moment = start + timedelta(hours=n, minutes=m)
            yield Event(user_id=f"d{n}", item_id=one, type=EventType.LIKE, timestamp=moment)


def _row(
    recommender: AsyncRecommender,
    prior: DialoguePrior,
    vocabulary: Vocabulary,
    request: Request,
    genres: dict[str, set[str]],
) -> dict[str, Any]:
    read = by_rules(request.text, vocabulary)
    resolved = [resolve(one, vocabulary, (), "en", 1) for one in read.conditions]
    chips = tuple(one for one in resolved if isinstance(one, Chip))
    row: dict[str, Any] = {
        "dialogue": request.dialogue, "targets": len(request.targets), "chips": len(chips), "text": request.text,
        "genre": request.genre, "read": any(request.genre in {*one.condition.values} and not one.condition.negated for one in chips),
    }  # fmt: skip
    for name, in_force in (("with", chips), ("without", ())):
        state = State(chips=in_force, like=request.mentioned, wishes=tuple(filter(None, [read.query])))
        room = finding.room(recommender.store, vocabulary, NOBODY, state)
        ranked = finding.of_dialogue(recommender.store, prior, state, TOP, room) if room.size else []
        ids = [one.item.id for one in ranked]
        row[f"met_{name}"] = sum(request.genre in genres[one] for one in ids) / len(ids) if ids else None
        row[f"hits_{name}"] = sum(one in ids for one in request.targets)
    meets = [request.genre in genres[one] for one in request.targets if genres[one]]
    return row | {"targets_meeting": sum(meets), "targets_known": len(meets)}


def _summary(rows: Sequence[dict[str, Any]], trained: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "requests": len(rows), "dialogues": len({row["dialogue"] for row in rows}), "trained": trained,
        "genre_read": _mean([row["read"] for row in rows]), "targets": sum(row["targets"] for row in rows),
        "targets_meeting": _ratio(sum(row["targets_meeting"] for row in rows), sum(row["targets_known"] for row in rows)),
    }  # fmt: skip
    for name in ("with", "without"):
        met = [row[f"met_{name}"] for row in rows if row[f"met_{name}"] is not None]
        found[f"cs@10_{name}"], found[f"empty_{name}"] = _mean(met), len(rows) - len(met)
        found[f"recall@10_{name}"] = _ratio(sum(row[f"hits_{name}"] for row in rows), found["targets"])
    by: dict[int, Counter[str]] = {}
    for row in rows:
        by.setdefault(row["dialogue"], Counter()).update(
            gain=row["hits_with"] - row["hits_without"], targets=row["targets"]
        )
    some = [one for one in by.values() if one["targets"]]
    gains, weights = (np.array([float(one[name]) for one in some]) for name in ("gain", "targets"))
    low, high = bootstrap(gains / weights, 0, weights=weights) if some else (0.0, 0.0)
    found["recall_difference_ci"] = [round(low, 4), round(high, 4)]
    found["unread"] = [row["text"] for row in rows if not row["read"]][:10]
    return found


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
