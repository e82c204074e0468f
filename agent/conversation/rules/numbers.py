"""Numbers in a message: years, decades, lengths, prices, ratings, how many; each as a condition in notation (`year>=2010`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tastemaker.agent.conversation.rules.lexicon import HAN, Token

_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: n for n, word in enumerate(_UNITS, 1)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
"""English number words."""
DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "仨": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}  # fmt: skip
"""Chinese digits."""
_HAN = "".join(DIGITS) + "十百"
_WORD = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_UNITS[:9])}))?|(?:a|one|two|three) hundred(?: and (?:{'|'.join(_TENS)}|{'|'.join(_UNITS)}))?|{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
NUMBER = rf"(?:\d{{1,6}}(?:\.\d{{1,2}})?|\b{_WORD}\b|[{_HAN}]{{1,6}}(?:点[{_HAN}])?)"
"""A number in digits or words."""
_IDLE = {"一块", "一", "十分", "一二", "one", "One", "ONE"}
_ONLY = re.compile(r"(?:only|just|strictly|只要|就要|只看|就看|只想看|只需要?|就来|只来|只推荐?|就推) ?$")
_MEASURES = "部个本首款集条篇张种"
_LENGTHS = [
    (rf"(?P<h>{NUMBER})个?半(?:小时|钟头|钟)", 30),
    (rf"(?P<h>{NUMBER}|\ban?)[ -]?(?:hours?|hrs?|h)\b(?:,? and)? (?P<half>a half)", None),
    (rf"(?P<h>{NUMBER}) and a half[ -](?:hours?|hrs?)\b", 30),
    (rf"(?P<h>{NUMBER})[ -]?(?:hours?\b|hrs?\b|h(?![a-z]))(?:,? ?(?:and )?(?P<m>{NUMBER})(?: ?(?:minutes?|mins?|m)\b)?)?", 0),
    (r"(?P<hour>\b(?:an|a|the|one)[ -]hour)(?: and (?P<m>\d{1,2}|twenty|thirty|forty)(?: ?min(?:ute)?s?)?)?\b", 0),
    (r"(?P<halfhour>half an hour|半个?小时|半个?钟头)", None),
    (rf"(?P<m>{NUMBER})[ -]?(?:minutes?|mins?)\b", 0),
    (rf"(?P<h>{NUMBER})个?(?:小时|钟头|多?小时)(?P<zhalf>半)?(?:零?(?P<m>{NUMBER})分钟?)?", 0),
    (rf"(?P<m>{NUMBER})(?:来|多)?分钟", 0),
]  # fmt: skip
_MONEY = [
    rf"(?:us)?[$€£¥] ?(?P<n>{NUMBER})(?: ?(?:dollars?|bucks|usd))?",
    rf"(?P<n>{NUMBER}) ?(?:dollars?|bucks?|usd|euros?|pounds?|quid|yuan|rmb|cny|[$€£¥])(?![a-z])",
    rf"(?P<n>{NUMBER})(?:块(?!儿|地|广告)钱?|元钱?|美元|美金|人民币|欧元?|刀|英镑|日元|港币)",
]
_STARS = [
    rf"(?P<n>{NUMBER})(?: ?\+)?(?:[ -]?stars?\b|(?: out of |/)(?:10|ten|5|five)\b)",
    rf"(?P<n>{NUMBER})(?:星|颗星|分)(?!钟)",
]
_YEARS = [
    r"(?<![\d.#$])(?P<n>1[89]\d\d|20\d\d)(?![\d.%]|s\b|'s\b|[\u3400-\u9fff](?<![年以之前后到至起的开左上出拍和、与版，]))年?(?!代)"
]
_BARE = [rf"(?<![\d#.A-Za-z])(?P<n>{NUMBER})(?![\d%]|st\b|nd\b|rd\b|th\b|s\b)"]
_RATED = re.compile(r"\b(?:rat(?:ed|ing|ings|es?)|scor(?:e|es|ed|ing)|imdb|stars?|review(?:s|ed)?|rotten|metacritic|letterboxd|points?)\b|评分|打分|分数|豆瓣|得分|评价|口碑", re.IGNORECASE)  # fmt: skip
_LONG = re.compile(r" (?:long|in length|in total|in duration)\b", re.IGNORECASE)
_PRICED = re.compile(r"\b(?:pric(?:e|es|ed|ey)|budget|cost(?:s|ing)?|spend|pay|cheaper)\b|预算|价格|价钱|价位|花", re.IGNORECASE)  # fmt: skip
_TIMED = re.compile(r"\b(?:longer|shorter|runtime|running time|length|long|last(?:s|ing)?|runs?|duration)\b|时长|片长|长度", re.IGNORECASE)  # fmt: skip

_BEFORE = {
    "<=": "at most|at the most|up to|upto|max(?:imum)?(?: of)?|maximum|within|capped at|inside(?: of)?|not exceeding|until|till|through|limit of|limit is|budget (?:is|of)|i (?:only )?have|i(?:'ve| have) (?:only )?got|only got|only have|ive got|have just|ive only got|by|all i have is|不超过|不超|最多|至多|不多于|不高于|不大于|别超过|不要超过|不能超过|不得超过|顶多|控制在|不晚于|预算|只有|就|我有|限|上限|最长|最贵|最高|别超|不要超|只剩|别高于|截止到?|截至",
    "<": "under|below|less than|fewer than|shorter than|cheaper than|less expensive than|lower than|sub|beneath|before|prior to|pre|older than|earlier than|smaller than|less|<|低于|少于|小于|不到|短于|早于|不足|便宜于|不满|未满|比",
    ">=": "at least|at the least|no less|minimum(?: of)?|min|since|starting (?:from|at|in)|beginning (?:in|with)|upwards of|from at least|>=|≥|至少|最少|起码|不少于|不低于|不小于|不早于|不短于|从|自|自从|最低|最起码|少说|怎么也得|得有",
    ">": "over|above|more than|pricier than|dearer than|more expensive than|costlier than|longer than|higher than|greater than|exceeding|exceeds?|beyond|better than|after|later than|newer than|post|past|north of|bigger than|>|超过|高于|多于|大于|超|长于|晚于|超出|高过|过了|破",
    "=": "exactly|precisely|just|released in|from|in|made in|of|during|the year|year|circa|恰好|正好|刚好",
}  # fmt: skip
_AFTER = {
    "<=": r"or less|or under|or below|or shorter|or cheaper|or fewer|or lower|or earlier|or before|and under|and below|and less|max(?:imum)?\b|tops|at most|at the most|or so max|is (?:my|the) (?:max|maximum|limit)|limit|budget|and no (?:more|longer)|之?内|以内|以下|及以下|或以下|封顶|为限|左右以内|及以前|或更早|或更少|或更短|打住",
    "<": r"以前|之前|前(?!后)|年前",
    ">=": r"or more|or higher|or above|or better|or longer|or over|or up|or later|or newer|or after|and up|and above|and over|and higher|and better|and later|and newer|and onwards?|and on(?: ?wards?)?|\+|plus|upwards?|at least|minimum|min\b|onwards?|or greater|and beyond|on\b(?! (?:netflix|hulu|disney|a|the|my))|forward|以上|及以上|或以上|往上|起(?!码)|打底|以后|之后|以来|后(?!面|来|边)|开始|至今|到现在|或更高|或更长|及以后|朝上|\+",
    ">": r"开外",
}  # fmt: skip
_FLIP = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!="}


_NOT = r"(?:(?P<not>\b(?:no|not|nothing|never|isn't|isnt|don't|dont|doesn't|doesnt|shouldn't|anything not|别|不要|不能|不想要|没有)(?: (?:anything|something|that's|thats|that is|be|is|go|goes|run|runs|made|released|from|want anything|want it|rated))*) ?)?"
_LEAD = re.compile(rf"{_NOT}(?P<op>{'|'.join(f'(?P<o{n}>{ways})' for n, ways in enumerate(_BEFORE.values()))})(?: (?:a|an|the|about|around|like|year|rating of|score of|of|is|rated))*(?:花|是|在|看|要|用)?\.?[ -]?$", re.IGNORECASE)  # fmt: skip
_TAIL = re.compile(r"[ -]?(?:of rating |rating |score |stars? |(?:out of|/) ?(?:10|5|ten|five) |on imdb |imdb )?(?P<op>" + "|".join(f"(?P<o{n}>{ways})" for n, ways in enumerate(_AFTER.values())) + ")", re.IGNORECASE)  # fmt: skip
_LEADS, _TAILS = list(_BEFORE), list(_AFTER)


_SPANNING = re.compile(r"\b(?:between|from) ?$|在$", re.IGNORECASE)
_SPANNED = re.compile(r"\b(?:between|from)\b[^,.;]{0,8}$|[$€£¥]?$", re.IGNORECASE)
_BETWEEN = re.compile(r" ?(?:to|and|until|till|through|thru|[-~—]|到|至|和|～)+ ?(?:the )?", re.IGNORECASE)
_WEAK_LEADS = {"in", "from", "of", "the year", "year", "made in", "released in", "during", "just", "only have", "从", "自", "自从", "预算", "就", "by", "i have", "until", "只有", "我有", "得有"}  # fmt: skip
_CUES = (("rating", _RATED, 10), ("price", _PRICED, 1e6), ("runtime", _TIMED, 600))
_UNSAID = {"rating": ">=", "runtime": "<=", "price": "<="}
"""On which side a number is that is named alone: `I have $50`, `90 minutes`."""
MAX_NUMBERS = 40
"""Numbers of a message that are read."""


@dataclass(frozen=True, slots=True)
class _Quantity:
    start: int
    end: int
    value: float
    unit: str


def value_of(text: str) -> float:
    """The number that digits or words say; 0 for none."""
    text = text.strip().lower()
    try:
        return float(text)
    except ValueError:
        pass
    if text and all(one in _HAN or one == "点" for one in text):
        return _chinese(text)
    total = 0
    for word in re.split(r"[ -]", text):
        if word == "hundred":
            total = 100 * max(total, 1)
        else:
            total += 1 if word in {"a", "an"} else WORDS.get(word, 0)
    return float(total)


def _chinese(text: str) -> float:
    whole, _, part = text.partition("点")
    if part:
        return _chinese(whole) + DIGITS.get(part[0], 0) / 10
    if not any(one in "十百" for one in whole):
        return float("".join(str(DIGITS[one]) for one in whole) or 0)
    total, digit = 0, None
    for one in whole:
        if one in DIGITS:
            digit = DIGITS[one]
        else:
            total += (1 if digit is None else digit) * (10 if one == "十" else 100)
            digit = None
    return float(total + (digit or 0))


def _quantities(text: str) -> Iterator[_Quantity]:
    taken, found = bytearray(len(text)), 0
    groups = [("minutes", one, extra) for one, extra in _LENGTHS]
    groups += [("price", one, 0) for one in _MONEY] + [("rating", one, 0) for one in _STARS]
    groups += [("year", one, 0) for one in _YEARS] + [("", one, 0) for one in _BARE]
    for unit, pattern, extra in groups:
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            if any(taken[hit.start() : hit.end()]) or found >= MAX_NUMBERS:
                continue
            taken[hit.start() : hit.end()] = b"\x01" * len(hit.group())
            found += 1
            yield _Quantity(*hit.span(), _minutes(hit, extra) if unit == "minutes" else value_of(hit["n"]), unit)


def _minutes(hit: re.Match[str], extra: int | None) -> float:
    said = hit.groupdict()
    total = 60 * value_of(said["h"]) if said.get("h") else 0.0
    total += 60 if said.get("hour") else 30 if said.get("half") or said.get("halfhour") or said.get("zhalf") else 0
    return total + (value_of(said["m"]) if said.get("m") else 0) + (extra or 0)


def ranges(text: str) -> list[Token]:
    """Conditions on numbers in `text`, with the words that say on which side: `range` tokens; numbers of something are `number`, numbers
    of nothing that is known `stop` tokens."""
    found = []
    for one in _quantities(text):
        idle = text[one.start : one.end] in _IDLE and one.unit in ("", "rating", "price")
        if not idle or _ONLY.search(text[: one.start]):
            found.append(_token(text, one))
    joined = _joined(text, sorted(found, key=lambda one: one.start))
    return [one for one in joined if one.kind != "number" or one.text[0] not in _HAN or text[one.end : one.end + 1] in {*_MEASURES}]  # fmt: skip


def _token(text: str, one: _Quantity) -> Token:
    start, end, operator, lead = _side(text, one)
    field = _field(text, one, operator, lead)
    bare = Token("number", f"{one.value:g}", one.start, one.end, text[one.start : one.end])
    if not field and operator not in ("", "="):
        return replace(bare, kind="stop")
    if not field or operator == "!=":
        return bare
    if field == "year" and operator in ("", "="):
        value = f"year={one.value:g}..{one.value:g}"
    else:
        value = f"{field}{_UNSAID.get(field, operator) if operator in ('', '=') else operator}{one.value:g}"
    over = _LONG.match(text, end)
    return Token("range", value, start, over.end() if over else end, text[start:end])


def _side(text: str, one: _Quantity) -> tuple[int, int, str, str]:
    """Where the words around a number begin and end that say on which side of it, the operator, and the words before it."""
    before = text[max(0, one.start - 60) : one.start]
    lead, tail = _LEAD.search(before), _TAIL.match(text, one.end)
    said = lead["op"].lower() if lead else ""
    tailed = next(op for n, op in enumerate(_TAILS) if tail[f"o{n}"]) if tail else ""
    start, end, operator = one.start, one.end, ""
    if tail and (not lead or said in _WEAK_LEADS):
        operator, end = tailed, tail.end()
    if lead and (not operator or said in _WEAK_LEADS):
        start = one.start - (len(before) - lead.start())
        operator = operator or next(op for n, op in enumerate(_LEADS) if lead[f"o{n}"])
        operator = _FLIP[operator] if lead["not"] else operator
        end = tail.end() if tail and tailed == operator else end
    return start, end, operator, said


def _field(text: str, one: _Quantity, operator: str, lead: str) -> str:
    if one.unit:
        return {"minutes": "runtime"}.get(one.unit, one.unit)
    clause = re.split(r"[,;.!?，；。！？](?!\d)", text[max(0, one.start - 200) : one.start])[-1] + text[one.start : one.end + 24]  # fmt: skip
    if _RATED.search(clause) and one.value <= 10:
        said = operator or one.value % 1 or _RATED.search(text[max(0, one.start - 12) : one.start])
        return "rating" if said else ""
    if operator and _TIMED.search(clause) and one.value >= 20:
        return "runtime"
    if operator and _PRICED.search(clause):
        return "price"
    if operator in ("", "=") or lead in {"by", "from", "in", "of"}:
        return ""
    if one.value <= 10:
        return "rating" if operator in (">", ">=") else ""
    return "" if 1900 <= one.value <= 2100 else "price"


def _joined(text: str, tokens: list[Token]) -> list[Token]:
    """`between 1990 and 2000`, `$20-50`: two numbers of one field with a word of distance between them are one range."""
    made: list[Token] = []
    for one in tokens:
        pair = _pair(text, made[-1], one) if made and _BETWEEN.fullmatch(text[made[-1].end : one.start]) else None
        if pair:
            made[-1] = pair
        else:
            made.append(one)
    return made


def _pair(text: str, one: Token, other: Token) -> Token | None:
    """The range from one number to another, if they are ends of one; its field may stand elsewhere: `a rating between 6 and 8`."""
    (left, low, left_side), (right, high, right_side) = _parts(one.value), _parts(other.value)
    if not low < high or left_side or right_side or (left and left != right):
        return None
    if not right:
        if not _SPANNING.search(text[max(0, one.start - 8) : one.start]):
            return None
        right = next((name for name, cue, most in _CUES if cue.search(text) and high <= most), "")
    elif not HAN.search(text) and not _SPANNED.search(text[max(0, one.start - 12) : one.start]):
        return None
    end = other.end
    if tail := re.match(r"年?(?:之间|间|年间)|年", text[end:]):
        end += tail.end()
    return Token("range", f"{right}={low:g}..{high:g}", one.start, end, text[one.start : end]) if right else None


def _parts(value: str) -> tuple[str, float, bool]:
    """Field, number, and whether it is a side that was said (`over`, `under`)."""
    hit = re.match(r"([a-z]*)(<=|>=|=|<|>)?([\d.]+?)(?:\.\.[\d.]+)?$", value)
    if hit is None:
        return "", 0.0, True
    return hit[1], float(hit[3]), hit[2] in ("<", ">") or (hit[2] == ">=" and hit[1] == "year")
