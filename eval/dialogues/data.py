"""The files of an evaluation over dialogues: films, who had them, and the dialogues themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tastemaker.domain import Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets import FORMATS, redial
from tastemaker.retrieval.datasets.inspired import film_key
from tastemaker.retrieval.datasets.inspired import read_dialogues as read_inspired
from tastemaker.retrieval.datasets.repair import film
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn

REDIAL, INSPIRED = "redial", "inspired"
RATED = ("movielens-csv", "movielens-dat", "movielens-100k-files")
TRAIN = "train_data.jsonl"
ELSEWHERE = 0.2
"""How much a dialogue of another data set counts."""
SAME_KIND = {"children": "family"}
"""What MovieLens calls otherwise than IMDb does."""


@dataclass(frozen=True, slots=True)
class World:
    """Films, what people watched of them (ids by viewer), and the dialogues of each part. `past` are those to learn from,
    which may be of another data set too, and `shares` how much each counts. `own` are films that only train names. `used` says which files all was made of."""

    items: list[Item]
    baskets: list[list[str]]
    train: list[Dialogue]
    valid: list[Dialogue]
    test: list[Dialogue]
    past: list[Dialogue]
    shares: list[float]
    used: dict[str, int] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def titled(item: Item) -> str:
    """A film's title with its year, where that is known."""
    year = item.attributes.get("year")
    return f"{item.title} ({year})" if year else item.title


def load(
    name: str,
    train: Path,
    valid: Path | None,
    test: Path | None,
    beside: Sequence[Path] = (),
    progress: Progress = silent,
) -> World:
    """Read `redial` or `inspired`. Files that help are looked for in the folder of `train`, in those next to it, and `beside`.

    Raises:
        DatasetError: a file is missing or can't be understood, or ReDial's films are nowhere.
        InvalidInputError: a dialogue of test is in train or valid too.
    """
    given = {"train": train, "valid": valid, "test": test}
    parts = {part: path for part, path in given.items() if path is not None}
    for path in parts.values():
        if not path.is_file():
            raise DatasetError("there is no such file", where=str(path))
    folders = _folders(train, beside)
    films = _films(folders, progress)
    world = _redial(folders, parts, films) if name == REDIAL else _inspired(folders, parts, films)
    used = world.used | {str(path): len(getattr(world, part)) for part, path in parts.items()}
    _apart(world)
    return replace(world, baskets=_baskets(films, world.items, used, progress), used=used)


def _folders(train: Path, beside: Sequence[Path]) -> list[Path]:
    own = train.resolve().parent
    near = sorted(path for path in own.parent.iterdir() if path.is_dir()) if own != own.parent else []
    return list(dict.fromkeys([own, *(path.resolve() for path in beside), *near]))


@dataclass(frozen=True, slots=True)
class Films:
    """A MovieLens folder: its films as read, and its name of the format."""

    folder: Path
    format: str
    items: list[Item]


def _films(folders: Iterable[Path], progress: Progress) -> list[Films]:
    found = []
    for folder in folders:
        for name in RATED:
            if FORMATS[name].sniff(folder):
                progress(f"Reading {folder.name}", 0, None)
                found.append(Films(folder, name, list(FORMATS[name].items(folder, Counts()))))
    return found


def _redial(folders: Sequence[Path], parts: Mapping[str, Path], films: Sequence[Films]) -> World:
    home = next((one for one in folders if (one / redial.TITLES).is_file() or (one / redial.DETAILS).is_file()), None)
    items = redial.read_items(home or parts["train"].parent)
    items = _completed(items, films)
    titles = {item.id: titled(item) for item in items}
    read = {part: list(redial.read_dialogues(path, titles)) for part, path in parts.items()}
    used = {
        str(home / file): len(items) for file in (redial.TITLES, redial.DETAILS) if home and (home / file).is_file()
    }
    train = read["train"]
    return World(items, [], train, read.get("valid", []), read.get("test", []), train, [1.0] * len(train), used)


def _inspired(folders: Sequence[Path], parts: Mapping[str, Path], films: Sequence[Films]) -> World:
    """Films are known by `film_key`, so that ReDial's, MovieLens's and the dialogues' own are one catalogue."""
    titles: dict[str, str] = {}
    train = list(read_inspired(parts["train"], titles=titles))
    valid, test = (list(read_inspired(parts[part])) if part in parts else [] for part in ("valid", "test"))
    home = next((one for one in folders if (one / TRAIN).is_file()), None)
    known = redial.read_items(home) if home else []
    keys = {item.id: key_of(item) or item.id for item in known}
    merged: dict[str, Item] = {}
    for item in [*known, *(item for part in films if part.format == RATED[0] for item in part.items)]:
        if key := key_of(item):
            kept = merged.get(key)
            if kept is None or len(item.description) > len(kept.description):
                merged[key] = item.model_copy(update={"id": key, "categories": _kinds(item)})
    own = frozenset(titles.keys() - merged.keys())
    for key, written in titles.items():
        title, year = film(written, Counts())
        merged.setdefault(key, Item(id=key, title=title, attributes={**year}, language="en"))
    items = _completed(list(merged.values()), films)
    used: dict[str, int] = {}
    past, shares = list(train), [1.0] * len(train)
    if home:
        spelt = {item.id: titled(item) for item in known}
        told = [_renamed(one, keys) for one in redial.read_dialogues(home / TRAIN, spelt)]
        past, shares = [*told, *train], [ELSEWHERE] * len(told) + shares
        used[str(home / TRAIN)] = len(told)
    return World(items, [], train, valid, test, past, shares, used, own)


def key_of(item: Item) -> str:
    """The item's `film_key`."""
    year = item.attributes.get("year")
    return film_key(item.title, int(year) if isinstance(year, int) else None)


def _renamed(dialogue: Dialogue, keys: Mapping[str, str]) -> Dialogue:
    turns = (Turn(one.seeker, one.text, tuple(keys.get(item, item) for item in one.items)) for one in dialogue.turns)
    return Dialogue(f"redial-{dialogue.id}", tuple(turns))


def _kinds(item: Item) -> tuple[str, ...]:
    names = (name.casefold() for name in item.categories)
    return tuple(dict.fromkeys(SAME_KIND.get(name, name) for name in names))


def _completed(items: Sequence[Item], films: Sequence[Films]) -> list[Item]:
    """The same with the year and kinds that MovieLens knows, where a film has none."""
    known = _by_name(item for part in films for item in part.items)
    found = []
    for item in items:
        same = next((known[name] for name in _names(item) if name in known), None)
        more: dict[str, object] = {}
        if same and not item.categories:
            more["categories"] = _kinds(same)
        if same and "year" not in item.attributes and "year" in same.attributes:
            more["attributes"] = {**item.attributes, "year": same.attributes["year"]}
        found.append(item.model_copy(update=more) if more else item)
    return found


def _names(item: Item) -> list[str]:
    """What a film is the same by: its number at IMDb, or its title and year."""
    number = item.attributes.get("imdb_id")
    return [*([f"imdb {number}"] if number else []), key_of(item)]


def _by_name(items: Iterable[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in items:
        for name in _names(item):
            found.setdefault(name, item)
    return found


def _baskets(
    films: Sequence[Films], items: Sequence[Item], used: dict[str, int], progress: Progress
) -> list[list[str]]:
    """The films each viewer rated, by ids of `items`; a film that stands there under several ids counts under all."""
    by_name: dict[str, list[str]] = {}
    for item in items:
        for name in _names(item):
            by_name.setdefault(name, []).append(item.id)
    found: list[list[str]] = []
    for part in films:
        ids = {
            item.id: list(dict.fromkeys(one for name in _names(item) for one in by_name.get(name, ())))
            for item in part.items
        }
        viewers: dict[str, list[str]] = {}
        for event in FORMATS[part.format].events(part.folder, Counts()):
            if event.value is not None and event.item_id is not None:
                viewers.setdefault(event.user_id, []).extend(ids.get(event.item_id, ()))
        progress(f"Reading {part.folder.name}", len(viewers), len(viewers))
        used[str(part.folder)] = len(viewers)
        found.extend(viewers.values())
    return found


def _apart(world: World) -> None:
    seen = {one.id: part for part in ("train", "valid") for one in getattr(world, part)}
    for one in world.test:
        if one.id in seen:
            raise InvalidInputError(
                f"is in --{seen[one.id]} too", where=f"--test: dialogue {one.id}", remedy="Take it out of there"
            )
