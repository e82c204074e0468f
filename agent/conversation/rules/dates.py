"""Times that are no plain year: decades, centuries, the last years, `before I was born`; as conditions in notation."""

from __future__ import annotations

import re

from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.numbers import DIGITS, NUMBER, value_of

_NAMED = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fourties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970, "eighties": 1980, "eigthies": 1980, "nineties": 1990, "ninties": 1990, "ninetees": 1990, "noughties": 2000, "aughts": 2000, "naughties": 2000, "oughts": 2000, "two thousands": 2000, "two-thousands": 2000, "two thousand": 2000, "twenty tens": 2010, "twenty-tens": 2010, "twenty twenties": 2020}  # fmt: skip
_DECADE = (
    r"(?:(?P<part>early|mid|late)[ -]+(?:to[ -]late[ -])?)?(?:the |in the )?(?:nineteen[ -])?"
    rf"(?:(?P<full>1[89]\d0|20\d0)'?s|(?<![\d$])'?(?P<two>\d0)'?s|(?P<name>{'|'.join(_NAMED)}))\b"
)
_HAN_DECADE = r"(?:上个?世纪|20世纪|二十世纪|19)?(?P<tens>[一二三四五六七八九]{1,2}十|[一二三四五六七八九][零〇]|[1-9]0|零零|00|0零|1[89]\d0|20\d0)(?P<second>[、,和或跟与到至~-](?:[一二三四五六七八九]十|[1-9]0|00|1[89]\d0|20\d0))?(?:年代|后年代|年頭)(?P<hpart>初期?|早期|中期|末期?|后期|晚期)?"
_SIDES = [
    (r"(?:no|nothing|not|don't want anything|dont want anything|isn't|nothing made|nothing released|nothing from) (?:older than|before|earlier than|from before|made before|prior to|pre) (?:the )?$", "", ">="),
    (r"(?:no|nothing|not) (?:newer than|after|later than|from after|made after|past|post) (?:the )?$", "", "<="),
    (r"(?:before|pre|prior to|older than|earlier than)[ -](?:the )?$", "", "<"),
    (r"(?:after|post|later than|newer than|past)[ -](?:the )?$", "", ">"),
    (r"(?:since|starting (?:in|from)|from at least) (?:the )?$", "", ">="),
    (r"(?:until|up to|till|through) (?:the )?$", "", "<="),
    (r"(?:from )?(?:the )?$", r" (?:and |or )?(?:onwards?|on\b|forward|later|newer|up\b)", ">="),
    (r"(?:from )?(?:the )?$", r" (?:and |or )(?:earlier|before|older)", "<="),
    (r"$", r"(?:以前|之前|前)", "<"),
    (r"$", r"(?:以后|之后|以来|至今|后|起|开始)", ">="),
]  # fmt: skip
_SIDED = [(re.compile(f"(?:.*[^a-z])?({lead})", re.IGNORECASE | re.DOTALL), re.compile(tail, re.IGNORECASE), op) for lead, tail, op in _SIDES]  # fmt: skip
_ARTICLE = re.compile(r"(?:\b(?:from|in|of|during) )?(?:\bthe )?$", re.IGNORECASE)
_FEW = rf"(?P<n>{NUMBER}|couple(?: of)?|few|several|a few|a couple(?: of)?|几|这几)"
_RECENT = [
    (rf"\b(?:in |within |from |during |over |of )?(?:the |these |this )?(?:last|past|previous|recent|most recent) {_FEW} (?P<unit>years?|decades?)(?: or so)?\b", ">="),
    (r"\b(?:in |within |from |during |over )?(?:the |this )?(?:last|past) (?P<unit>decade)\b", ">="),
    (rf"(?:no|not|nothing|never) (?:more than|older than|over) {_FEW} (?P<unit>years?|decades?)(?: old| ago)?", ">="),
    (rf"(?:less than|under|at most|within|up to|fewer than) {_FEW} (?P<unit>years?|decades?) (?:old|ago)", ">="),
    (rf"(?:more than|over|at least|older than) {_FEW} (?P<unit>years?|decades?)(?: old| ago)?(?! (?:son|daughter|kid))", "<="),
    (rf"(?:最近|近|过去|这|前|近来|过往)的?{_FEW}个?(?P<unit>年|十年)(?:之?内|以内|以来|间|里|来|的)?", ">="),
    (rf"(?<![\d一二三四五六七八九十]){_FEW}(?P<unit>年)(?:之内|以内|内)(?:的|上映|出|拍)?", ">="),
]  # fmt: skip
_ONE_YEAR = [(r"\b(?:from |in |of |released )*(?:last year|last year's)\b|去年的?", -1), (r"\b(?:from |in |of |released )*(?:this year|this year's)\b|今年的?", 0), (r"前年的?", -2)]  # fmt: skip
_CENTURIES = [(r"(?:from |in |of )?(?:the )?(?:last century|20th century|twentieth century)|上个?世纪的?(?![一二三四五六七八九十\d])|二十世纪的?(?![一二三四五六七八九十\d])|20世纪的?(?![一二三四五六七八九十\d])", "year=1900..1999"), (r"(?:from |in |of )?(?:the )?(?:this century|21st century|twenty[ -]first century)|本世纪|这个世纪|21世纪|二十一世纪|新世纪", "year>=2000"), (r"千禧年代?|两千年代|00年代|零零年代|〇〇年代", "year=2000..2009")]  # fmt: skip
_AGE = re.compile(rf"\b(?:i'?m|i am|im|me,?|aged|age|being) (?:only |just |about |now |turning )?(?P<a>{NUMBER})\b(?! ?(?:minutes|hours|movies|films))(?: ?years? old| ?yo\b| ?y/o)?|\b(?P<a2>{NUMBER}) years? old\b|(?:我|本人|今年|都)(?:今年|已经|都|才|现在|刚|也)?(?:快)?(?P<a3>{NUMBER})(?:周?岁|了|$|[,，。 ])|(?P<a4>{NUMBER})周?岁", re.IGNORECASE)  # fmt: skip
_BORN = re.compile(r"\bborn (?:in |back in )?(?P<y>(?:19|20)\d\d|'?\d\d)\b|(?P<y2>(?:19|20)?\d\d)年?(?:出生|生的|生人|年的人|后)", re.IGNORECASE)  # fmt: skip
_OLDER = r"older than (?:me\b|i am|myself)|(?:made |from |released |came out |that came out |that's from )*(?:before|prior to|predat\w+|earlier than)(?: i was (?:even )?(?:born|around|alive)| my (?:birth|time|birthday|birth year)| me\b| i existed| i came along)|比我(?:还|的年龄|年龄|岁数)?(?:要)?(?:老|大|年长|年纪大|早)|(?:我|本人)?(?:出生|生)(?:之前|以前|前)|比我出生(?:还)?(?:要)?早|早于我出生|岁数比我(?:还)?大"
_YOUNGER = r"(?:younger|newer|more recent) than (?:me\b|i am|myself)|(?:made |from |released |came out )*(?:after|since)(?: i was born| my (?:birth|birthday|birth year))|(?:made |released )?(?:in|within|during) my lifetime|my age or (?:younger|newer)|as old as me at most|比我(?:还)?(?:要)?(?:年轻|小|新|晚)|(?:我|本人)?(?:出生|生)(?:之后|以后|后)"
_RELATIVE = re.compile(rf"(?P<not>\b(?:no|not|nothing|never|don't|dont|none|avoid|skip|isn't|without|anything but)\b[^,.;]{{0,24}}?|(?:不要|别|不想|不看|不能|没有|甭)[^,，。;]{{0,8}}?)?(?:(?P<older>{_OLDER})|(?P<younger>{_YOUNGER}))(?P<after>(?: (?:are|is) (?:out|a no|not ok|no good|off|excluded|not for me))|[^,，。;]{{0,4}}(?:不要|不看|别来|免|算了|除外|别推|不行|就别))?", re.IGNORECASE)  # fmt: skip


def dates(text: str, year: int) -> list[Token]:
    """Conditions on the year that `text` states by a decade or relative to now or to the user's age."""
    found = _decades(text, year) + _by_age(text, year)
    for pattern, value in _CENTURIES:
        found += [Token("range", value, *hit.span(), hit.group()) for hit in re.finditer(pattern, text, re.IGNORECASE)]
    for pattern, operator in _RECENT:
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            found.append(Token("range", f"year{operator}{year - _years(hit)}", *hit.span(), hit.group()))
    for pattern, shift in _ONE_YEAR:
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            found.append(Token("range", f"year={year + shift}..{year + shift}", *hit.span(), hit.group()))
    return found


def _years(hit: re.Match[str]) -> int:
    said = hit.groupdict()
    many = said.get("n") or "1"
    couple = re.match(r"(?:a )?couple", many, re.IGNORECASE)
    n = 2 if couple else int(value_of(many)) or 3
    return n * (10 if said["unit"] in ("decade", "decades", "十年") else 1)


def _decades(text: str, year: int) -> list[Token]:
    found = []
    for hit in re.finditer(_DECADE, text, re.IGNORECASE):
        begin = int(hit["full"]) if hit["full"] else _NAMED.get((hit["name"] or "").lower(), 0)
        if hit["two"]:
            begin = int(hit["two"]) + (2000 if int(hit["two"]) <= (year - 2000) // 10 * 10 else 1900)
        found.append(_sided(text, hit, begin, begin + 9, (hit["part"] or "").lower()))
    for hit in re.finditer(_HAN_DECADE, text):
        starts = [start for part in (hit["tens"], hit["second"]) if part for start in _starts(part.strip("、,和或跟与到至~-"))]  # fmt: skip
        part = {"初": "early", "早": "early", "中": "mid", "末": "late", "后": "late", "晚": "late"}.get((hit["hpart"] or " ")[0], "")  # fmt: skip
        found.append(_sided(text, hit, min(starts), max(starts) + 9, part))
    return found


def _starts(said: str) -> list[int]:
    """The first years of decades that are written so: `八九十` are two."""
    if said.isdigit() and len(said) == 4:
        return [int(said)]
    tens = (
        [int(said[0])]
        if said[0].isdigit() and said[0] in "0123456789"
        else [DIGITS[one] for one in said.rstrip("零〇") or "零" if one in DIGITS]
    )
    return [(2000 if ten < 2 else 1900) + 10 * ten for ten in tens]


def _sided(text: str, hit: re.Match[str], low: int, high: int, part: str) -> Token:
    low, high = {"early": (low, low + 4), "mid": (low + 3, low + 6), "late": (low + 5, high)}.get(part, (low, high))
    before = text[max(0, hit.start() - 40) : hit.start()]
    own = "the " if hit.group().lower().startswith("the ") else ""
    for lead, tail, operator in _SIDED:
        led, tailed = lead.fullmatch(before + own), tail.match(text, hit.end())
        if led and tailed and (led[1].strip() or tailed.group()):
            bound = high if operator in (">", "<=") else low
            start = hit.start() - max(0, len(led[1]) - len(own))
            return Token("range", f"year{operator}{bound}", start, tailed.end(), text[start : tailed.end()])
    led = _ARTICLE.search(before)
    start = hit.start() - (len(led.group()) if led else 0)
    return Token("range", f"year={low}..{high}", start, hit.end(), text[start : hit.end()])


def _by_age(text: str, year: int) -> list[Token]:
    relative = _RELATIVE.search(text)
    if relative is None:
        return []
    born = _birth_year(text, year)
    if born is None:
        return []
    wanted_older = bool(relative["older"]) != bool(relative["not"] or relative["after"])
    value = f"year<{born[0]}" if wanted_older else f"year>={born[0]}"
    said = Token("range", value, *relative.span(), relative.group())
    return [said, Token("stop", "", born[1], born[2], text[born[1] : born[2]])]


def _birth_year(text: str, year: int) -> tuple[int, int, int] | None:
    if hit := _BORN.search(text):
        said = int((hit["y"] or hit["y2"]).strip("'"))
        if said < 100:
            said += 2000 if said <= year - 2000 else 1900
        return said, *hit.span()
    for hit in _AGE.finditer(text):
        age = int(value_of(hit["a"] or hit["a2"] or hit["a3"] or hit["a4"]))
        if 3 <= age <= 110:
            return year - age, *hit.span()
    return None
