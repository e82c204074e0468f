"""Whom and what to follow: friends of friends first, and communities of friends; never oneself, nor whom one follows.

Run: python examples/social.py
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from tempfile import TemporaryDirectory

from tastemaker import Event, EventType, Item, Recommender

FIRST = "Ada Ben Chen Dana Emil Fatima Goran Hana Ivan Jun Kofi Lena Mei Nils Olga Pia Qi Rosa Sami Tove"
TOWNS = {"Abe": "Choir Chess", "Brandt": "Climbing Books", "Costa": "Cycling Gardening", "Diaz": "Photos Baking"}
"""Four families of twenty people, each in a town of its own with two communities."""
START = datetime(2025, 1, 1, tzinfo=UTC)
BLOCKED = {"Ada-Abe": ["Fatima-Abe"]}
SEED = 2
Graph = dict[str, set[str]]


def network(chance: Random) -> tuple[Graph, Graph]:
    """Who is friends with whom, both ways and seldom across towns, and who is in which communities."""
    towns = {f"{first}-{family}": names.split() for family, names in TOWNS.items() for first in FIRST.split()}
    friends: Graph = defaultdict(set)
    for a, b in combinations(towns, 2):
        if chance.random() < (0.35 if towns[a] == towns[b] else 0.015):
            friends[a].add(b)
            friends[b].add(a)
    every = " ".join(TOWNS.values()).split()
    groups = {
        one: {name for name in every if chance.random() < (0.4 if name in town else 0.04)}
        for one, town in towns.items()
    }
    return friends, groups


def main() -> dict[str, tuple[list[str], list[str]]]:
    """Print suggestions for one person of each town; returns for each the people and the communities."""
    chance = Random(SEED)
    friends, groups = network(chance)
    items = [Item(id=name, title=name, categories=("Community",)) for names in TOWNS.values() for name in names.split()]
    items += [  # a person's own text is what they are in; of two people with one name only one would be shown
        Item(id=one, title=one.replace("-", " "), description=", ".join(sorted(some)), categories=("Person",))
        for one, some in groups.items()
    ]
    follows = [(one, other) for graph in (friends, groups) for one, some in graph.items() for other in sorted(some)]
    # Everyone follows oneself first. Who follows one's friends then also follows oneself, so that people with common
    # friends go together; and what was followed is never suggested, oneself included.
    pairs = [(one, one) for one in groups] + chance.sample(follows, len(follows))
    suggested = {}
    # Names mean nothing, so that the quick encoder without a model does.
    with TemporaryDirectory() as folder, Recommender.open(folder, encoder="hashing") as recommender:
        recommender.index(items)
        recommender.observe(
            Event(user_id=a, item_id=b, type=EventType.FOLLOW, timestamp=START + timedelta(hours=n))
            for n, (a, b) in enumerate(pairs)
        )
        recommender.fit()
        for one in ("Ada-Abe", "Fatima-Brandt", "Kofi-Costa", "Pia-Diaz"):
            unwanted = {"id": {"any": [one, *BLOCKED.get(one, [])]}}
            people = recommender.recommend(one, k=5, where={"category": "Person", "not": unwanted}, explain=False)
            communities = recommender.recommend(one, k=3, where={"category": "Community"}, explain=False)
            print(f"\n{one}, who has {len(friends[one])} friends:")
            for item in people.items:
                print(f"  {item.title}, {len(friends[one] & friends[item.id])} common friends")
            for item in communities.items:
                print(f"  {item.title}, {sum(item.id in groups[friend] for friend in friends[one])} friends there")
            suggested[one] = [item.id for item in people.items], [item.id for item in communities.items]
    return suggested


if __name__ == "__main__":
    main()
