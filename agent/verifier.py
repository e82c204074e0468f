"""Checks a written sentence against its evidence, in code. What can't be supported is not shown.

The rule is strict: take the titles, categories and other facts out of the sentence, and every word that is left must be a
neutral one from the list below. A model that adds praise, plot, people or numbers of its own is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tastemaker.prompts.builder import language_of

MAX_CHARS = 240


def _words(text: str) -> list[str]:
    return text.split()


_MARKUP = re.compile(r"https?:|www\.|[<>{}\[\]`|*#@\\]|\n")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NEUTRAL_ENGLISH = frozenset(
    _words(
        "a about again all also although an and another any are as at be because been before both but by can close closely "
        "could do does enjoy enjoyed enjoying enjoys fan fans favourite favourites favorite favorites feel film films find "
        "for from good great have he her here him his if in into is it it's its just like liked likely likes liking lot love "
        "loved loves many may might more movie movies much new next of on one or other others our person pick recommend "
        "recommended recommendation same share shared shares she should similar since so some something story such suit "
        "suitable suits taste tastes that that's the their them then these they this those though to too try two user want "
        "was watch watched watching we well were what when which while who will with would you you'd you'll you've your "
        "yours i book books song songs music article articles item items product products read listen genre genres category "
        "categories title titles"
    )
)
_NEUTRAL_CHINESE = sorted(
    _words(
        "你 您 喜欢 推荐 这 部 电影 影片 片 书 首 歌 音乐 文章 商品 作品 和 与 及 以及 跟 同 一样 因为 所以 因此 如果 既然 那么 也 都 还 又 "
        "应该 可能 会 能 适合 合 口味 相似 类似 相近 接近 很 非常 比较 更 最 的 地 得 了 过 是 有 在 中 为 对 它 他 她 们 看 读 听 之前 以前 "
        "最近 可以 值得 一 同样 属于 类型 题材 类 用户 不错 好 选择 试试 一看 而 且 并 其 该 这个 这样 想 找 要 需要 内容 符合"
    ),
    key=len,
    reverse=True,
)
_CLAIMED = r"(?:liked|loved|enjoyed|watched|read|bought|saw|seen|喜欢(?:过|的)?|看过(?:的)?|买过(?:的)?|读过(?:的)?)"


def fault(sentence: str, title: str, facts: Sequence[str], language: str) -> str | None:
    """Why `sentence` may not be shown, or None if every check passes.

    `facts` are the cited evidence and the item's categories. The sentence must be one line of at most 240 characters, in
    `language`, without markup or links, must name the item and one fact, must not say that the user knows the item
    already, and may hold nothing beyond title, facts and neutral words.
    """
    text = sentence.strip()
    short = _short(title)
    if not text or len(text) > MAX_CHARS:
        return f"is empty or longer than {MAX_CHARS} characters"
    if _MARKUP.search(text):
        return "holds markup, a link or several lines"
    if text[-1] not in ".!。!":
        return "does not end as a sentence"
    if (language_of([text]) == "zh") != (language == "zh"):
        return f"is not in the language {language}"
    if not _holds(text, short):
        return "does not name the item"
    named = [fact for fact in map(_short, facts) if _holds(text, fact)]
    if not named:
        return "names nothing of its evidence"
    if re.search(rf"{_CLAIMED}\s*[\"“《]?{re.escape(short)}", text, re.IGNORECASE):
        return "says that the user knows the item already"
    rest = text
    for known in sorted({title, short, *facts, *named}, key=len, reverse=True):
        rest = re.sub(_pattern(known), " ", rest, flags=re.IGNORECASE)
    left = _beyond(rest)
    return f"says {left!r}, which no evidence holds" if left else None


def _beyond(rest: str) -> str | None:
    """The first word of `rest` that is not neutral."""
    for word in _WORD.findall(rest):
        folded = word.casefold().replace("’", "'")
        if folded in _NEUTRAL_ENGLISH:
            continue
        for neutral in _NEUTRAL_CHINESE:
            folded = folded.replace(neutral, "")
        if folded:
            return str(word)
    return None


def _holds(text: str, known: str) -> bool:
    return re.search(_pattern(known), text, re.IGNORECASE) is not None


def _pattern(known: str) -> str:
    """`known` as whole words, where it begins and ends with a letter of an alphabet."""
    begin = r"(?<![^\W_])" if known[:1].isascii() and known[:1].isalnum() else ""
    end = r"(?![^\W_])" if known[-1:].isascii() and known[-1:].isalnum() else ""
    return begin + re.escape(known) + end


def _short(title: str) -> str:
    """The title without a year or remark in brackets at its end, as people write it."""
    return re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", title) or title
