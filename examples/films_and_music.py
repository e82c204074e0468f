"""Films and music in one catalogue: taste crosses over, a slate keeps the proportions of what was liked, a dislike counts.

Run: python examples/films_and_music.py
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tastemaker import Event, EventType, Item, Recommender

WORKS = {
    ("Film", "Crime"): ("The Harbour/A Cold/Midnight/The Last", "Murder/Heist/Detective/Alibi"),
    ("Film", "Space"): ("Beyond/Return from/The Silence of/Lost near", "Saturn/Titan/Orbit/Andromeda"),
    ("Film", "Romance"): ("Letters from/A Summer in/One Kiss in/Love and", "Lisbon/Paris/Vienna/Rain"),
    ("Music", "Jazz"): ("Blue/Smoky/Late/Slow", "Saxophone/Quartet/Trumpet Session/Swing"),
    ("Music", "Electronic"): ("Neon/Deep/Analogue/Distant", "Synth/Pulse/Circuit/Techno Set"),
    ("Music", "Folk"): ("Barefoot/Country/Quiet/Old", "Fiddle/Ballads/Banjo Songs/Valley Songs"),
}
CIRCLES = [("Crime", "Jazz"), ("Space", "Electronic"), ("Romance", "Folk")]
"""Who likes these films likes this music: no text says so, only what people do."""
START = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue() -> list[Item]:
    """96 works, each with its kind and its genre as categories."""
    return [
        Item(id=f"{first}-{second}".replace(" ", "-").lower(), title=f"{first} {second}", categories=(kind, genre))
        for (kind, genre), (firsts, seconds) in WORKS.items()
        for first in firsts.split("/")
        for second in seconds.split("/")
    ]


def likes(user: str, ids: list[str], start: datetime) -> list[Event]:
    """A like a day, in this order."""
    return [
        Event(user_id=user, item_id=one, type=EventType.LIKE, timestamp=start + timedelta(days=day))
        for day, one in enumerate(ids)
    ]


def main() -> dict[str, Any]:
    """Print slates for Ann and Bea; returns by name each slate's works, and Bea's profiles."""
    chance, works = Random(3), {item.id: item for item in catalogue()}
    of = {genre: [one for one, item in works.items() if genre in item.categories] for _, genre in WORKS}
    bea = of["Space"][:6] + of["Electronic"][:2] + of["Crime"][:2]
    told: dict[str, Any] = {}
    with TemporaryDirectory() as folder, Recommender.open(folder) as recommender:

        def show(name: str, user: str, **options: Any) -> None:
            slate = recommender.recommend(user, explain=False, **options)
            told[name] = [works[one.id] for one in slate.items]
            counts = Counter(" ".join(reversed(item.categories)) for item in told[name])
            print(f"{name}: {', '.join(f'{n} {what}' for what, n in counts.most_common())}")

        recommender.index(works.values())
        for number in range(60):
            films, music = CIRCLES[number % 3]
            liked = chance.sample(of[films] + of[music], 7) + chance.sample(list(works), 2)
            start = START + timedelta(days=chance.randint(0, 60))
            recommender.observe(likes(f"person-{number}", list(dict.fromkeys(liked)), start))
        recommender.observe(likes("ann", of["Crime"][:4], START) + likes("bea", bea, START))

        print("Ann liked four crime films. Music for her:")
        show("before fit", "ann", k=5, where={"category": "Music"})
        recommender.fit()
        show("after fit", "ann", k=5, where={"category": "Music"})

        print("\nBea liked 6 space films, 2 crime films and 2 electronic albums.")
        show("plain", "bea", k=10)
        show("calibrated", "bea", k=10, calibration=1.0)
        show("diverse", "bea", k=10, diversity=0.9)

        told["before"] = recommender.profile("bea")
        recommender.observe([Event(user_id="bea", item_id=one, type=EventType.DISLIKE) for one in of["Crime"][:2]])
        told["after"] = recommender.profile("bea")
        for name in ("before", "after"):
            weights = {one.category: one.weight for one in told[name].interests}
            print(f"Bea's interest in crime {name} two dislikes: {weights['Crime']:+.3f}")
        show("calibrated again", "bea", k=10, calibration=1.0)
    return told


if __name__ == "__main__":
    main()
