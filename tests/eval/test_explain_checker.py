"""The referee of explanations: hand-worked worlds, true sentences of both parts, and false ones of all twenty classes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from tastemaker.domain import Event, EventType, Item
from tastemaker.eval.benchmarks.explain.checker import statements, supported
from tastemaker.eval.benchmarks.explain.mutations import mutations
from tastemaker.eval.benchmarks.explain.paraphrases import FORMS_A, true_sentences
from tastemaker.eval.benchmarks.explain.paraphrases_held_out import FORMS_B
from tastemaker.eval.benchmarks.explain.world import Together, World

START = datetime(2026, 1, 1, tzinfo=UTC)
FILMS = """
alien|Alien (1979)|异形|Horror,Sci-Fi|恐怖,科幻|Ridley Scott|雷德利·斯科特|Sigourney Weaver,Tom Skerritt|西格妮·韦弗,汤姆·斯凯里特
aliens|Aliens (1986)|异形2|Action,Sci-Fi|动作,科幻|James Cameron|詹姆斯·卡梅隆|Sigourney Weaver,Michael Biehn|西格妮·韦弗,迈克尔·比恩
terminator|Terminator, The (1984)|终结者|Action,Sci-Fi|动作,科幻|James Cameron|詹姆斯·卡梅隆|Linda Hamilton,Michael Biehn|琳达·汉密尔顿,迈克尔·比恩
seven|Seven (1995)|七宗罪|Crime,Thriller|犯罪,惊悚|David Fincher|大卫·芬奇|Brad Pitt,Morgan Freeman|布拉德·皮特,摩根·弗里曼
samurai|Seven Samurai, The (1954)|七武士|Action,Drama|动作,剧情|Akira Kurosawa|黑泽明|Toshiro Mifune|三船敏郎
suspects|Usual Suspects, The (1995)|非常嫌疑犯|Crime,Thriller|犯罪,惊悚|Bryan Singer|布莱恩·辛格|Kevin Spacey|凯文·史派西
odyssey|2001: A Space Odyssey (1968)|2001太空漫游|Sci-Fi|科幻|Stanley Kubrick|斯坦利·库布里克|Keir Dullea|凯尔·杜拉
her|Her (2013)|她|Drama,Romance|剧情,爱情|Spike Jonze|斯派克·琼斯|Joaquin Phoenix|华金·菲尼克斯
grape|What's Eating Gilbert Grape (1993)|不一样的天空|Drama|剧情|Lasse Hallström|莱塞·霍尔斯道姆|Johnny Depp|约翰尼·德普
romeo|Romeo & Juliet (1996)|罗密欧与朱丽叶|Drama,Romance|剧情,爱情|Baz Luhrmann|巴兹·鲁赫曼|Claire Danes|克莱尔·丹尼斯
heat|Heat (1995)|盗火线|Action,Crime|动作,犯罪|Michael Mann|迈克尔·曼|Al Pacino|阿尔·帕西诺
speed|Speed (1994)|生死时速|Action,Thriller|动作,惊悚|Jan de Bont|扬·德·邦特|Keanu Reeves|基努·里维斯
""".strip().splitlines()


def catalogue(language: str) -> dict[str, Item]:
    made = {}
    for line in FILMS:
        key, title, name, kinds, sorts, director, chief, stars, players = line.split("|")
        english = language == "en"
        attributes = {
            "director": director if english else chief,
            "star": tuple((stars if english else players).split(",")),
        }
        made[key] = Item(
            id=key,
            title=title if english else name,
            categories=tuple((kinds if english else sorts).split(",")),
            attributes={**attributes, "year": int(title[-5:-1])},
        )
    return made


CATALOGUES = {language: catalogue(language) for language in ("en", "zh")}
DEEDS: list[tuple[str, EventType, float | None]] = [
    ("alien", EventType.LIKE, None),
    ("her", EventType.LIKE, None),
    ("her", EventType.DISLIKE, None),
    ("suspects", EventType.PURCHASE, None),
    ("samurai", EventType.RATING, 4.5),
    ("terminator", EventType.VIEW, None),
    ("seven", EventType.CART, None),
]


def world(language: str, item: str = "aliens", rich: bool = True, explored: bool = False) -> World:
    """Aliens for somebody who liked Alien and The Seven Samurai, bought The Usual Suspects and disliked Her."""
    items = CATALOGUES["en" if language == "en" else "zh"]
    events = [
        Event(user_id="u", item_id=key, type=kind, value=value, timestamp=START + timedelta(hours=n))
        for n, (key, kind, value) in enumerate(DEEDS)
        if key != item
    ]
    english = language == "en"
    return World(
        items[item],
        language,
        tuple(events),
        items,
        query=("robots and feelings" if english else "机器人与感情") if rich else None,
        conditions={("year from 1950" if english else "年份从1950起"): True} if rich else {},
        popular_place=1 if rich else 5,
        near={"alien": 1, "terminator": 1, "samurai": 7, "seven": 1, "suspects": 1, "her": 9},
        together={
            "alien": Together(8, 20, 10, 100),
            "samurai": Together(4, 20, 10, 100),
            "seven": Together(6, 60, 20, 100),
        },
        explored=explored,
        unseen=explored,
        sponsored=explored,
    )


TRUE = {
    "en": """
        Because you liked Alien, you may like Aliens, which is similar to it.
        You liked ALIEN, and this is another Sci-Fi film starring Sigourney Weaver.
        Aliens is close to “The Terminator”, which you watched.
        Aliens is close to "Terminator, The (1984)", which you've watched.
        Aliens (1986) and The Terminator (1984) are both directed by James Cameron.
        You rated The Seven Samurai 4.5 stars. Like it, Aliens is an action film.
        You gave Seven Samurai, The a high rating, and Aliens is also in Action.
        You bought The Usual Suspects, and Aliens is similar to it.
        You put Seven in your cart, and Aliens is close to it.
        People who had Alien also had Aliens more often than others.
        It is the most popular film in the catalogue.
        It is among the most popular titles.
        You asked for "robots and feelings", so we suggest Aliens.
        You searched for robots and feelings; Aliens meets your condition year from 1950.
        Aliens meets all your conditions.
        It is from 1986 and stars Michael Biehn.
        It is not a horror film.
        Aliens is from the 1980s.
        You have not watched it yet.
        You disliked Her.  Aliens is in Sci-Fi.
        Ａｌｉｅｎｓ is close to Alien.
        &quot;Aliens&quot; is close to Alien.
    """,
    "zh": """
        因为你喜欢《异形》，推荐与它相近的《异形2》。
        和你喜欢的《异形》一样，《异形２》也是科幻片。
        《异形2》和你看过的《终结者》都由詹姆斯·卡梅隆执导。
        《异形2》和你看过的《终结者》都由詹姆斯・卡梅隆执导。
        您喜歡《异形》，這部電影同樣由西格妮·韦弗主演。
        你给《七武士》打了高分，《异形2》也是动作片。
        你买过《非常嫌疑犯》，这部电影与它相似。
        你把《七宗罪》加入了购物车，它与《七宗罪》相近。
        看过《异形》的用户比其他用户更常看《异形2》。
        它是目录中最受欢迎的电影。
        你想找“机器人与感情”，因此推荐《异形2》。
        它符合你的条件：年份从1950起。
        《异形2》于1986年上映，主演是迈克尔·比恩。
        《异形2》不含恐怖元素。
        你还没有看过《异形2》。它属于科幻类。
        异形2与异形相近。
    """,
}
FALSE = {
    "en": """
        You liked Her, so you may like Aliens.
        You liked The Usual Suspects, so you may like Aliens.
        You liked Seven, so you may like Aliens.
        You bought Alien, so you may like Aliens.
        You liked Speed, so you may like Aliens.
        You watched Heat, so you may like Aliens.
        Aliens is close to The Seven Samurai.
        Aliens (1979) is close to Alien.
        Aliens is close to Alien (1986).
        Aliens is a horror film.
        Aliens and Alien are both horror films.
        Aliens is directed by Ridley Scott.
        Aliens is directed by Sigourney Weaver.
        Aliens stars Tom Skerritt.
        Aliens has the same director as Alien.
        Alien is directed by James Cameron, and Aliens is close to it.
        People who had The Seven Samurai also had Aliens more often than others.
        People who had Seven also had Aliens more often than others.
        People who had Alien bought Aliens.
        It is not a Sci-Fi film.
        You asked for "action", so we suggest Aliens.
        It meets your condition: no horror.
        It was drawn at random.
        Nobody has had it yet.
        It is a sponsored place.
        It is from 1979.
        It is from the 1990s.
        You rated The Seven Samurai 5 stars. Aliens may suit you.
        You liked Alien and Aliens.
        You liked Alien.
        Aliens may suit you.
        Speed may suit you, as you liked Alien.
        Aliens is close to "Alien Nation".
        Aliens is close to Alien Nation.
        Aliens is a gripping Sci-Fi film.
        Aliens won an award.
        Everyone loves it.
        **Aliens** is close to Alien.
        <b>Aliens</b> is close to Alien.
        因为你喜欢《异形》，推荐《异形2》。
        Aliens 与 Alien 相近。
    """,
    "zh": """
        你喜欢《她》，推荐《异形2》。
        你喜欢《盗火线》，推荐《异形2》。
        你买过《异形》，推荐《异形2》。
        《异形2》与《七武士》相近。
        《异形2》是恐怖片。
        《异形2》由雷德利·斯科特执导。
        《异形2》的主演是汤姆·斯凯里特。
        《异形2》和《异形》的导演相同。
        看过《七武士》的人比其他人更常看《异形2》。
        它不属于科幻类。
        你想找“动作”，因此推荐《异形2》。
        它符合你的条件：“不含恐怖”。
        《异形2》于1979年上映。
        《异形2》与《异形3》相近。
        异形3与异形相近。
        《异形2》紧张刺激，与《异形》相近。
        所有人都喜欢它。
        它是随机抽取的。
        Aliens is close to Alien.
    """,
}


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("language", "sentence"), [(key, line) for key in TRUE for line in lines(TRUE[key])])
def test_true(language: str, sentence: str) -> None:
    assert supported(sentence, world(language)), statements(sentence, world(language))


@pytest.mark.parametrize(("language", "sentence"), [(key, line) for key in FALSE for line in lines(FALSE[key])])
def test_false(language: str, sentence: str) -> None:
    assert not supported(sentence, world(language)), statements(sentence, world(language))


def test_statements_are_told_apart() -> None:
    found = statements("You liked Alien, and Aliens is a Horror film directed by James Cameron.", world("en"))
    assert [(one.kind, one.supported) for one in found] == [("liked", True), ("category", False), ("role", True)]
    found = statements("Aliens is close to Heat and it has a lovely mood.", world("en"))
    assert ("title", "Heat", False) in [(one.kind, one.text, one.supported) for one in found]
    assert any(one.kind == "unknown" and "lovely" in one.text for one in found)


def test_longest_title_first() -> None:
    found = statements("You gave The Seven Samurai a high rating, so we suggest Aliens.", world("en"))
    assert [(one.kind, one.supported) for one in found] == [("liked", True)]
    assert supported("You liked Alien, and 2001: A Space Odyssey is in Sci-Fi.", world("en", "odyssey"))
    assert supported("You liked Alien, and “What’s Eating Gilbert Grape” may suit you.", world("en", "grape"))
    assert supported("Romeo &amp; Juliet is from 1996.", world("en", "romeo"))


def test_flags_and_conditions() -> None:
    drawn = world("en", explored=True)
    for sentence in ("It was drawn at random.", "Nobody has had it yet.", "Aliens is a sponsored place."):
        assert supported(sentence, drawn) and not supported(sentence, world("en"))
    poor = world("en", rich=False)
    for sentence in ("It meets all your conditions.", "It is popular.", "It fits what you asked for."):
        assert supported(sentence, world("en")) and not supported(sentence, poor)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Alien~", False),
        ("5月12日~5月20日", False),
        ("~Alien~", True),
        ("~~Alien~~", True),
        ("a ~b c~ d", True),
        ("^", True),
    ],
)
def test_a_lone_tilde_is_no_markup(text: str, marked: bool) -> None:
    """GitHub's Markdown strikes out what stands between two; one by itself is a sign that Chinese headlines end with."""
    assert ("markup" in {one.kind for one in statements(text, world("zh"))}) is marked


def test_script_of_the_reader() -> None:
    assert supported("你喜歡《异形》，這部電影與它相似。", world("zh-TW"))
    assert not supported("你喜欢《异形》，这部电影与它相似。", world("zh-TW"))
    assert not supported("你喜歡《异形》，這部電影與它相似。", world("zh-CN"))


def test_forms_are_many_and_apart() -> None:
    for language in ("en", "zh"):
        assert len(FORMS_A[language]) + len(FORMS_B[language]) >= 40
        assert not {text for _, text in FORMS_A[language]} & {text for _, text in FORMS_B[language]}
        assert Counter(len(FORMS_A[one]) for one in FORMS_A) == Counter(len(FORMS_B[one]) for one in FORMS_B)


@pytest.mark.parametrize("language", ["en", "zh", "zh-TW"])
@pytest.mark.parametrize("part", ["a", "b"])
def test_true_sentences_and_their_mutations(language: str, part: Literal["a", "b"]) -> None:
    seen, rng = Counter[int](), random.Random(f"{language}-{part}")
    for item, rich, explored in (
        ("aliens", True, False),
        ("speed", False, False),
        ("suspects", True, True),
        ("romeo", True, False),
    ):
        case = world(language, item, rich, explored)
        sentences = true_sentences(case, rng, part)
        for sentence in sentences:
            assert supported(sentence, case), (sentence, statements(sentence, case))
        for sentence in rng.sample(sentences, 2):
            for number, false in mutations(sentence, case, rng):
                seen[number] += 1
                assert not supported(false, case), (number, false, statements(false, case))
    assert set(seen) == set(range(1, 21))
