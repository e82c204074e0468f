"""What the raw records of a world say to each kind of statement."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from tastemaker.domain import Event, EventType, Item
from tastemaker.eval.benchmarks.explain.checker_terms import Term, low, plain, values_of, year_of
from tastemaker.eval.benchmarks.explain.world import World

LIKED = 0.5
"""Least weight of an opinion that is a liking."""
TOGETHER = 5
"""Least number of users who had both."""
FIELDS: dict[str, frozenset[str]] = {
    "director": frozenset({"director", "directors", "directed_by", "导演"}),
    "star": frozenset({"star", "stars", "actor", "actors", "cast", "starring", "actress", "主演", "演员"}),
    "author": frozenset({"author", "authors", "作者", "writer", "writers", "written_by", "编剧"}),
    "artist": frozenset({"artist", "artists", "singer", "band", "performer", "歌手", "艺人"}),
    "brand": frozenset({"brand", "brands", "manufacturer", "maker", "store", "品牌"}),
    "year": frozenset({"year", "release_year", "published", "publication_year", "released", "年份", "上映年份"}),
    "category": frozenset({"category", "genre", "genres", "categories", "类型", "类别", "分类"}),
    "length": frozenset({"runtime", "duration", "minutes", "length", "片长"}),
}
MADE_BY = (
    FIELDS["director"] | FIELDS["author"] | FIELDS["artist"] | FIELDS["brand"] | {"creator", "developer", "publisher"}
)
PEOPLE = FIELDS["director"] | FIELDS["star"] | FIELDS["author"] | FIELDS["artist"]
DEEDS: dict[str, frozenset[EventType]] = {
    "bought": frozenset({EventType.PURCHASE}), "cart": frozenset({EventType.CART}),
    "shared": frozenset({EventType.SHARE}), "followed": frozenset({EventType.FOLLOW}),
    "commented": frozenset({EventType.COMMENT}), "saved": frozenset({EventType.CART, EventType.FOLLOW}),
    "had": frozenset(EventType) - {EventType.SEARCH}, "rated": frozenset({EventType.RATING}),
}  # fmt: skip
OPINIONS = {EventType.LIKE, EventType.DISLIKE, EventType.RATING}


class Facts:
    """Judges statements of one world. Items are given as sets of ids, where a title names several any of them will do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.item = world.item
        self.tenth = max(1, len(world.items) // 10)

    def find(self, key: str) -> Item | None:
        """The item of an id."""
        return self.item if key == self.item.id else self.world.items.get(key)

    def events(self, keys: Iterable[str]) -> list[Event]:
        """What the user did with these, oldest first."""
        wanted = set(keys)
        return [event for event in self.world.events if event.item_id in wanted]

    def did(self, deed: str, keys: AbstractSet[str], number: float | None = None) -> bool:
        """Whether the user did this with one of them: `liked` and `disliked` go by the latest like, dislike or rating.

        What was only bought, shared or viewed is not called liked.
        """
        return any(self._did(deed, key, number) for key in keys)

    def _did(self, deed: str, key: str, number: float | None) -> bool:
        found = self.events([key])
        if deed in ("liked", "disliked"):
            said = [event for event in found if event.type in OPINIONS]
            good = bool(said) and (said[-1].weight >= LIKED if deed == "liked" else said[-1].weight < 0)
            return good and (number is None or self._did("rated", key, number))
        done = [event for event in found if event.type in DEEDS[deed]]
        if number is not None:
            return bool(done) and done[-1].value == number
        return bool(done)

    def near(self, keys: AbstractSet[str]) -> bool:
        """Whether the item is in the nearest tenth to an item of the history."""
        places = [self.world.near[key] for key in keys if key in self.world.near and self.events([key])]
        return any(place <= self.tenth for place in places)

    def together(self, keys: AbstractSet[str]) -> bool:
        """Whether those who had this had the item more often than all users, five of them at least."""
        found = [self.world.together[key] for key in keys if key in self.world.together]
        return any(
            one.both >= TOGETHER and one.history > 0 and one.users > 0 and one.both * one.users > one.item * one.history
            for one in found
        )

    def popular(self, most: bool) -> bool:
        """Whether it is in the most popular tenth, or the most popular of all."""
        place = self.world.popular_place
        return place is not None and place <= (1 if most else self.tenth)

    def conditions(self, names: Iterable[str | None]) -> bool:
        """Whether the named conditions are met; of none named, all of them, and that there is one."""
        named, known = list(names), self.world.conditions
        if any(name is None for name in named):
            return False
        return all(known[name] for name in named if name is not None) if named else bool(known) and all(known.values())

    def holds(self, keys: AbstractSet[str], term: Term, fields: AbstractSet[str] | None) -> bool:
        """Whether one of the items has the value, in one of the fields; without fields, in any but those of people."""
        return term.sound and any(self._holds(item, term, fields) for key in keys if (item := self.find(key)))

    def _holds(self, item: Item, term: Term, fields: AbstractSet[str] | None) -> bool:
        for field, value in values_of(item):
            allowed = field.lower() in fields if fields is not None else field.lower() not in PEOPLE
            if allowed and (field, value) in term.values:
                return True
        if term.number is None or (fields is not None and not fields & (FIELDS["year"] | FIELDS["length"])):
            return False
        years = year_of(item) if fields is None or fields & FIELDS["year"] else set()
        if term.decade:
            return any(year // 10 * 10 == term.number for year in years)
        lengths = {value for field, value in values_of(item) if fields is not None and field.lower() in fields}
        return term.number in years or str(int(term.number)) in lengths

    def common(self, refs: Iterable[AbstractSet[str]], fields: AbstractSet[str]) -> bool:
        """Whether all of them have a value in common in one of these fields."""
        sets = [
            {value for key in keys if (item := self.find(key)) for value in self._values(item, fields)} for keys in refs
        ]
        return len(sets) > 1 and bool(set.intersection(*sets))

    @staticmethod
    def _values(item: Item, fields: AbstractSet[str]) -> set[str]:
        found = {value for field, value in values_of(item) if field.lower() in fields}
        return found | ({str(year) for year in year_of(item)} if fields & FIELDS["year"] else set())

    def lacks(self, term: Term) -> bool:
        """Whether a known category is none of the item's, which has some."""
        named = {value for field, value in term.values if field.lower() in FIELDS["category"]}
        own = {low(plain(category)) for category in self.item.categories}
        return term.sound and bool(named) and bool(own) and not named & own

    def liked_with(self, term: Term) -> int:
        """How many liked items have the value."""
        keys = {event.item_id for event in self.world.events if event.item_id is not None}
        return sum(self.holds({key}, term, None) and self._did("liked", key, None) for key in keys)
