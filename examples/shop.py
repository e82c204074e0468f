"""A shop: nothing that is out of stock or too dear is ever shown, also after the stock has changed.

Run: python examples/shop.py
"""

from datetime import UTC, datetime, timedelta
from random import Random
from tempfile import TemporaryDirectory

from tastemaker import Event, EventType, Item, Recommender

DEPARTMENTS = {
    "Kitchen": ["coffee grinder", "espresso pot", "kettle", "frying pan", "bread tin", "chef's knife"],
    "Garden": ["watering can", "pair of shears", "seed tray", "garden hose", "spade", "bird feeder"],
    "Sport": ["yoga mat", "skipping rope", "football", "dumbbell", "swimming cap", "tent"],
    "Desk": ["reading lamp", "notebook", "pen case", "monitor stand", "stapler", "desk chair"],
}
STYLES = ["Small", "Large", "Blue", "Classic", "Travel"]
AFFORDABLE: dict[str, object] = {"price": {"lte": 50}, "in_stock": True}
START = datetime(2026, 1, 1, tzinfo=UTC)
BOUGHT = ["small-espresso-pot", "classic-kettle", "blue-bread-tin"]


def catalogue(chance: Random) -> dict[str, Item]:
    """120 goods by id; two of three cost at most 50, three of four are in stock."""
    return {
        (name := f"{style} {thing}".lower().replace(" ", "-")): Item(
            id=name,
            title=f"{style} {thing}",
            categories=(department,),
            attributes={"price": chance.randint(5, 75), "in_stock": chance.random() < 0.75},
        )
        for department, things in DEPARTMENTS.items()
        for thing in things
        for style in STYLES
    }


def shopping(goods: dict[str, Item], chance: Random) -> list[Event]:
    """40 customers who mostly keep to one department, and Ann, who wants to make coffee."""
    events = []
    for number in range(40):
        home = chance.choice(list(DEPARTMENTS))
        inside = [one for one, item in goods.items() if home in item.categories]
        for item_id in chance.sample(inside, 6) + chance.sample(list(goods), 2):
            at = START + timedelta(hours=chance.uniform(0, 24 * 60))
            for step in (EventType.VIEW, EventType.CART, EventType.PURCHASE)[: chance.randint(1, 3)]:
                events.append(Event(user_id=f"customer-{number}", item_id=item_id, type=step, timestamp=at))
    events += [Event(user_id="ann", item_id=one, type=EventType.PURCHASE, timestamp=START) for one in BOUGHT]
    return [*events, Event(user_id="ann", type=EventType.SEARCH, text="coffee grinder", timestamp=START)]


def with_stock(item: Item, in_stock: bool) -> Item:
    """The same item, sold out or back again."""
    return item.model_copy(update={"attributes": item.attributes | {"in_stock": in_stock}})


def main() -> dict[str, list[Item]]:
    """Print slates for Ann; returns them, with price and stock as they were at that moment."""
    chance, slates = Random(1), {}
    goods = catalogue(chance)
    with TemporaryDirectory() as folder, Recommender.open(folder) as recommender:

        def show(what: str, k: int, where: dict[str, object] | None) -> None:
            slate = recommender.recommend("ann", k=k, where=where, explain=False)
            slates[what] = [goods[one.id] for one in slate.items]
            print(f"\n{what.capitalize()}: {len(slate.items)} of {k} asked for")
            for item in slates[what]:
                stock = "in stock" if item.attributes["in_stock"] else "sold out"
                print(f"  {item.title}, {item.attributes['price']}, {stock}")

        recommender.index(goods.values())
        recommender.observe(shopping(goods, chance))
        recommender.fit()
        show("anything", 8, None)
        show("in stock, up to 50", 8, AFFORDABLE)
        show("sold out, up to 50", 1, {**AFFORDABLE, "in_stock": False})
        gone, back = slates["in stock, up to 50"][0], slates["sold out, up to 50"][0]
        changed = [with_stock(gone, False), with_stock(back, True)]
        goods |= {item.id: item for item in changed}
        encoded = recommender.index(changed)  # what changed is enough, and no text is encoded again
        print(f"\n{gone.title} is sold out, {back.title} is back: {encoded} texts to encode")
        show("the same, later", 8, AFFORDABLE)
        show("for the kitchen, up to 15", 20, {"category": "Kitchen", "price": {"lte": 15}, "in_stock": True})
    return slates


if __name__ == "__main__":
    main()
