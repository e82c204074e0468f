"""False explanations of twenty classes, made from true ones by a small change, or by a false clause.

| class | what is false | class | what is false |
|---|---|---|---|
| 1 | a title that is not in the catalogue | 11 | short, recent, a length |
| 2 | a wrong year, a remake | 12 | a rating |
| 3 | a wrong category | 13 | most popular, everyone |
| 4 | a wrong actor | 14 | an award |
| 5 | a wrong director, an actor as director | 15 | the same director as X |
| 6 | liked X, which was never touched | 16 | a sequel, a shared world |
| 7 | liked X, which was disliked | 17 | what others chose |
| 8 | asked for Y, never asked | 18 | chosen for its plot, its music |
| 9 | meets conditions that it fails, or that there are none of | 19 | an invented plot, ending or mood |
| 10 | no Y, which it has | 20 | where and since when it is available |
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from tastemaker.domain import Item
from tastemaker.eval.benchmarks.explain.checker_facts import Facts
from tastemaker.eval.benchmarks.explain.checker_terms import low, plain, year_of
from tastemaker.eval.benchmarks.explain.paraphrases import (
    chinese,
    kinds,
    localised,
    role_values,
    shown,
    title_key,
    untouched,
    values,
)
from tastemaker.eval.benchmarks.explain.world import World

INVENTED = {
    "en": (
        "The Glass Harbor",
        "Winter Orchard Road",
        "A Letter for Mr. Quill",
        "Copper Lighthouse",
        "Nine Quiet Rivers",
    ),
    "zh": ("玻璃港湾", "冬日果园路", "致奎尔先生的信", "铜色灯塔", "九条静河"),
}
NOBODY = {"en": ("Marlow Pentreath", "Ines Valdur", "Tobias Krenn"), "zh": ("沈若川", "韩暮白", "陆知遥")}
ASKED = {
    "en": ("a quiet western", "something about lighthouse keepers", "a short musical", "gifts for a gardener"),
    "zh": ("安静的西部故事", "关于灯塔看守人的故事", "短一点的歌舞片", "送园丁的礼物"),
}
WISHES = {
    "en": ("under 40 minutes", "with subtitles in Finnish", "price below 3", "made before 1930"),
    "zh": ("不到40分钟", "带芬兰语字幕", "价格低于3元", "1930年以前拍摄"),
}
PLAIN: dict[str, dict[int, tuple[str, ...]]] = {
    "en": {
        11: ("It is short.", "It is a recent release.", "It runs for 64 minutes.", "It lasts less than an hour."),
        12: ("It is rated 8.4.", "Users gave it 4.7 out of 5 on average.", "Its average rating is 9.1."),
        14: ("It won an Oscar.", "It won several awards.", "It was nominated for a major prize."),
        17: ("Viewers like you chose it.", "People with your taste often pick it.", "Your friends chose it too."),
        18: ("It was chosen for its plot.", "We picked it for its soundtrack.", "It was selected because of its story."),
        19: (
            "It tells of two brothers who find a hidden letter.", "The hero dies at the end.", "It has a dark and uneasy mood.",
            "Its ending is a surprise.",
        ),
        20: ("It is on Netflix now.", "It is new this week.", "You can stream it for free today."),
    },
    "zh": {
        11: ("它很短。", "它是最近的新作。", "它的片长为64分钟。", "它不到一个小时。"),
        12: ("它的评分是8.4。", "用户平均给它打了4.7分。", "它的平均评分高达9.1分。"),
        14: ("它获得过奥斯卡奖。", "它得过多个奖项。", "它曾获得大奖提名。"),
        17: ("和你相似的观众都选择了它。", "与你口味相同的人常常选它。", "你的朋友也选了它。"),
        18: ("选择它是因为它的情节。", "推荐它是因为它的配乐。", "我们因为它的故事而选中它。"),
        19: ("它讲述两兄弟发现一封密信的故事。", "主角最后死去。", "它的气氛阴郁不安。", "它的结局出人意料。"),
        20: ("它现在可以在奈飞观看。", "它是本周新上线的。", "今天可以免费观看它。"),
    },
}  # fmt: skip
WORDED: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "near": ("It is close to {x}.", "It is similar to {x}."),
        "dated": ("It is from {t}.", "It was released in {t}.", "It is the remake from {t}."),
        "kind": ("It is in the {c} category.", "It belongs to {c}.", "It is filed under {c}."),
        "star": ("It stars {p}.", "{p} appears in it.", "It has {p} in the cast."),
        "director": ("It is directed by {p}.", "Its director is {p}."),
        "liked": ("You also liked {x}.", "You loved {x} too.", "You rated {x} highly."),
        "query": ('You asked for "{q}".', 'It is suggested for your search "{q}".', 'You searched for "{q}".'),
        "wish": ("It meets your condition: {q}.", "It satisfies the condition you set: {q}."),
        "wishes": ("It meets all your conditions.", "It satisfies all your wishes."),
        "no": ("It has no {c}.", "It is free of {c}.", "It does not belong to {c}."),
        "most": ("It is the most popular title in the catalogue.",),
        "popular": ("It is among the most popular titles.", "It is popular."),
        "all": ("Everyone loves it.", "It is everybody's favourite."),
        "same": ("It has the same director as {x}.", "It is by the same director as {x}."),
        "sequel": ("It is a sequel to {x}.", "It is set in the same universe as {x}.", "It continues the story of {x}."),
        "together": ("People who had {x} also had it more often than others.", "Viewers of {x} chose it."),
    },
    "zh": {
        "near": ("它与{x}相近。", "它和{x}内容相似。"),
        "dated": ("它于{t}年上映。", "它是{t}年的作品。", "它是{t}年的翻拍版。"),
        "kind": ("它属于{c}类。", "它也是{c}类型。", "它的类型是{c}。"),
        "star": ("它由{p}主演。", "它的主演是{p}。", "{p}出演了它。"),
        "director": ("它由{p}执导。", "它的导演是{p}。"),
        "liked": ("你也喜欢{x}。", "你很喜欢{x}。", "你给{x}打了高分。"),
        "query": ("你想找“{q}”。", "针对你的搜索“{q}”，我们推荐它。", "你搜索过“{q}”。"),
        "wish": ("它符合你的条件“{q}”。", "它满足你设定的条件：{q}。"),
        "wishes": ("它满足你的全部条件。", "它符合你的所有要求。"),
        "no": ("它不含{c}。", "它不属于{c}类。", "它没有{c}元素。"),
        "most": ("它是目录中最受欢迎的作品。",),
        "popular": ("它是最受欢迎的作品之一。", "它很受欢迎。"),
        "all": ("所有人都喜欢它。", "人人都爱它。"),
        "same": ("它与{x}的导演相同。", "它和{x}出自同一位导演之手。"),
        "sequel": ("它是{x}的续集。", "它与{x}属于同一个故事世界。", "它延续了{x}的故事。"),
        "together": ("看过{x}的人比其他人更常看它。", "{x}的观众都选了它。"),
    },
}  # fmt: skip


def mutations(sentence: str, world: World, rng: random.Random) -> Iterator[tuple[int, str]]:
    """False sentences with their classes, 1 to 20, made from a true one; each is false, or held by no record, of this world."""
    maker = _Maker(sentence, world, rng)
    seen = {sentence}
    for number, way in enumerate(maker.ways, 1):
        for false in way():
            if false not in seen:
                seen.add(false)
                yield number, false


class _Maker:
    """Makes the false sentences of one true sentence."""

    def __init__(self, sentence: str, world: World, rng: random.Random) -> None:
        self.sentence, self.world, self.rng = sentence, world, rng
        self.facts, self.item = Facts(world), world.item
        self.kind = "zh" if chinese(world) else "en"
        self.ways: list[Callable[[], Iterator[str]]] = [
            self._invented, self._year, self._category, self._star, self._director, self._never, self._disliked, self._query,
            self._wishes, self._negative, lambda: self._plain(11), lambda: self._plain(12), self._popular,
            lambda: self._plain(14), self._same, self._sequel, self._others, lambda: self._plain(18),
            lambda: self._plain(19), lambda: self._plain(20),
        ]  # fmt: skip

    # Building sentences

    def _say(self, name: str, **slots: str) -> Iterator[str]:
        """The sentence with a false clause behind or before it."""
        text = localised(self.rng.choice(WORDED[self.kind][name]), self.world)
        yield self._with(re.sub(r"\{(\w)\}", lambda slot: slots[slot[1]], text))

    def _with(self, clause: str) -> str:
        base = self.sentence.strip()
        if self.kind == "zh":
            if self.rng.random() < 0.4 and base.endswith("。"):
                return base[:-1] + ("，而且" if self.rng.random() < 0.5 else "，") + clause
            return base + clause
        if self.rng.random() < 0.4 and base.endswith(".") and clause.startswith("It "):
            return f"{base[:-1]}, and it {clause[3:]}"
        return f"{base} {clause}"

    def _plain(self, number: int) -> Iterator[str]:
        yield self._with(localised(self.rng.choice(PLAIN[self.kind][number]), self.world))

    def _mentioned(self) -> Iterator[tuple[Item, str]]:
        """Items of the history whose titles stand in the sentence, with the words that they stand in."""
        for key in dict.fromkeys(event.item_id for event in self.world.events):
            if key is not None and key != self.item.id and (item := self.world.items.get(key)):
                names = [f"《{item.title}》"] if self.kind == "zh" else _written(item)
                found = next((name for name in names if self._stands(name)), None)
                if found:
                    yield item, found

    def _stands(self, name: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.sentence) is not None

    def _swapped(self, old: str, new: str) -> str:
        return re.sub(
            rf"(?<!\w){re.escape(old)}(?!\w)" if self.kind == "en" else re.escape(old), lambda _: new, self.sentence
        )

    def _title(self, item: Item) -> str:
        return shown(item, self.world, self.rng)

    def _pick(self, names: tuple[str, ...]) -> str:
        return localised(self.rng.choice(names), self.world)

    def _person(self, role: str) -> str:
        """Somebody of the catalogue who has nothing to do with the item, or nobody."""
        some = values(self.world, role)
        return self.rng.choice(some) if some else self._pick(NOBODY[self.kind])

    # The classes

    def _invented(self) -> Iterator[str]:
        name = self._pick(INVENTED[self.kind])
        name = f"《{name}》" if self.kind == "zh" else name
        for _, old in list(self._mentioned())[:1]:
            yield self._swapped(old, name)
        yield from self._say("near", x=name)

    def _year(self) -> Iterator[str]:
        wrong = str(self.rng.choice([year for year in range(1931, 2019) if year not in year_of(self.item)]))
        for year in year_of(self.item):
            if str(year) in self.sentence:
                yield self.sentence.replace(str(year), wrong)
        yield from self._say("dated", t=wrong)

    def _category(self) -> Iterator[str]:
        some = kinds(self.world) or [self._pick(("Western", "Opera") if self.kind == "en" else ("西部", "歌剧"))]
        wrong = self.rng.choice(some)
        for kind in self.item.categories:
            outside = self._bare()
            if self._stands(kind) and kind in outside if self.kind == "en" else kind in outside:
                yield re.sub(rf"(《[^》]*》)|{re.escape(kind)}", lambda found: found[1] or wrong, self.sentence)
                break
        yield from self._say("kind", c=wrong)

    def _bare(self) -> str:
        """The sentence without its titles."""
        text = re.sub(r"《[^》]*》", "", self.sentence)
        for _, name in self._mentioned():
            text = text.replace(name, "")
        for name in _written(self.item):
            text = text.replace(name, "")
        return text

    def _star(self) -> Iterator[str]:
        wrong = self._person("star")
        for name in role_values(self.item, "star"):
            if name in self._bare():
                yield self.sentence.replace(name, wrong)
        yield from self._say("star", p=wrong)

    def _director(self) -> Iterator[str]:
        wrong = self._person("director")
        directors = role_values(self.item, "director")
        stars = [name for name in role_values(self.item, "star") if name not in directors]
        for name in directors:
            if name in self._bare():
                yield self.sentence.replace(name, wrong)
                if stars:
                    yield self.sentence.replace(name, self.rng.choice(stars))
        if stars and self.rng.random() < 0.5:
            wrong = self.rng.choice(stars)
        yield from self._say("director", p=wrong)

    def _never(self) -> Iterator[str]:
        other = next(untouched(self.world, self.rng), None)
        if other is None:
            return
        for item, old in self._mentioned():
            if re.search(r"\b[Yy]our?\b|你", self.sentence) and self.facts.did("liked", frozenset({item.id})):
                yield self._swapped(old, self._title(other))
                break
        yield from self._say("liked", x=self._title(other))

    def _disliked(self) -> Iterator[str]:
        past = dict.fromkeys(event.item_id for event in self.world.events if event.item_id in self.world.items)
        liked = {title_key(self.world.items[key]) for key in past if key and self.facts.did("liked", frozenset({key}))}
        bad = [
            item for key in past if key and self.facts.did("disliked", frozenset({key}))
            and title_key(item := self.world.items[key]) not in liked
        ]  # fmt: skip
        if not bad:
            return
        other = self.rng.choice(bad)
        for item, old in self._mentioned():
            if (
                item is not other
                and self.facts.did("liked", frozenset({item.id}))
                and re.search("liked|enjoyed|喜欢|喜歡", self.sentence)
            ):
                yield self._swapped(old, self._title(other))
                break
        yield from self._say("liked", x=self._title(other))

    def _query(self) -> Iterator[str]:
        known = {low(plain(event.text)) for event in self.world.events if event.text}
        wrong = self._pick(
            tuple(asked for asked in ASKED[self.kind] if asked not in known and asked != self.world.query)
        )
        if self.world.query and self.world.query in self.sentence:
            yield self.sentence.replace(self.world.query, wrong)
        yield from self._say("query", q=wrong)

    def _wishes(self) -> Iterator[str]:
        failed = [name for name, met in self.world.conditions.items() if not met]
        if failed or not self.world.conditions:
            yield from self._say("wishes")
        wrong = self.rng.choice(failed) if failed else self._pick(WISHES[self.kind])
        for name, met in self.world.conditions.items():
            if met and name in self.sentence:
                yield self.sentence.replace(name, wrong)
        yield from self._say("wish", q=wrong)

    def _negative(self) -> Iterator[str]:
        own = list(self.item.categories)
        if own:
            yield from self._say("no", c=self.rng.choice(own))

    def _popular(self) -> Iterator[str]:
        names = ["all"]
        names += [] if self.facts.popular(most=True) else ["most"]
        names += [] if self.facts.popular(most=False) else ["popular"]
        yield from self._say(self.rng.choice(names))
        if not self.facts.popular(most=True) and (
            place := re.search(r"among the most popular|one of the most popular", self.sentence)
        ):
            yield self.sentence.replace(place[0], "the most popular")

    def _same(self) -> Iterator[str]:
        own = set(role_values(self.item, "director"))
        past = [
            self.world.items[event.item_id]
            for event in self.world.events
            if event.item_id in self.world.items and event.item_id
        ]
        others = [item for item in past if item.id != self.item.id and not own & set(role_values(item, "director"))]
        others = others or [
            item for item in list(untouched(self.world, self.rng))[:20] if not own & set(role_values(item, "director"))
        ]
        if others:
            yield from self._say("same", x=self._title(self.rng.choice(others)))

    def _sequel(self) -> Iterator[str]:
        past = [item for item, _ in self._mentioned()] or list(untouched(self.world, self.rng))[:5]
        if past:
            yield from self._say("sequel", x=self._title(self.rng.choice(past)))

    def _others(self) -> Iterator[str]:
        yield from self._plain(17)
        keys = dict.fromkeys(event.item_id for event in self.world.events if event.item_id in self.world.items)
        past = [
            self.world.items[key]
            for key in keys
            if key and key != self.item.id and not self.facts.together(frozenset({key}))
        ]
        true = {title_key(self.world.items[key]) for key in keys if key and self.facts.together(frozenset({key}))}
        past = [item for item in past if title_key(item) not in true] or list(untouched(self.world, self.rng))[:5]
        if past:
            yield from self._say("together", x=self._title(self.rng.choice(past)))


def _written(item: Item) -> list[str]:
    """The forms in which English sentences hold a title, the longest first."""
    title = " ".join(item.title.split())
    bare = re.sub(r"(?:\s*\([^()]*\))+\s*$", "", title).strip() or title
    moved = re.fullmatch(r"(.+), (The|A|An)", bare)
    return [title, *([f"{moved[2]} {moved[1]}"] if moved else []), bare]
