"""Questions about an item that was shown or named: which item, and what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tastemaker.agent.conversation.rules.lexicon import HAN, Token

_IT = r"(?P<x>[^?,;.!]{0,60}?)"
_END = r"(?: again| please| exactly| anyway| by the way| though| btw)?\s*(?:[?.!,]|$)"
_BE = r"(?:'s|s|es| is| was| are| were)"
_ENGLISH = [
    ("why_not", rf"\b(?:why|how come)\b[^?]{{0,20}}?(?:n't|nt| not)(?: you)?(?: (?:recommend|show|suggest|include|pick|list|give|mention|offer|choose|propose|put|have|on|in|there|you|it|me|us|among|a|been|was|get|see|seeing|getting|my|the|list|suggested|recommended|included|shown|listed|picked|mentioned))*\b ?{_IT}(?: (?:recommended|suggested|included|shown|listed|in the list|on the list|on there|in there|there|to me|among them|one of them|here|part of the list|mentioned|come up|coming up|show up|showing up|a suggestion|an option|make the list|make the cut|on your list|in your list))*{_END}"),
    ("why_not", rf"\b(?:why|how come) (?:no|not){_IT}{_END}"),
    ("why_not", rf"\b(?:why|how come|what's the reason|reason) (?:did you |would you |do you )?(?:leave|left|leave out|left out|skip|skipped|exclude|excluded|omit|omitted|ignore|ignored|miss|missed|drop){_IT}(?: out)?{_END}"),
    ("why_not", rf"\b(?:why|how come) (?:is|was) {_IT} (?:missing|left out|excluded|absent|skipped|omitted)(?: from .*)?{_END}"),
    ("why", rf"\b(?:why|how come|what made you|what makes you|for what reason|on what basis|what's the reason|whats the reason|what is the reason|what was the reason|what's the reasoning|whats the reasoning|how did you (?:come up|choose|pick|decide|land|settle)|explain|any reason|what led you|what prompted you|justify|reason for|reason why|reasoning behind|rationale|what's behind|how so){_IT}{_END}"),
    ("director", rf"\b(?:who|whom)(?:'d| did| has|{_BE}|'s| is it that)? (?:directed|directs|direct|made|makes|helmed|shot|filmed|the director(?: of| for| behind| on)?|director(?: of| for)?|behind the camera (?:of|for|on)|behind|in charge of|responsible for|directing|sat in the director's chair (?:for|on|of)|the filmmaker(?: behind| of)?){_IT}{_END}"),
    ("director", rf"\b(?:who|whose film)\b {_IT}\b(?:directed|made|shot|filmed) by{_END}"),
    ("director", rf"\b(?:name|tell me|what's|what is|whats|who is|give me|know)\b[^?]{{0,20}}?\bdirector(?:'s name)?(?: of| for| behind)?{_IT}{_END}"),
    ("director", rf"\bdirector of {_IT} (?:is|was)(?: whom?| again)?\s*[?]"),
    ("runtime", rf"^(?:is|are|was) {_IT} (?:long|short|very long|too long)\s*\?"),
    ("director", rf"\bwhich director\b{_IT}{_END}"),
    ("director", rf"\bby whom\b{_IT}{_END}"),
    ("author", rf"\bwho(?:{_BE})? ?(?:wrote|the author(?: of)?|the writer(?: of)?|written|penned|writes){_IT}{_END}"),
    ("star", rf"\bwho(?:'s|s| is| was| are| all| else)*(?: (?:stars|starring|starred|plays|played|playing|acts|acted|acting|appears|features|featured|the star|the stars|the lead|the leads|the lead actor|the lead actress|the main actor|the actors|the cast|the leading man|leading|in))+(?: (?:in|of|the lead in|the lead|the main character in|on|for))*{_IT}{_END}"),
    ("star", rf"\b(?:what|which|who|name|tell me|list|give me)\b[^?]{{0,24}}?\b(?:actors?|actress(?:es)?|stars|cast|leads?|leading (?:man|lady))\b(?: (?:are|is|of|in|for|play|plays|star|stars|appear|act|members|the))*{_IT}{_END}"),
    ("year", rf"\b(?:what|which) year\b(?: (?:is|was|did|does|are|were|came|it|come))*{_IT}(?: (?:from|out|released|made|come out|came out|produced|shot|filmed|appear))*{_END}"),
    ("year", rf"\bwhen(?:{_BE}|'s| did| does)+{_IT}(?: (?:made|released|come out|came out|out|filmed|shot|produced|hit (?:theaters|theatres|cinemas)|premiere|premiered|appear|published|from))+{_END}"),
    ("year", rf"\bhow old(?:{_BE}|'s)+{_IT}{_END}"),
    ("year", rf"\b(?:what's|what is|whats|tell me|give me)\b[^?]{{0,12}}?\b(?:release date|release year|year)(?: of| for)?{_IT}{_END}"),
    ("runtime", rf"\bhow long(?:{_BE}|'s| does| will| do)+{_IT}(?: (?:last|run|take|go on for|go|runtime|running))*{_END}"),
    ("runtime", rf"\b(?:what's|what is|whats|tell me|give me|how's)\b[^?]{{0,12}}?\b(?:runtime|running time|run time|length|duration)(?: of| for| on)?{_IT}{_END}"),
    ("runtime", rf"\bhow many (?:minutes|hours)(?:{_BE}| does| long| do)*{_IT}(?: (?:last|run|take|long))*{_END}"),
    ("rating", rf"\b(?:what's|what is|whats|what|tell me|give me|which)\b[^?]{{0,16}}?\b(?:rating|score|imdb|grade|reviews)\b(?: (?:of|for|on|does|did|has|have|is|are|like|get))*{_IT}(?: (?:have|get|got|hold|like))*{_END}"),
    ("rating", rf"\bhow (?:good|well|highly|high)\b(?: (?:is|was|did|does|are|rated|received|reviewed))*{_IT}(?: (?:rated|score|reviewed|received|do|perform|rate))*{_END}"),
    ("rating", rf"\bhow (?:is|was|did|does) {_IT} (?:rated|score|reviewed|received){_END}"),
    ("rating", rf"\b(?:is|was) {_IT} any good{_END}"),
    ("price", rf"\bhow much(?:{_BE}|'s| does| do| for| would| will)+{_IT}(?: (?:cost|costs|set me back|go for|sell for|priced at|be))*{_END}"),
    ("price", rf"\b(?:what's|what is|whats|what|tell me|give me)\b[^?]{{0,10}}?\b(?:price|cost)s?\b(?: (?:of|for|does|do|on))*{_IT}(?: cost)?{_END}"),
    ("genre", rf"\b(?:what|which) (?:genre|kind of (?:movie|film|story|book)|type of (?:movie|film|story|book)|sort of (?:movie|film|story|book)|category)\b(?: (?:is|was|does|are|would you say))+{_IT}(?: (?:in|fall under|belong to|fall into))?{_END}"),
    ("genre", rf"\b(?:what's|whats|what is|tell me) the genre(?: of| for)?{_IT}{_END}"),
    ("language", rf"\b(?:what|which) language(?:s)?\b(?: (?:is|are|does|do|was))+{_IT}(?: in| spoken(?: in)?)?{_END}"),
    ("region", rf"\b(?:(?:what|which) country(?: (?:is|was|does))+{_IT}(?: from| made in)?|where(?:{_BE}|'s)+(?P<x2>[^?]{{0,40}}?) (?:made|from|filmed|shot|produced|set)){_END}"),
    ("plot", rf"\b(?:what's|whats|what is|what are|what was|wht is|wat is|wats)\b{_IT} (?:all )?about{_END}"),
    ("plot", rf"\b(?:what's|whats|what is|what was|tell me|give me|summarise|summarize|describe|outline|explain|sum up|recap|know)\b[^?]{{0,16}}?\b(?:plot|story|storyline|synopsis|summary|premise|gist|deal|rundown)(?: of| in| for| behind| with| to)?{_IT}{_END}"),
    ("plot", rf"\b(?:what happens|what goes on|what's going on) in{_IT}{_END}"),
    ("plot", rf"\b(?:tell me (?:a bit |a little |some |something )?(?:more )?about|describe|summari[sz]e|more (?:info|information|details) (?:on|about)){_IT}{_END}"),
    ("plot", rf"\bwhat (?:does|do) {_IT} (?:deal with|tell|tell about|revolve around){_END}"),
]  # fmt: skip
_COMPILED = [(asked, re.compile(pattern, re.IGNORECASE)) for asked, pattern in _ENGLISH]
_HAN = [
    ("why_not", r"(?:为什么|为啥|怎么|咋|为何|凭什么)(?:就|你|都)?(?:没有?|不|没给|不给)(?:给我|向我|把|有)?(?:推荐|推|出现|选|列|放|包括|包含|提到?|看到|收录|上榜|给我|展示)?|(?:推荐|列表|名单|里面?).{0,4}(?:怎么|为什么|为啥)没(?:有|看到|见)|(?:怎么|为什么|为啥|为何).{0,16}(?:没(?:有)?(?:在|被|上|进|推|出现|列|选|入选)|不(?:在|推|上榜))|(?:漏了|落下了).{0,16}(?:吗|为什么)"),
    ("why", r"为什么|为啥|为何|凭什么|怎么会|怎么想到|啥理由|什么理由|什么原因|理由是|推荐理由|的理由|依据|什么依据|咋会|怎么就|怎么推|咋推荐|啥原因|何以|原因是|缘由|说说理由"),
    ("author", r"谁写的|作者是谁|谁是作者|作者(?:叫|是)?(?:什么|谁|哪)|哪位作家|谁的书"),
    ("star", r"(?:都)?(?:有)?(?:谁|哪些人|哪位|什么人|哪些演员|什么演员|哪些明星|哪个演员)(?:演的?|主演|出演|参演|饰演)|主演(?:都)?(?:是|有|叫)?(?:谁|哪些|哪位|什么)|演员(?:都)?(?:有|是)(?:谁|哪些)|谁是(?:主演|主角|男主|女主)|(?:男|女)(?:主角?|一号)(?:是|叫)(?:谁|什么)|有哪些演员|卡司|演员表|谁担任主演|主角是谁|都有谁"),
    ("director", r"谁(?:来)?(?:导演?|执导|拍|指导)的?|导演(?:是|叫|都是)?(?:谁|哪位|什么名字|什么|哪个|啥)|谁是导演|谁(?:的|担任|当)导演|哪个导演|哪位导演|出自谁手|出自哪位|谁的作品|导演名字|谁掌镜|哪位执导"),
    ("year", r"(?:是)?(?:哪一?年|几几年|什么时候|啥时候|何时|哪个年代|什么年代|多少年|哪年|几年)(?:上映|拍|出|的|发行|出版|推出|出品|制作)?|上映(?:时间|日期|年份)|年份是|多老|是几年"),
    ("runtime", r"多长时间|多长|多久|几个?小时|多少分钟|多少个?小时|片长|时长|几分钟|有没有两小时|要看多久|长不长"),
    ("price", r"多少钱|什么价|啥价|价格|价钱|几块钱?|怎么卖|售价|多少元|贵不贵|几钱"),
    ("rating", r"评分|多少分|几分|打分|口碑(?:怎么样|如何|咋样)|评价(?:怎么样|如何|咋样|高吗)|好看吗|好不好看|分数|豆瓣(?:分|多少)|质量怎么样|值得看吗|得分"),
    ("genre", r"(?:是|算|属)(?:什么|啥)片子?|(?:什么|啥|哪种|哪类|哪个)(?:类型|题材|类别|种类)|属于(?:什么|哪|啥)|是什么类|类型是"),
    ("plot", r"讲(?:了|的|述)?(?:是|些)?(?:个)?(?:什么|啥|哪些|怎样)|(?:什么|啥)(?:故事|剧情|内容|情节)|剧情|故事(?:是|梗概|大概|内容)|情节|(?:说|关于|演|拍)的?(?:是|了)?(?:什么|啥)|内容(?:是|简介|大概)|梗概|简介|介绍一?下|讲讲|大意|主要内容|说说这|说的啥|讲啥"),
    ("language", r"(?:什么|哪种|哪国)(?:语言|话)|说什么语"),
    ("region", r"哪国的?|哪个国家|哪里拍|哪儿拍|哪里的片"),
]  # fmt: skip
_HAN_COMPILED = [(asked, re.compile(pattern)) for asked, pattern in _HAN]
_HAN_ASKS = re.compile(
    r"[?？]|谁|什么|啥|哪|几|多[长久少老]|吗|怎么|咋|为何|何时|何以|如何|凭|介绍|讲讲|说说|告诉|理由|简介|梗概|依据|呢"
)
_FILLERS = re.compile(r"请问|什么|啥|原因|理由|哪些|哪个|我想知道|想知道|问一下|想问|告诉我|你知道|知道|的话|那么?|是|的|了|呢|吗|啊|呀|吧|到底|究竟|都|给我|推荐|推|你|我|会|要|它|这样|说|有|在|里|中|一下|电影|片子|一部|这个?|就|由|请|选|列表|名单|出现|能|没|里面|啦|麻烦|大概|主要|才|又|偏偏|刚才|上面|还|啊|介绍|评分|剧情|导演|主演|演员|豆瓣|想|片长|时长|价格")  # fmt: skip
_ANY = re.compile(r"都行|都可以|不限|无所谓|都成|随便|不管|不重要|都没关系|没所谓|没关系|就是不要|就是别")
_FACTS = {"plot", "rating", "price", "runtime", "genre", "region", "language", "year"}
_ENGLISH_FILLERS = re.compile(r"^(?:(?:did|do|does|is|was|are|were|you|the|a|an|movie|film|of|for|in|it|recommend(?:ed|ing)?|suggest(?:ed|ing)?|show(?:n|ed)?|pick(?:ed)?|ch(?:oo|o)se|chosen|give|gave|list(?:ed)?|include[d]?|propose[d]?|put|me|us|to|i|would|should|one|called|book|title|exactly|there|here|and|that|on|with|your|behind|so|at|up|all|this|these|those|think|like|i'd|i'll|get|my|as|list|about|end|ended|come|be|being|see|watch|have|has)\b ?|['’]s?\b ?|[\s-])+", re.IGNORECASE)  # fmt: skip


def question(text: str, tokens: Sequence[Token]) -> tuple[str, str] | None:
    """What is asked (`director`, `why`, …) and about which item (`#2`, a title, `last`); None if no such question is asked."""
    if HAN.search(text):
        return _chinese(text, tokens)
    for asked, pattern in _COMPILED:
        hit = pattern.search(text)
        if hit and (about := _about(text, hit, tokens, asked)):
            return asked, about
    return None


def _about(text: str, hit: re.Match[str], tokens: Sequence[Token], asked: str) -> str | None:
    inside = [one for one in tokens if hit.start() <= one.start < hit.end()]
    item = _named(inside) or _named(tokens)
    if item:
        return item
    said = hit.groupdict().get("x") or hit.groupdict().get("x2") or ""
    rest = _ENGLISH_FILLERS.sub("", said.strip()).strip(" '\"")
    rest = re.sub(r"(?:\s+(?:movie|film|one|please|about|again|to me|for me|then|of all things|of all movies|instead|in particular|made|directed|released))+$|(?:^|\s+)one$", "", rest, flags=re.IGNORECASE)  # fmt: skip
    if not rest:
        return "last"
    conditions = {one.kind for one in inside} & {"genre", "range", "region", "want", "mood"}
    if (
        asked in {"plot", "why_not"}
        and conditions - {"want"}
        and not any(one.kind in {"word", "name"} for one in inside)
    ):
        return None
    if any(one.kind in {"word", "name"} for one in inside) or len(rest.split()) <= 4:
        pronoun = all(one.kind in {"place", "stop", "domain", "want", "good"} for one in inside if one.text.lower() in rest.lower())  # fmt: skip
        return "last" if pronoun and rest.islower() else rest
    return "last"


def _named(tokens: Sequence[Token]) -> str | None:
    for kinds in ({"title", "alias", "name"}, {"place"}):
        for one in tokens:
            if one.kind in kinds:
                return one.text if one.kind == "name" else one.value
    return None


def _chinese(text: str, tokens: Sequence[Token]) -> tuple[str, str] | None:
    if not _HAN_ASKS.search(text):
        return None
    wanted = {one.kind for one in tokens} & {
        "genre",
        "range",
        "region",
        "award",
        "provider",
        "language",
        "person",
        "nick",
    }
    for asked, pattern in _HAN_COMPILED:
        hit = pattern.search(text)
        if hit is None:
            continue
        about = _named(tokens) or _subject(text, hit)
        if asked not in ("why", "why_not") and _ANY.search(text):
            continue
        if asked in _FACTS and (_lifting(text, hit) or (wanted and about == "last" and not _pointed(text))):
            continue
        return asked, about
    return None


def _lifting(text: str, hit: re.Match[str]) -> bool:
    """Whether the words are no question: `多长都行`, `评分8分以上`."""
    return bool(
        re.search(
            r"像|类似|差不多|都没关系|别的都|就是不要|就是别|都行|都可以|不限|无所谓|都成|以上|以下|以内|高一|低一|随便|不管|不重要|高于|低于|不低|至少|推荐几|来几|有没有|有什么|来点|想看|来部|一点|多一些|少一",
            text,
        )
    )


def _pointed(text: str) -> bool:
    return bool(re.search(r"[这那它第]|上一|刚才|上面", text))


def _subject(text: str, hit: re.Match[str]) -> str:
    """What is left of the sentence without the question is the title that is asked about, if anything is."""
    sentence = text[: hit.start()] + "，" + text[hit.end() :]
    parts = [_FILLERS.sub("", part) for part in re.split(r"[，,。？?！!；\s]", sentence)]
    rest = max((part for part in parts if part), key=len, default="")
    return rest if len(rest) >= 2 and HAN.search(rest) else "last"
