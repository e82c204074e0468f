"""Reasons from the evidence alone: what is shown where the model writes none, or one that does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from tastemaker.agent.explanations.lexicon import field_of
from tastemaker.agent.explanations.names import shown, spoken, to_traditional
from tastemaker.domain import EventType, Evidence, Item, one_line

Say = Callable[..., str]
Quote = Callable[[Item], str]
TONES = ("plain", "friendly", "formal")
LENGTHS = ("short", "full")
_DID = {
    EventType.PURCHASE: ("bought", "买过"), EventType.CART: ("put in your cart", "加购过"),
    EventType.SHARE: ("shared", "分享过"), EventType.FOLLOW: ("followed", "关注过"),
    EventType.COMMENT: ("commented on", "评论过"),
}  # fmt: skip
"""What a user did, in words; of likes and ratings `liked` and 喜欢."""
_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "near2": (
            "You {did} {a} and {b}, and {t} is close to both.",
            "{t} is close to {a} and {b}, which you {did}.",
            "Close to {a} and {b}, both of which you {did}: {t}.",
        ),
        "near1": (
            "You {did} {a}, and {t} is close to it.",
            "{t} is close to {a}, which you {did}.",
            "Because you {did} {a}: {t} is similar.",
        ),
        "near2friendly": (
            "You {did} {a} and {b}, so you may well enjoy {t}, which is close to both.",
            "Since you {did} {a} and {b}, {t} may suit you: it is close to both.",
        ),
        "near1friendly": (
            "You {did} {a}, so you may well enjoy {t}, which is close to it.",
            "Since you {did} {a}, {t} may suit you: it is similar.",
        ),
        "near2formal": ("Based on {a} and {b}, which you {did}, {t} is recommended: it is similar to both.",),
        "near1formal": ("Based on {a}, which you {did}, {t} is recommended: it is similar.",),
        "together": (
            "You {did} {a}, and people who had it had {t} more often than others.",
            "You {did} {a}, and those who had it had {t} more often than others did.",
        ),
        "query": (
            "{t} is among the nearest to what you asked for.",
            "You asked for “{q}”, and {t} is among the nearest to that.",
        ),
        "popular": ("{t} is among the most popular here.", "{t} is popular here."),
        "untried": ("You have not come across {t} yet.",),
        "exploration": ("{t} was drawn by chance, to learn more about your taste.",),
        "unseen": ("Nobody here has had {t} yet.", "So far nobody here has had {t}."),
        "condition": ("It meets your conditions: {c}.",),
        "sponsored": ("This is a paid place.",),
        "category": ("Like {a}, it is listed under {v}.", "It is listed under {v}, as is {a}."),
        "director": ("It was directed by {v}, as was {a}.", "Like {a}, it was directed by {v}."),
        "star": ("It stars {v}, as does {a}.", "Like {a}, it stars {v}."),
        "author": ("It was written by {v}, as was {a}.", "Like {a}, it was written by {v}."),
        "artist": ("It is by {v}, as is {a}.", "Like {a}, it is by {v}."),
        "brand": ("It is from {v}, as is {a}.", "Like {a}, it is from {v}."),
        "other": ("Like {a}, it has the {f} {v}.",),
        "and": (" and ",), "comma": (", ",), "gap": (" ",),
    },
    "zh": {
        "near2": (
            "你{did}{a}和{b},{t}与它们很接近。",
            "{t}和你{did}的{a}、{b}很接近。",
            "既然你{did}{a}和{b},{t}应该也适合你:它与两者相近。",
        ),
        "near1": ("你{did}{a},{t}与它很接近。", "{t}和你{did}的{a}很相近。", "因为你{did}{a},推荐与它相似的{t}。"),
        "near2friendly": ("你{did}{a}和{b},不妨试试与它们相近的{t}。", "{t}与你{did}的{a}、{b}都很接近,你可能也会喜欢。"),
        "near1friendly": ("你{did}{a},不妨试试与它相近的{t}。", "{t}与你{did}的{a}很接近,你可能也会喜欢。"),
        "near2formal": ("根据您{did}的{a}和{b},推荐与它们相近的{t}。",),
        "near1formal": ("根据您{did}的{a},推荐与它相近的{t}。",),
        "together": ("你{did}{a},而选过它的人比其他人更常选{t}。", "选过{a}的人比其他人更常选{t},而你{did}{a}。"),
        "query": ("{t}是与你想找的内容最接近的之一。", "你想找“{q}”,{t}是最接近的之一。"),
        "popular": ("{t}在这里很受欢迎。", "{t}是这里的热门内容之一。"),
        "untried": ("{t}是你还没有接触过的。", "你还没接触过{t}。"),
        "exploration": ("{t}是随机抽取的,用于了解你的口味。",),
        "unseen": ("这里还没有人接触过{t}。", "到现在为止,这里没有人接触过{t}。"),
        "condition": ("它符合你的条件:{c}。",),
        "sponsored": ("这是推广内容。",),
        "category": ("它和{a}同属{v}。", "与{a}一样,它属于{v}类。"),
        "director": ("它和{a}一样,都由{v}执导。", "与{a}一样,它的导演也是{v}。"),
        "star": ("它和{a}一样,都由{v}主演。", "与{a}一样,它的主演也有{v}。"),
        "author": ("它和{a}的作者都是{v}。", "与{a}一样,它的作者也是{v}。"),
        "artist": ("它和{a}的歌手都是{v}。", "与{a}一样,它的歌手也是{v}。"),
        "brand": ("它和{a}的品牌都是{v}。", "与{a}一样,它的品牌也是{v}。"),
        "other": ("它和{a}的{f}都是{v}。",),
        "and": ("、",), "comma": ("、",), "gap": ("",),
    },
}  # fmt: skip


def template(
    item: Item, evidence: Sequence[Evidence], cited: Mapping[str, Item], language: str, *, place: int = 0,
    tone: str = "plain", length: str = "full",
) -> str:  # fmt: skip
    """One to three sentences that say nothing but what `evidence` holds; `cited` are the items of the history in it.

    `place` in the slate chooses among wordings, so that a slate reads varied. `length` is `short` (one sentence) or `full`. That
    an item was drawn by chance, or that its place is paid for, is said in any case.
    """
    words = _words(language, tone == "formal")
    quote = _titles(item, cited, language)
    by_kind: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_kind.setdefault(one.kind, []).append(one)

    def say(key: str, **values: str) -> str:
        ways = words[key]
        return ways[place % len(ways)].format(t=quote(item), **values)

    sentences = [_opening(by_kind, say, quote, cited, language, tone)]
    if "exploration" in by_kind and "history" in by_kind:
        sentences.append(say("exploration"))
    if length == "full":
        if "condition" in by_kind:
            told = [one.text for one in by_kind["condition"]]
            sentences.append(say("condition", c=words["comma"][0].join(told)))
        elif "shared" in by_kind:
            sentences.append(_shared(by_kind["shared"], say, quote, cited, words))
        elif "popular" in by_kind and "history" in by_kind:
            sentences.append(say("popular"))
    if "sponsored" in by_kind:
        sentences.append(say("sponsored"))
    return words["gap"][0].join(sentences)


def _opening(
    by_kind: Mapping[str, list[Evidence]], say: Say, quote: Quote, cited: Mapping[str, Item], language: str, tone: str
) -> str:
    past = by_kind.get("history", [])
    near = [one for one in past if one.near]
    if past:
        did = _did(past[0].event, language)
        titles = dict(zip("ab", (quote(cited[str(one.item_id)]) for one in near or past), strict=False))
        if not near:
            return say("together", did=did, a=titles["a"])
        style = tone if tone != "plain" else ""
        return say(f"near{len(titles)}{style}", did=did, **titles)
    if "query" in by_kind:
        return say("query", q=one_line(by_kind["query"][0].text))
    kind = next((one for one in ("exploration", "unseen", "popular") if one in by_kind), "untried")
    return say(kind)


def _shared(
    shared: Sequence[Evidence], say: Say, quote: Quote, cited: Mapping[str, Item], words: Mapping[str, tuple[str, ...]]
) -> str:
    field = field_of(shared[0].field or "category")
    same = [one for one in shared if field_of(one.field or "") == field]
    values = [one_line(one.text) for one in same]
    joined = words["and"][0].join([words["comma"][0].join(values[:-1]), values[-1]] if values[1:] else values)
    other = quote(cited[str(shared[0].item_id)])
    key = field if field in words else "other"
    return say(key, a=other, v=joined, f=field.replace("_", " "))


def _did(event: EventType | None, language: str) -> str:
    english, chinese = _DID.get(event or EventType.LIKE, ("liked", "喜欢"))
    if language == "en":
        return english
    return to_traditional(chinese) if language == "zh-hant" else chinese


def _titles(item: Item, cited: Mapping[str, Item], language: str) -> Quote:
    """How titles are written: as they are said, in full where two would be said alike; in Chinese in their marks."""
    said = [spoken(one.title).lower() for one in (item, *cited.values())]

    def quote(one: Item) -> str:
        text = one_line(one.title) if said.count(spoken(one.title).lower()) > 1 else shown(one)
        if language == "en":
            return text
        work = len(text) <= 30 and not {"price", "brand", "sku"} & {*one.attributes}
        marks = ("《》", "“”") if work else ("“”", "《》")
        pair = next((one for one in marks if not {*one, '"'} & {*text}), marks[0])
        return f"{pair[0]}{text}{pair[1]}"

    return quote


@lru_cache(maxsize=6)
def _words(language: str, formal: bool) -> dict[str, tuple[str, ...]]:
    """The wordings, before any title is in them: in traditional characters, and with the formal you."""
    words = _WORDS["en" if language == "en" else "zh"]
    if language == "zh-hant":
        words = {key: tuple(map(to_traditional, ways)) for key, ways in words.items()}
    if formal:
        words = {key: tuple(way.replace("你", "您") for way in ways) for key, ways in words.items()}
    return words
