"""Other ways to say the same, put into the way that the rules know: Cantonese, shorthands, and turns of phrase that enclose a name."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = r"(?P<name>(?:[A-Z][\w.'’-]*)(?: [A-Z][\w.'’-]*){0,3})"
_NUMBERS = r"#?\d{1,2}(?:(?:, ?| ?(?:and|&) ?|, and )#?\d{1,2})+"
_CANTONESE = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        ("第二?啲", "其他的"), ("仲(?=有|冇|要|想|未|系|可以)", "还"), ("唔系", "不是"), ("(?<!爱)憎(?![恨恶])", "讨厌"), ("呢几套", "这几部"),
        ("呢套", "这部"), ("嗰套", "那部"), ("麻麻哋", "一般"), ("好正(?![经宗能确直常式点面])", "很好"), ("(?<!镜)头(?=[两三][部套集个])", "前"),
        ("^早晨(?=[呀啊,，!！。 ]|$)", "早上好"), ("冇", "没有"), ("唔好(?!看|睇)", "不要"), ("唔", "不"), ("系边个", "是谁"), ("边个", "谁"),
        ("点解(?![压闷决释乏馋])", "为什么"), ("(?<![因作])为毛(?![泽晓不主])", "为什么"), ("平啲", "便宜点"), ("啲", "点"), ("睇", "看"), ("嘅", "的"),
        ("[俾畀]我", "给我"), ("搵", "找"), ("[钟锺]意", "喜欢"), ("嘢", "东西"), ("咗", "了"), ("过晒", "过了"), ("佢", "他"), ("呢部(?!分)", "这部"),
        ("嗰部", "那部"), ("咁", "那么"), ("喺", "在"), ("嚟", "来"), ("啱啱", "刚才"),
    )
)  # fmt: skip
"""What Cantonese writes, in simplified characters, and what Mandarin writes for it; what else the same characters are part of is left."""
_QUOTED = re.compile('《[^《》]{1,80}》|"[^"]{1,80}"')
_KEPT = 0xE000
"""First of the characters, of no script, that stand for quoted texts meanwhile."""
_PHRASES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, flags), put)
    for pattern, put, flags in (
        (r"\b(?:smth|sth|smthn|sumthin)\b", "something", re.IGNORECASE),
        (r"\bh(?:e+y+|i+|e+l+o+)\b(?=\W*$)", "hello", re.IGNORECASE),
        (r"^(?:ugh|hmm+|meh|umm?|er+|well|lol|haha+),? +", "", re.IGNORECASE),
        (r"\bi(?:'m| am) after\b|\bim after\b", "i want", re.IGNORECASE),
        (r"\b(?P<a>(?:without|with|no|w/o|w/) ?[\w.' ]{2,30}?),? in (?:them|it|any(?: of (?:them|it))?)(?=\W*$)", r"\g<a>", re.IGNORECASE),
        (r"\b(?:just )?(?:keep|leave) (?P<name>[\w.'’-]+(?: [\w.'’-]+){0,3}?) (?:well )?out(?: of (?:it|this|that|them|these))?\b", r"without \g<name>", re.IGNORECASE),
        (r"\b(?:number|no\.?|#) ?(?P<n>\d+),? who (?:directed|made) (?:that|it|this)\b", r"who directed number \g<n>", re.IGNORECASE),
        (r"\bnot (?:so|as|too) much (?!an?\b|of\b)(?=\w)", "less ", re.IGNORECASE),
        (r"\b(?:that |which )?(?:doesn'?t|don'?t|does not|do not|won'?t) (?:go|drag|run|last)(?: on)?(?: for)? ?(?:so|too|that|as)? ?(?:long|forever|ages|hours)\b", "shorter", re.IGNORECASE),
        (r"(?<!not )\b(?:everyone|everybody)(?:'?s| has)? (?:already )?(?:seen|watched|knows?|heard of) (?:those|these|them|that|it|all of (?:those|them))\b", "too popular", re.IGNORECASE),
        (r"\b(?:is|are|was) (?:my|one of my) (?:all[- ]?time |absolute )?(?:fave?|favou?rites?|fav)\b", "was great", re.IGNORECASE),
        (r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])", "，", 0),
        (r"(?P<y>[一二三四五六七八九零〇]{4})(?=年)", lambda hit: "".join(str("零一二三四五六七八九".index(one.replace("〇", "零"))) for one in hit["y"]), 0),
        (r"没(?:什么|啥|几个|多少)人(?:知道|看过|听过|听说过|看|认识)的?", "冷门的", 0),
        (r"(?:你)?(?:咋|怎么|为啥|干嘛|干吗|凭啥|凭什么)(?:会|就|想到|想起来)?(?:要)?给?我?(?:推荐|推|选|挑)了?(?:给我)?(?P<item>这个|这部|它|这些|第.[部个])(?:给我)?的?", r"为什么推荐\g<item>", 0),
        (r"太?(?:拖沓|拖拉|磨叽)了?", "节奏太慢了", 0),
        (r"节奏(?:要|得)?紧凑", "节奏快", 0),
        (r"(?<!没)有(?!没有)(?P<name>[\u3400-\u9fff·]{2,5}?)的(?:就|都)?(?:别|不要|不用|甭)(?:再)?(?:推荐|推|给我|来|放)了?", r"不要\g<name>", 0),
        (r"(?P<a>(?<![像似欢])(?:(?![像似欢])[\u3400-\u9fff]){1,6})[、,，](?P<b>[\u3400-\u9fff]{1,6})[,，]?(?:(?:随便)?(?:哪个|哪种|任意一个)都(?:行|可以|好)|二选一)", r"\g<a>或者\g<b>", 0),
        (r"\bw/o\b", "without", re.IGNORECASE),
        (r"\bw/ ?(?=\w)", "with ", re.IGNORECASE),
        (r"\bsho(?:t|rr)er\b", "shorter", re.IGNORECASE),
        (r"\bviolen(?:se|ec)\b|\bviolance\b", "violence", re.IGNORECASE),
        (r"\bpreff?err?abl[ey]\b", "preferably", re.IGNORECASE),
        (rf"\b(?:what|which (?:films?|movies?|ones?)) (?:has|have|did|had) {_NAME} (?:ever )?(?:directed|direct|made|make)\b", r"films directed by \g<name>", 0),
        (r"\bi (?:really )?(?:don't|dont|do not) (?:care|mind) who(?:'?s| is| stars) (?:in it|in them)?,?(?: (?:as long as (?:it's|its|it is)|except|but))?(?= (?:not|no|for|anyone but|except)\b)", "", re.IGNORECASE),
        (r"\bwho(?:'?s| is| was)? (?P<item>the \w+(?: one| film| movie)?|it|this one|that one) (?:was )?(?:directed|made) by\b", r"who directed \g<item>", re.IGNORECASE),
        (r"(?P<x>[\u3400-\u9fff]{2,8}?)(?:以外|之外)的?(?:全|什么|啥)?都?(?:可以|行|好|成|ok)(?:啊|呀|吧|的)?", r"除了\g<x>都可以", re.IGNORECASE),
        (r"(?:谁|哪个)(?:来)?(?:主)?演都?(?:好(?!看)|行|可以|无所谓|没关系|不要紧|ok)[,，]?", "", re.IGNORECASE),
        (r"(?P<what>血腥|暴力|恐怖|吓人|浪漫|搞笑)的?(?:程度|成分|指数|度)?(?:要|再)?(?:低|少|轻|弱)(?:一?点|一?些)", r"少一点\g<what>", 0),
        (r"(?P<what>血腥|暴力|恐怖|吓人|浪漫|搞笑)的?(?:程度|成分|指数|度)(?:要|再)?(?:高|多|重|强)(?:一?点|一?些)", r"再\g<what>一点", 0),
        (r"打打杀杀", "暴力", 0),
        (r"(?<=[,，。;； ])由?(?P<name>(?:(?![同的个换谁是不别哪位另样名])[\u3400-\u9fff·]){2,4})(?P<v>主演|导演|执导)(?=[,，。;；]|$)", r"由\g<name>\g<v>的", 0),
        (r"(?:预算|价格|价位|价钱)(?:在|大概|大约|是)?(?P<a>\d+)(?:元|块)?(?:到|至|-|~|—)(?P<b>\d+)(?:元|块)?(?:之间|左右|以内)?", r"\g<a>到\g<b>元", 0),
        (r"^(?P<x>[^,，。]{2,12}?)我?(?P<v>喜欢|爱看|最爱)前(?P<n>[一二两三四五六七八九十\d]+)(?P<u>[部集季])", r"\g<v>前\g<n>\g<u>\g<x>", 0),
    )
)  # fmt: skip
_SEEN = r"\b(?P<verb>(?:i(?:'ve| have)? ?|ive )?(?:already )?(?:seen|watched|saw|liked|loved|hated)) "
_ENDS = r"(?=\s*(?:$|[,.;!?]|and\b|but\b|already\b))"
_PLACES = (
    re.compile(rf"{_SEEN}(?P<n>{_NUMBERS})(?!\w|[ -]?(?:of|or|films?|movies?|ones|minutes?|mins?|hours?|years?|stars?|times)\b)", re.IGNORECASE),
    re.compile(rf"{_SEEN}(?P<n>#?\d{{1,2}}){_ENDS}", re.IGNORECASE),
)  # fmt: skip
"""Several numbers are places; one alone only where nothing follows that it could count, or belong to."""


def rewritten(text: str) -> str:
    """`text` with such phrases as the rules know them; what they do not concern, and what is quoted, stays as it is."""
    kept: list[str] = []

    def put_away(hit: re.Match[str]) -> str:
        kept.append(hit.group())
        return chr(_KEPT + len(kept) - 1)

    text = _QUOTED.sub(put_away, text)
    for pattern, put in (*_CANTONESE, *_PHRASES):
        text = pattern.sub(put, text)
    for pattern in _PLACES:
        text = pattern.sub(lambda hit: hit["verb"] + " " + re.sub("#?([0-9]+)", "#\\1", hit["n"]), text)
    for n, quoted in enumerate(kept):
        text = text.replace(chr(_KEPT + n), quoted)
    return text
