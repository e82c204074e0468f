"""Chinese titles that stand without 《》, found by the words about them: `类似X的`, `X那种`, `喜欢X`, `X一般`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tastemaker.agent.conversation.rules.lexicon import HAN, Token, lexicon

_X = r"(?P<x>[^，,。；;！!？?《》\s、]{2,16}?)"
_AS = "那种类型|那种风格|那种感觉|那种|那样|这种|这样|那类|那一类|一样|一类|类似|差不多|相似|相近|接近|同类型|同类|同款|同风格|之类|似的|这类|那一挂|的风格|的感觉|风格|的调调"
_OF = r"的?(?:片子|电影|影片|片|剧|书|歌|作品|东西)"
_PATTERNS = [
    rf"(?:类似于?|好像|像|对标|参照|参考|照着|近似于?|接近)(?:电影|影片)?{_X}(?=(?:{_AS})|{_OF}|的(?:[，,。但不]|$)|但|不过|只是|就是|[，,。；！]|$)",
    rf"(?:跟|和|同|与){_X}(?=(?:很|比较|最|特别|挺|差不多|有点)?(?:{_AS}))",
    rf"(?:^|[，,。；！]|想看|想要|想找|来点|来部|来个|找点|找部|找个|找|推荐|有没有|有什么|求|要|给我|再来点)(?:点|部|个|些)?{_X}(?={_AS})",
    rf"(?:喜欢看?|爱看|超爱|最爱|看过|看了|刷过|刷了|看完|讨厌|受不了|不喜欢|爱死)了?{_X}(?=[，,。；！]|但|不过|而|了|却|$)",
    rf"(?:^|[，,。；！]|但是?|不过|觉得|而|可是)(?:我觉得|我|电影)?{_X}(?=(?:我|真的|倒|是|就|也|还|都|已经|早就|实在|真|太|还是|特别|非常|超|超级|挺|蛮|有点|比较|很|感觉|觉得)*(?:好看|不错|很好|喜欢|很棒|一般|无聊|难看|看过|看了|讨厌|凑合|烂|垃圾|神作|不行|精彩|没意思|马马虎虎|不喜欢|失望|普通|平平|好极了|绝了|就那样|没感觉|还行|还可以|看过了))",
    rf"(?:^|[，,。；！]|喜欢|觉得|看了)(?:我)?{_X}的?(?=前[一二两三四五六七八九十\d][部集])",
    r"前[一二两三四五六七八九十\d][部集]的?(?P<x>[^，,。；;！!？?《》\s、]{2,12}?)(?=[，,。；！]|很|挺|都|不错|好看|我|还|最|非常|特别|超|真|是|喜欢|$)",
    r"比(?P<x>[^，,。；;！!？?《》\s、]{2,12}?)(?=(?:还要|还|更|再)?(?:短|长|新|老|轻松|黑暗|便宜|贵|冷门|热门|血腥|暴力|快|慢|搞笑|恐怖|浪漫|烧脑))",
]  # fmt: skip
_LIKENESS = 3
"""The first patterns are of likeness: what follows those may begin with a number, as in `像三块广告牌那样`."""
_COMPILED = [re.compile(pattern) for pattern in _PATTERNS]
_NOBODY = re.compile("[我你您他她它们咱很也都真最超太挺更还好]+")
_FUNCTION = {"的", "了", "是", "我", "我们", "这", "那", "有", "就", "都", "也", "还", "很", "得", "地"}


def han_titles(text: str, taken: Sequence[int], numbers: Sequence[tuple[int, int]]) -> list[Token]:
    """`title` tokens where Chinese words call for one and what stands there is nothing else."""
    if not HAN.search(text):
        return []
    found = []
    also = bytearray(taken)
    for begin, end in numbers:
        also[begin:end] = b"\x01" * (end - begin)
    for n, pattern in enumerate(_COMPILED):
        for hit in pattern.finditer(text):
            start, end = _trimmed(text, *hit.span("x"))
            said = text[start:end]
            if (
                len(said) >= 2
                and not _NOBODY.fullmatch(said)
                and any(_unknown(said, (taken if n < _LIKENESS else also)[start:end]))
            ):
                known = lexicon().chinese.get(said.lower(), ("", ""))
                found.append(Token("title", known[1] if known[0] == "alias" else said, start, end, said))
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without words at its ends that only lead to a title."""
    known = lexicon().chinese
    moved = True
    while moved and end - start > 2:
        moved = False
        for n in (4, 3, 2, 1):
            lead, tail = text[start : start + n], text[end - n : end]
            kind = known.get(lead, ("", ""))[0]
            if end - start - n >= 2 and (lead in _FUNCTION or (n > 1 and kind in {"stop", "want", "like", "similar", "seen"})):  # fmt: skip
                start, moved = start + n, True
                break
            if n == 1 and tail in _FUNCTION:
                end, moved = end - 1, True
                break
    return start, end


def _unknown(said: str, taken: Sequence[int]) -> Iterator[str]:
    """Characters that neither the lexicon nor a token before explains; aliases and known titles are unknown in this sense."""
    known, at = lexicon(), 0
    while at < len(said):
        for length in range(min(known.longest[1], len(said) - at), 0, -1):
            kind = known.chinese.get(said[at : at + length].lower(), ("", ""))[0]
            if kind and not (length == 1 and kind in {"degree", "adj", "region", "very"}):
                at += length
                break
        else:
            if not taken[at] and (HAN.match(said[at]) or said[at].isalnum()):
                yield said[at]
            at += 1
