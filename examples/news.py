"""News: what is hours old, and read by nobody yet, comes before last week's, because readers taught it to.

Run: python examples/news.py
"""

from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from tempfile import TemporaryDirectory

from tastemaker import Event, EventType, Item, Recommender

TOPICS = {
    "Science": ("A telescope/A vaccine/A Mars probe/A new particle", "passes its test/surprises all/is delayed again"),
    "Football": ("The cup final/The captain/The goalkeeper/The league", "is in doubt/makes history/has a new coach"),
    "Economy": ("The central bank/The oil price/The euro/The rent", "rises again/falls sharply/worries investors"),
    "Culture": ("The opera/The museum/A lost novel/The festival", "wins a prize/draws crowds/divides critics"),
}
DESKS = ("", ", says the minister", ", in pictures", ": what we know")
NOW = datetime.now(UTC)  # what is new is new today
HOURS = 120
SEED = 6


def articles(chance: Random) -> list[Item]:
    """192 articles of the last five days."""
    return [
        Item(
            id=f"{topic}-{number}",
            title=f"{who} {what}{desk}",
            categories=(topic,),
            created_at=NOW - timedelta(hours=chance.uniform(0, HOURS)),
        )
        for topic, (whos, whats) in TOPICS.items()
        for number, (who, what, desk) in enumerate(product(whos.split("/"), whats.split("/"), DESKS))
    ]


def age(item: Item, at: datetime = NOW) -> float:
    """In hours; below 0 if it is not out yet."""
    return (at - (item.created_at or at)).total_seconds() / 3600


def reading(items: list[Item], chance: Random) -> list[Event]:
    """80 readers of two topics each come every twelve hours for two articles; eight hours make one half as likely."""
    events = []
    for number in range(80):
        topics = chance.sample(list(TOPICS), 2)
        read: set[str] = set()
        for hours in range(12, HOURS - 12, 12):
            at = NOW - timedelta(hours=hours - chance.uniform(0, 6))
            out = [one for one in items if age(one, at) >= 0 and one.categories[0] in topics and one.id not in read]
            for item in chance.choices(out, [0.5 ** (age(one, at) / 8) for one in out], k=2):
                kind = chance.choice([EventType.VIEW, EventType.SHARE])
                events.append(Event(user_id=f"reader-{number}", item_id=item.id, type=kind, timestamp=at))
                read.add(item.id)
    return events


def main() -> dict[str, list[tuple[float, bool, Item]]]:
    """Print slates for a reader; returns for each of their articles its age in hours, whether anybody read it, and it."""
    chance = Random(SEED)
    items = articles(chance)
    events = reading(items, chance)
    by_id, read = {item.id: item for item in items}, {event.item_id for event in events}
    slates = {}
    with TemporaryDirectory() as folder, Recommender.open(folder) as recommender:
        recommender.index(items)
        recommender.observe(events)

        def show(name: str, **options: object) -> None:
            slate = recommender.recommend("reader-0", explain=False, **options)
            found = [by_id[one.id] for one in slate.items]
            slates[name] = [(age(item), item.id in read, item) for item in found]
            print(f"\n{name.capitalize()}:")
            for hours, known, item in slates[name]:
                print(f"{hours:6.1f} h  {item.categories[0]}: {item.title}{'' if known else ' (read by nobody yet)'}")

        topics = {by_id[one.item_id or ""].categories[0] for one in events if one.user_id == "reader-0"}
        print(f"This reader reads {' and '.join(sorted(topics))}.")
        show("before fit", k=10)
        learned = recommender.fit()
        print(f"\nLearned from {learned.cases} readers: freshness weighs {learned.fusion.weights['new']}, not 0.")
        show("after fit", k=10)
        show("two of five for what nobody has read", k=5, cold_share=0.4)
    return slates


if __name__ == "__main__":
    main()
