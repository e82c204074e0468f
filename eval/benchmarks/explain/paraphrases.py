"""True explanations in many people's words: forms whose slots are filled with what a world makes true.

Each form says what it needs. Needs of one item `x` of the history hold of the same item: `liked`, `highly` (rated so),
`had`, `bought`, `cart`, `shared`, `near`, `together`, `cat` (`c`, a category of both), `director`, `star`, `author`, `brand`,
`year` (`p`, a value of both); `two` asks for another liked one, `y`, and `cat2` that it has the category too. Needs of the
item: `has_cat`, `has_two`, `has_director`, `has_star`, `has_year`, `query`, `condition`, `conditions`, `popular`, `most`,
`explored`, `unseen`, `sponsored`, `new` (the user never had it).
The other half of the forms is in `paraphrases_held_out`: whoever writes a verifier should not look there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

from opencc import OpenCC

from tastemaker.domain import EventType, Item
from tastemaker.eval.benchmarks.explain.checker_facts import FIELDS, Facts
from tastemaker.eval.benchmarks.explain.checker_terms import Term, low, plain, values_of, year_of
from tastemaker.eval.benchmarks.explain.paraphrases_fresh import FORMS_D
from tastemaker.eval.benchmarks.explain.paraphrases_held_out import FORMS_B
from tastemaker.eval.benchmarks.explain.paraphrases_kept_apart import FORMS_C
from tastemaker.eval.benchmarks.explain.world import World

FORMS_A: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("liked near", "Because you liked {x}, you may also like {item}, which is close to it."),
        ("liked near", "You liked {x}, and {item} is similar to it."),
        ("near", "{item} is close to {x}, which is in your history."),
        ("liked cat", "You liked {x}; {item} shares its {c} category."),
        ("liked cat", "Like {x}, which you liked, {item} is in the {c} category."),
        ("liked near cat", "{item} is similar to {x}, and both belong to the {c} category."),
        ("liked director", "Since you liked {x}, here is another {noun} directed by {p}: {item}."),
        ("liked director", "{item} and {x} are both directed by {p}."),
        ("director", "{item} has the same director as {x}, {p}."),
        ("liked star", "You liked {x}. {item} also stars {p}."),
        ("star", "{p} appears in both {x} and {item}."),
        ("author", "{item} is by {p}, the author of {x}."),
        ("brand", "{item} shares the brand {p} with {x}."),
        ("year", "Both {x} and {item} came out in {p}."),
        ("liked two", "Recommended because you liked {x} and {y}."),
        ("liked two cat cat2", "You liked {x} and {y}, and like them {item} is filed under {c}."),
        ("highly near", "You rated {x} highly, and {item} is among the {nouns} closest to it."),
        ("bought", "As you bought {x}, we suggest {item}."),
        ("cart near", "You put {x} in your cart. This {noun} is similar to it."),
        ("together", "People who had {x} also had {item} more often than others did."),
        ("had together", "You have {watched} {x}; users who had it chose {item} more often than users overall."),
        ("liked popular", "{item} is among the most popular {nouns} in the catalogue, and you liked {x}."),
        ("most", "This is the most popular {noun} in the catalogue."),
        ("query", "You asked for {query}, and {item} was picked for that."),
        ("query has_cat", "In reply to your request {query}: {item}, filed under {k}."),
        ("condition", "It meets your condition: {condition}."),
        ("conditions", "{item} meets all your conditions."),
        ("condition liked near", "{item} fits your condition {condition} and is close to {x}, which you liked."),
        ("explored", "This {noun} was drawn at random, to learn more about your taste."),
        ("unseen", "Nobody has had {item} yet."),
        ("sponsored", "Please note that {item} is a sponsored place."),
        ("new has_director", "You have not {watched} {item} yet; it is directed by {d}."),
        ("has_year has_star", "{item} is from {t} and stars {s}."),
    ),
    "zh": (
        ("liked near", "因为你喜欢{x}，推荐与它相近的{item}。"),
        ("liked near", "你喜欢过{x}，{item}和它比较相似。"),
        ("near", "{item}与你看过的{x}内容接近。"),
        ("liked cat", "你喜欢{x}，而{item}同样属于{c}类。"),
        ("liked cat", "和你喜欢的{x}一样，{item}也是{c}{pian}。"),
        ("liked near cat", "{item}与{x}相近，两者都属于{c}类型。"),
        ("liked director", "你喜欢{x}，{item}同样由{p}执导。"),
        ("liked director", "{x}和{item}都是{p}导演的{noun}。"),
        ("director", "{item}和{x}有相同的导演：{p}。"),
        ("liked star", "你喜欢{p}主演的{x}，{item}也由{p}主演。"),
        ("star", "{item}与{x}有共同的主演{p}。"),
        ("author", "{item}的作者是{p}，与{x}的作者相同。"),
        ("brand", "{item}与{x}属于同一品牌：{p}。"),
        ("year", "{item}和{x}都是{p}年上映的{noun}。"),
        ("liked two", "推荐{item}，是因为你喜欢{x}和{y}。"),
        ("liked two cat cat2", "你喜欢{x}和{y}，{item}与它们同属{c}类。"),
        ("highly near", "你给{x}打了高分，{item}与它接近。"),
        ("bought", "由于你购买过{x}，我们向你推荐{item}。"),
        ("cart near", "你把{x}加入了购物车，{this}{noun}与它相似。"),
        ("together", "看过{x}的人比其他人更常看{item}。"),
        ("had together", "你看过{x}，而看过它的用户也更常选择{item}。"),
        ("liked popular", "{item}是目录中最受欢迎的{noun}之一，你也喜欢{x}。"),
        ("most", "{this}{noun}是目录中最受欢迎的{noun}。"),
        ("query", "你想找“{query}”，因此推荐{item}。"),
        ("query has_cat", "根据你的搜索“{query}”，推荐{k}类的{item}。"),
        ("condition", "它符合“{condition}”这一条件。"),
        ("conditions", "{item}满足你的全部条件。"),
        ("condition liked near", "{item}符合你的条件“{condition}”，并且与你喜欢的{x}相近。"),
        ("explored", "{this}{noun}是随机抽取的，用来了解你的口味。"),
        ("unseen", "目前还没有人看过{item}。"),
        ("sponsored", "{item}是赞助推荐。"),
        ("new has_director", "你还没有看过{item}，它由{d}执导。"),
        ("has_year has_star", "{item}于{t}年上映，由{s}主演。"),
    ),
}  # fmt: skip
ROLE_NEEDS = ("director", "star", "author", "brand", "year")
DEED_NEEDS = {"liked": "liked", "had": "had", "bought": "bought", "cart": "cart", "shared": "shared"}
WORDS = {
    "en": {
        "film": {"noun": "film", "nouns": "films", "watched": "watched"},
        "book": {"noun": "book", "nouns": "books", "watched": "read"},
        "": {"noun": "title", "nouns": "titles", "watched": "come across"},
    },
    "zh": {
        "film": {"noun": "电影", "this": "这部", "pian": "片"},
        "book": {"noun": "书", "this": "这本", "pian": "类的书"},
        "": {"noun": "内容", "this": "这条", "pian": "类内容"},
    },
}  # fmt: skip


def true_sentences(world: World, rng: random.Random, part: Literal["a", "b", "c", "d"] | None = None) -> list[str]:
    """Every form of a part, or of `a` and `b`, that the world makes true, its slots filled by chance.

    `c` and `d` are by a third and a fourth author; neither the checker nor the verifier was fitted to them.
    """
    language = "zh" if chinese(world) else "en"
    parts = {"a": FORMS_A, "b": FORMS_B, "c": FORMS_C, "d": FORMS_D}
    forms = [
        form
        for name, some in parts.items()
        if name == part or (part is None and name in "ab")
        for form in some[language]
    ]
    filled = (fill(needs, text, world, rng) for needs, text in forms)
    return [sentence for sentence in filled if sentence is not None]


def chinese(world: World) -> bool:
    """Whether the world's language is Chinese."""
    return world.language.lower().split("-")[0] in ("zh", "cmn", "yue")


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def localised(text: str, world: World) -> str:
    """The text in the world's script."""
    traditional = re.search(r"-(hant|tw|hk|mo)\b", world.language.lower())
    return _traditional().convert(text) if traditional else text


def fill(needs: str, text: str, world: World, rng: random.Random) -> str | None:
    """The form with its slots filled, or nothing where the world does not make it true."""
    wanted, facts = needs.split(), Facts(world)
    slots = _own(wanted, world, facts, rng)
    past = [event.item_id for event in world.events if event.item_id is not None and event.item_id in world.items]
    choices = [found for key in dict.fromkeys(past) if (found := _past(wanted, key, world, facts, rng)) is not None]
    if slots is None or ("{x}" in text and not choices):
        return None
    if choices and "{x}" in text:
        slots |= rng.choice(choices)
    kind = "zh" if chinese(world) else "en"
    text = localised(text, world)
    slots |= {name: localised(word, world) for name, word in WORDS[kind][_sort(world)].items()}
    slots["item"] = shown(world.item, world, rng)
    sentence = re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]], text)
    return sentence[0].upper() + sentence[1:]


def _sort(world: World) -> str:
    names = {name.lower() for name in world.item.attributes}
    return "film" if names & (FIELDS["director"] | FIELDS["star"]) else "book" if names & FIELDS["author"] else ""


def role_values(item: Item, role: str) -> list[str]:
    """An item's values in a role, as they are written."""
    if role == "year":
        return [str(year) for year in sorted(year_of(item))]
    given = [value for name, value in item.attributes.items() if name.lower() in FIELDS[role]]
    return [str(one) for value in given for one in (value if isinstance(value, tuple) else (value,))]


def _own(wanted: list[str], world: World, facts: Facts, rng: random.Random) -> dict[str, str] | None:
    item, slots = world.item, dict[str, str]()
    flags = {
        "popular": facts.popular(most=False), "most": facts.popular(most=True), "explored": world.explored,
        "unseen": world.unseen, "sponsored": world.sponsored, "query": bool(world.query),
        "condition": any(world.conditions.values()), "conditions": facts.conditions([]),
        "new": not facts.events([item.id]), "has_cat": bool(item.categories), "has_two": len(item.categories) > 1,
        "has_director": bool(role_values(item, "director")), "has_star": bool(role_values(item, "star")),
        "has_year": bool(role_values(item, "year")),
    }  # fmt: skip
    if not all(flags.get(need, True) for need in wanted):
        return None
    if world.query:
        slots["query"] = world.query if chinese(world) else f'"{world.query}"'
    if met := [name for name, holds in world.conditions.items() if holds]:
        slots["condition"] = rng.choice(met)
    for need, slot in (("has_director", "d"), ("has_star", "s"), ("has_year", "t")):
        if flags[need]:
            slots[slot] = rng.choice(role_values(item, need.removeprefix("has_")))
    kinds = rng.sample(item.categories, min(2, len(item.categories)))
    return slots | dict(zip(("k", "k2"), kinds, strict=False))


def _past(wanted: list[str], key: str, world: World, facts: Facts, rng: random.Random) -> dict[str, str] | None:
    """Slots of an item of the history of which all the needs hold."""
    if key == world.item.id or title_key(world.items[key]) == title_key(world.item):
        return None
    x, item, ref = world.items[key], world.item, frozenset({key})
    if not all(facts.did(DEED_NEEDS[need], ref) for need in wanted if need in DEED_NEEDS):
        return None
    high = facts.did("liked", ref) and any(event.type is EventType.RATING for event in facts.events([key]))
    if ("highly" in wanted and not high) or ("near" in wanted and not facts.near(ref)):
        return None
    if "together" in wanted and not facts.together(ref):
        return None
    slots, common = {"x": shown(x, world, rng)}, [one for one in item.categories if one in x.categories]
    if "two" in wanted:
        others = _second(wanted, key, world, facts, common)
        if not others:
            return None
        y, common = rng.choice(others)
        slots["y"] = shown(y, world, rng)
    if "cat" in wanted:
        if not common:
            return None
        slots["c"] = rng.choice(common)
    for role in ROLE_NEEDS:
        if role in wanted:
            both = [value for value in role_values(item, role) if value in role_values(x, role)]
            if not both:
                return None
            slots["p"] = rng.choice(both)
    return slots


def _second(wanted: list[str], key: str, world: World, facts: Facts, common: list[str]) -> list[tuple[Item, list[str]]]:
    """Other liked items, each with the categories that it shares too."""
    keys = dict.fromkeys(event.item_id for event in world.events if event.item_id in world.items)
    others = [world.items[one] for one in keys if one is not None and one not in (key, world.item.id)]
    liked = [
        one
        for one in others
        if facts.did("liked", frozenset({one.id})) and title_key(one) != title_key(world.items[key])
    ]
    found = [
        (one, [kind for kind in common if kind in one.categories] if "cat2" in wanted else common) for one in liked
    ]
    return [(one, kinds) for one, kinds in found if kinds or "cat" not in wanted]


def title_key(item: Item) -> str:
    """Equal for titles that can't be told apart."""
    return re.sub(r"\s*\(.*", "", low(plain(item.title)))


def shown(item: Item, world: World, rng: random.Random) -> str:
    """A title as somebody would write it: in its own form or a plain one, with or without quotes."""
    if chinese(world):
        return f"《{item.title}》"
    title = " ".join(item.title.split())
    bare = re.sub(r"(?:\s*\([^()]*\))+\s*$", "", title).strip()
    moved = re.fullmatch(r"(.+), (The|A|An)", bare)
    bare = f"{moved[2]} {moved[1]}" if moved else bare
    alone = (
        sum(title_key(other) == title_key(item) for other in world.items.values()) < 2
        if len(world.items) < 500
        else True
    )
    if not bare or not alone:
        return f'"{title}"'
    quoted = not re.fullmatch(r"[A-Z0-9][\w' &:-]*", bare) or len(bare.split()) > 6
    options = [f'"{bare}"', f'"{title}"'] if quoted else [bare, bare, title, f'"{bare}"', f"“{bare}”"]
    return rng.choice(options)


def untouched(world: World, rng: random.Random) -> Iterator[Item]:
    """Items of the catalogue that the user never had, in a random order, whose titles can't be taken for others'."""
    had = {event.item_id for event in world.events if event.item_id is not None} | {world.item.id}
    mine = {title_key(world.items[key]) for key in had if key in world.items} | {title_key(world.item)}
    keys = list(world.items)
    for key in rng.sample(keys, min(len(keys), 200)):
        if key not in had and title_key(world.items[key]) not in mine:
            yield world.items[key]


def values(world: World, role: str) -> list[str]:
    """The catalogue's values in a role that the item does not have, in any field."""
    own = {value for _, value in values_of(world.item)}
    some = list(world.items.values())[:500]
    found = dict.fromkeys(value for item in some for value in role_values(item, role))
    return [value for value in found if low(plain(value)) not in own]


def kinds(world: World) -> list[str]:
    """The catalogue's categories that the item does not have."""
    facts, ref = Facts(world), frozenset({world.item.id})
    found = dict.fromkeys(kind for item in list(world.items.values())[:500] for kind in item.categories)
    return [
        kind
        for kind in found
        if not facts.holds(ref, Term(kind, values=frozenset({("category", low(plain(kind)))})), None)
    ]
