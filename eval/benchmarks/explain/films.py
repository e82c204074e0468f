"""A small catalogue of films with casts in two languages, and made-up viewers of it: what mutations are tried on."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tastemaker.agent.explanations.evidence import Finder, Shown
from tastemaker.agent.explanations.explainer import Case
from tastemaker.domain import Event, EventType, Evidence, Item
from tastemaker.eval.benchmarks.explain.world import Together, World
from tastemaker.retrieval.catalogue import Together as Counted
from tastemaker.retrieval.profile import build_profile

FILMS = """
Alien (1979)|异形|Horror,Sci-Fi|恐怖,科幻|Ridley Scott|雷德利·斯科特|Sigourney Weaver,Tom Skerritt|西格妮·韦弗,汤姆·斯凯里特
Aliens (1986)|异形2|Action,Sci-Fi|动作,科幻|James Cameron|詹姆斯·卡梅隆|Sigourney Weaver,Michael Biehn|西格妮·韦弗,迈克尔·比恩
Blade Runner (1982)|银翼杀手|Sci-Fi,Thriller|科幻,惊悚|Ridley Scott|雷德利·斯科特|Harrison Ford,Rutger Hauer|哈里森·福特,鲁特格尔·哈尔
Terminator, The (1984)|终结者|Action,Sci-Fi|动作,科幻|James Cameron|詹姆斯·卡梅隆|Arnold Schwarzenegger,Michael Biehn|阿诺·施瓦辛格,迈克尔·比恩
Predator (1987)|铁血战士|Action,Sci-Fi|动作,科幻|John McTiernan|约翰·麦克蒂尔南|Arnold Schwarzenegger,Carl Weathers|阿诺·施瓦辛格,卡尔·韦瑟斯
Die Hard (1988)|虎胆龙威|Action,Thriller|动作,惊悚|John McTiernan|约翰·麦克蒂尔南|Bruce Willis,Alan Rickman|布鲁斯·威利斯,艾伦·里克曼
Seven (1995)|七宗罪|Crime,Thriller|犯罪,惊悚|David Fincher|大卫·芬奇|Brad Pitt,Morgan Freeman|布拉德·皮特,摩根·弗里曼
Fight Club (1999)|搏击俱乐部|Drama,Thriller|剧情,惊悚|David Fincher|大卫·芬奇|Brad Pitt,Edward Norton|布拉德·皮特,爱德华·诺顿
Seven Samurai, The (1954)|七武士|Action,Drama|动作,剧情|Akira Kurosawa|黑泽明|Toshiro Mifune,Takashi Shimura|三船敏郎,志村乔
Rashomon (1950)|罗生门|Crime,Drama|犯罪,剧情|Akira Kurosawa|黑泽明|Toshiro Mifune,Machiko Kyo|三船敏郎,京町子
Heat (1995)|盗火线|Crime,Thriller|犯罪,惊悚|Michael Mann|迈克尔·曼|Al Pacino,Robert De Niro|阿尔·帕西诺,罗伯特·德尼罗
Godfather, The (1972)|教父|Crime,Drama|犯罪,剧情|Francis Ford Coppola|弗朗西斯·科波拉|Marlon Brando,Al Pacino|马龙·白兰度,阿尔·帕西诺
Goodfellas (1990)|好家伙|Crime,Drama|犯罪,剧情|Martin Scorsese|马丁·斯科塞斯|Robert De Niro,Joe Pesci|罗伯特·德尼罗,乔·佩西
Taxi Driver (1976)|出租车司机|Crime,Drama|犯罪,剧情|Martin Scorsese|马丁·斯科塞斯|Robert De Niro,Jodie Foster|罗伯特·德尼罗,朱迪·福斯特
Usual Suspects, The (1995)|非常嫌疑犯|Crime,Thriller|犯罪,惊悚|Bryan Singer|布莱恩·辛格|Kevin Spacey,Benicio Del Toro|凯文·史派西,本尼西奥·德尔·托罗
Pulp Fiction (1994)|低俗小说|Crime,Drama|犯罪,剧情|Quentin Tarantino|昆汀·塔伦蒂诺|John Travolta,Uma Thurman|约翰·特拉沃尔塔,乌玛·瑟曼
Toy Story (1995)|玩具总动员|Animation,Comedy|动画,喜剧|John Lasseter|约翰·拉塞特|Tom Hanks,Tim Allen|汤姆·汉克斯,蒂姆·艾伦
Up (2009)|飞屋环游记|Animation,Comedy|动画,喜剧|Pete Docter|彼特·道格特|Ed Asner,Jordan Nagai|爱德华·阿斯纳,乔丹·长井
Spirited Away (2001)|千与千寻|Animation,Fantasy|动画,奇幻|Hayao Miyazaki|宫崎骏|Rumi Hiiragi,Miyu Irino|柊瑠美,入野自由
My Neighbor Totoro (1988)|龙猫|Animation,Fantasy|动画,奇幻|Hayao Miyazaki|宫崎骏|Noriko Hidaka,Chika Sakamoto|日高法子,坂本千夏
Her (2013)|她|Drama,Romance|剧情,爱情|Spike Jonze|斯派克·琼斯|Joaquin Phoenix,Scarlett Johansson|华金·菲尼克斯,斯嘉丽·约翰逊
Lost in Translation (2003)|迷失东京|Drama,Romance|剧情,爱情|Sofia Coppola|索菲亚·科波拉|Bill Murray,Scarlett Johansson|比尔·默里,斯嘉丽·约翰逊
Groundhog Day (1993)|土拨鼠之日|Comedy,Romance|喜剧,爱情|Harold Ramis|哈罗德·雷米斯|Bill Murray,Andie MacDowell|比尔·默里,安迪·麦克道威尔
Forrest Gump (1994)|阿甘正传|Drama,Romance|剧情,爱情|Robert Zemeckis|罗伯特·泽米吉斯|Tom Hanks,Robin Wright|汤姆·汉克斯,罗宾·怀特
""".strip().splitlines()  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES = {
    "en": ("a tense evening", "something quiet", "robots and feelings"),
    "zh": ("紧张的夜晚", "安静一点的", "机器人与感情"),
}


def catalogue(language: str) -> dict[str, Item]:
    """The films by id, in `en` or `zh`."""
    made = {}
    for n, line in enumerate(FILMS):
        title, name, kinds, sorts, director, chief, stars, players = line.split("|")
        year = int(title[-5:-1])
        if language == "en":
            values, known = (title, kinds, director, stars), {}
        else:
            values, known = (name, sorts, chief, players), {"year": year}
        made[f"f{n}"] = Item.model_validate(
            {
                "id": f"f{n}", "title": values[0], "categories": values[1].split(","),
                "attributes": {"director": values[2], "star": values[3].split(","), **known},
            }
        )  # fmt: skip
    return made


def believed(world: World, case: Case) -> World:
    """What of a world is in the evidence: a sentence may be true, but nobody can check it from anything else."""
    past = {str(one.item_id): one for one in case.evidence if one.kind == "history"}
    kinds = {one.kind for one in case.evidence}
    return replace(
        world, events=tuple(event for event in world.events if event.item_id in past),
        query=world.query if "query" in kinds else None, popular_place=world.popular_place if "popular" in kinds else None,
        near={key: place for key, place in world.near.items() if key in past and past[key].near},
        together={key: both for key, both in world.together.items() if key in past and past[key].together},
    )  # fmt: skip


def viewer(language: str, rng: random.Random) -> tuple[World, Case]:
    """A film for a made-up viewer: all that is true of it, and the evidence that would be found."""
    items = catalogue(language)
    key, *others = rng.sample(sorted(items), 8)
    item = items[key]
    alike = sorted(others, key=lambda one: -len({*items[one].categories} & {*item.categories}))
    liked, disliked, bought = alike[:3], alike[4:6], alike[3]
    deeds = [(bought, EventType.PURCHASE)] + [(one, EventType.DISLIKE) for one in disliked] + [(one, EventType.LIKE) for one in reversed(liked)]  # fmt: skip
    events = tuple(
        Event(user_id="viewer", item_id=one, type=kind, timestamp=START + timedelta(hours=n))
        for n, (one, kind) in enumerate(deeds)
    )
    seen = {one for one, _ in deeds}
    near = {one: rng.randint(1, 2) if one in liked[:2] else rng.randint(5, 12) for one in seen}
    both = Together(8, 20, 10, 100)
    together = {liked[0]: both, liked[2]: Together(4, 20, 10, 100)}
    query = rng.choice(QUERIES["en" if language == "en" else "zh"]) if rng.random() < 0.5 else None
    condition = ("year from 1950" if language == "en" else "年份从1950起") if rng.random() < 0.5 else None
    place = rng.choice([1, 2, 9])
    world = World(
        item, language, events, items, query=query, conditions={condition: True} if condition else {}, popular_place=place,
        near=near, together=together,
    )  # fmt: skip
    return world, Case(item, _evidence(world, liked, items), {one: items[one] for one in liked})


def _evidence(world: World, ranked: list[str], items: Mapping[str, Item]) -> tuple[Evidence, ...]:
    tenth = max(1, len(items) // 10)
    counts = {
        (one, world.item.id): Counted(both.both, both.history, both.item, both.users)
        for one, both in world.together.items()
    }
    finder = Finder(
        build_profile(world.events), {one: items[one] for one in ranked}, query=world.query,
        conditions=list(world.conditions), popular={world.item.id: world.popular_place or 10**9}, total=len(items),
        together=counts,
    )  # fmt: skip
    shown = Shown(world.item, {"query": 1})
    return finder.find(shown, ranked, {one: world.near[one] <= tenth for one in ranked})
