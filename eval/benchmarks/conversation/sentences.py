"""What generated users say, in English and Chinese, and what they call genres, decades and places."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

GENRES: dict[str, tuple[str, str, str]] = {
    "Action": ("an action movie", "action movies", "动作片"),
    "Adventure": ("an adventure movie", "adventure movies", "冒险片"),
    "Animation": ("an animated movie", "animated movies", "动画片"),
    "Comedy": ("a comedy", "comedies", "喜剧片"),
    "Crime": ("a crime movie", "crime movies", "犯罪片"),
    "Documentary": ("a documentary", "documentaries", "纪录片"),
    "Drama": ("a drama", "dramas", "剧情片"),
    "Fantasy": ("a fantasy movie", "fantasy movies", "奇幻片"),
    "Film-Noir": ("a film noir", "film noirs", "黑色电影"),
    "Horror": ("a horror movie", "horror movies", "恐怖片"),
    "Musical": ("a musical", "musicals", "歌舞片"),
    "Mystery": ("a mystery", "mysteries", "悬疑片"),
    "Romance": ("a romance", "romances", "爱情片"),
    "Sci-Fi": ("a sci-fi movie", "sci-fi movies", "科幻片"),
    "Thriller": ("a thriller", "thrillers", "惊悚片"),
    "War": ("a war movie", "war movies", "战争片"),
    "Western": ("a western", "westerns", "西部片"),
}
"""A genre as the rows call it: one, many, and in Chinese. Children's films are left out: who asks for them may mean whom they are for."""

MARKS: dict[str, tuple[str, str]] = {
    "Film-Noir": ("noir", "黑色"), "Sci-Fi": ("sci-fi", "科幻"), **{
        name: (name.casefold(), words[2].removesuffix("片")) for name, words in GENRES.items() if name not in {"Film-Noir", "Sci-Fi"}
    },
}  # fmt: skip
"""What a reply calls a genre, in English and Chinese."""

DECADES: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {
    1950: (("50s", "1950s", "fifties"), ("五十年代", "50年代")),
    1960: (("60s", "1960s", "sixties"), ("六十年代", "60年代")),
    1970: (("70s", "1970s", "seventies"), ("七十年代", "70年代")),
    1980: (("80s", "1980s", "eighties"), ("八十年代", "80年代")),
    1990: (("90s", "1990s", "nineties"), ("九十年代", "90年代")),
}
PLACES: dict[Language, tuple[str, ...]] = {
    "en": ("first", "second", "third", "fourth", "fifth"),
    "zh": ("第一部", "第二部", "第三部", "第四部", "第五部"),
}

SENTENCES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "want": (
        ("I'd like {a}", "Show me some {many}", "I'm in the mood for {a}", "Can you find me {a}?", "{many}, please", "Let's watch {a}"),
        ("想看{g}", "来点{g}", "推荐一部{g}", "有没有{g}", "今晚想看{g}", "给我找部{g}"),
    ),
    "also": (
        ("It should also be {a}", "It has to be {a} too", "And it should be {a} too"),
        ("还要是{g}", "同时也要是{g}", "而且要是{g}"),
    ),
    "refuse": (
        ("No {many}", "I don't want {many}", "I can't stand {many}", "No {many}, please", "Anything but {many}"),
        ("不要{g}", "不想看{g}", "我受不了{g}", "别给我{g}", "除了{g}都行"),
    ),
    "either": (
        ("{a} or {b}", "I'd watch {a} or {b}", "Either {a} or {b}", "{many} or {many2}, please"),
        ("{g}或者{g2}", "想看{g}或{g2}", "{g}或{g2}都可以", "来点{g}或者{g2}"),
    ),
    "both": (
        ("{many}, but no {many2}", "{a}, but not {b}", "I want {a}, no {many2} please"),
        ("想看{g}，不要{g2}", "来点{g}，但不要{g2}", "{g}，别是{g2}"),
    ),
    "decade": (
        ("Something from the {d}", "Movies from the {d}", "I'd like a film from the {d}", "From the {d}, please"),
        ("{d}的电影", "想看{d}的", "来点{d}的片子", "{d}的"),
    ),
    "before": (
        ("Something made before {y}", "Movies released before {y}", "Only films from before {y}"),
        ("{y}年以前的", "{y}年之前拍的电影", "想看{y}年以前的片子"),
    ),
    "after": (
        ("Something made after {y}", "Only films after {y}", "Movies released after {y}"),
        ("{y}年以后的", "{y}年之后拍的电影", "想看{y}年以后的片子"),
    ),
    "genre_decade": (
        ("{d} {many}", "{many} from the {d}", "I'd like {a} from the {d}"),
        ("{d}的{g}", "想看{d}的{g}", "来点{d}的{g}"),
    ),
    "several": (
        ("{many} from the {d}, but no {many2}", "I'd like {a} from the {d}, no {many2}"),
        ("想看{d}的{g}，不要{g2}", "来点{d}的{g}，但不要{g2}"),
    ),
    "genre_after": (
        ("{many} made after {y}", "I'd like {a} released after {y}"),
        ("{y}年以后的{g}", "想看{y}年以后拍的{g}"),
    ),
    "like": (
        ("I loved {t}", "{t} is one of my favourites", "I really liked {t}"),
        ("我很喜欢《{t}》", "《{t}》很好看", "我特别喜欢《{t}》"),
    ),
    "similar": (
        ("Something like {t}", "Movies similar to {t}", "I want something like {t}"),
        ("类似《{t}》的", "想看和《{t}》类似的", "有没有像《{t}》那样的"),
    ),
    "vague": (
        ("I want a good movie", "What should I watch?", "Recommend me something"),
        ("想看电影", "推荐点东西吧", "有什么好看的"),
    ),
    "newer": (("Something newer", "Anything more recent?", "Newer, please"), ("新一点的", "再新一点", "有没有更新一些的")),
    "older": (("Something older", "Older, please", "I'd prefer older ones"), ("老一点的", "再老一点", "更早一点的")),
    "lighter": (("Something lighter", "A bit lighter, please", "Lighter ones, please"), ("轻松一点的", "再轻松一点", "有没有轻松点的")),
    "darker": (("Something darker", "Darker, please", "A bit darker"), ("沉重一点的", "再沉重一点", "想要更黑暗的")),
    "less known": (
        ("Something less known", "Lesser known ones, please", "Less mainstream, please"),
        ("冷门一点的", "再冷门一点", "小众一点的"),
    ),
    "better known": (
        ("Something better known", "More popular ones, please", "Better known ones, please"),
        ("热门一点的", "再热门一点", "更出名一点的"),
    ),
    "newer than": (("Something newer than the {n} one",), ("比{n}新一点的",)),
    "older than": (("Something older than the {n} one",), ("比{n}老一点的",)),
    "lighter than": (("Something lighter than the {n} one",), ("比{n}轻松一点的",)),
    "darker than": (("Something darker than the {n} one",), ("比{n}沉重一点的",)),
    "less known than": (("Something less known than the {n} one",), ("比{n}冷门一点的",)),
    "better known than": (("Something better known than the {n} one",), ("比{n}热门一点的",)),
    "others": (("Show me others", "Something else", "What else is there?", "More, please"), ("换一批", "还有别的吗", "再来几部", "换几部别的")),
    "lift year": (("Any year is fine", "Never mind the year", "The year doesn't matter"), ("年代不限了", "什么年代都行", "不限年代")),
    "lift genre": (("Any genre is fine", "Never mind the genre", "The genre doesn't matter"), ("类型不限了", "什么类型都行", "不限类型")),
    "lift all": (("Drop all conditions", "Remove every filter"), ("所有条件都不要了", "取消所有条件")),
    "reset": (("Start over", "Let's start again"), ("重新来", "重新开始吧")),
    "instead": (("Make it the {d} instead", "The {d} instead"), ("改成{d}的", "换成{d}的吧")),
    "after all": (("No {many} after all", "Actually, no {many}"), ("还是不要{g}了", "算了，不要{g}")),
    "good": (("The {n} one looks great", "I like the {n} one"), ("{n}不错", "我喜欢{n}")),
    "bad": (("I don't like the {n} one", "The {n} one is not for me"), ("{n}不喜欢", "我不喜欢{n}")),
    "good bad": (("I like the {n} one, but not the {m}", "The {n} one is good, the {m} one is not"), ("{n}不错，{m}算了", "喜欢{n}，不喜欢{m}")),
    "seen place": (("I've already seen the {n} one", "I have seen the {n} one"), ("{n}看过了", "{n}我已经看过了")),
    "seen these": (("I've seen all of these", "I've already seen these"), ("这些都看过了", "这几部我都看过")),
    "seen title": (("I've already seen {t}", "I have seen {t}"), ("《{t}》我看过了", "我已经看过《{t}》")),
    "option": (("The {n} one", "The {n}"), ("第{c}个", "选第{c}个")),
    "yes": (("Yes, please", "Yes", "OK", "Yes, drop it"), ("好的", "可以", "好", "好的，去掉")),
}  # fmt: skip
"""Kinds of turns: forms in English and in Chinese. `{a}` is a genre, `{many}` its plural, `{g}` in Chinese; `{b}`, `{many2}` and `{g2}`
another; `{d}` a decade, `{y}` a year, `{t}` a title, `{n}` and `{m}` places in the slate, `{c}` a number in Chinese."""
