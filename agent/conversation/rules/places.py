"""Items named by their place in what was shown (`#2`, `the first two`, `第三部`), and parts of a series (`the first three X`)."""

from __future__ import annotations

import re

from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.numbers import value_of

_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "secod": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10, "frist": 1, "thrid": 3, "former": 1, "latter": 2}  # fmt: skip
_N = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
_ONE = r"(?: (?:one|movie|film|pick|suggestion|option|recommendation|item|title|book|song|result|choice|entry|on the list|in the list|of (?:them|those|these)|you (?:suggested|listed|showed me|gave me|recommended|mentioned)))*"
_SERIES_EN = re.compile(rf"\b(?:the )?first (?!one)(?P<n>{_N}) (?=(?-i:[A-Z])[a-z]|harry potter|[a-z]+ (?:movies|films|books)\b)", re.IGNORECASE)  # fmt: skip
_REST_EN = re.compile(r"\b(?:the )?(?:rest|later ones|latter ones|others|other ones|remaining ones|ones after that|ones after|sequels|later films|later movies|last ones|everything after(?: that)?|after that)(?: (?:of them|after that))?\b", re.IGNORECASE)  # fmt: skip
_REST_HAN = re.compile(r"后面的?(?:几部|几集|那几部|那些|部分)?|后边的?(?:几部)?|后几部|之后的?(?:几部|那几部)?|往后的?|后来的?(?:几部)?|剩下的?(?:几部)?|其余的?(?:几部)?|再往后的?|第[一二三四五六七八九十\d]+部(?:以后|之后|开始|起)的?|后头的?(?:几部)?|后续的?(?:几部)?|再后面的?")  # fmt: skip
_MANY = re.compile(rf"\b(?:the )?first (?!one)(?P<n>{_N})\b(?! (?:years|hours|minutes))(?: (?:ones|movies|films|picks|suggestions))?|前(?P<z>[一二两三四五六七八九十\d])(?:部|个|本|首|款)", re.IGNORECASE)  # fmt: skip
_SINGLE = re.compile(
    rf"(?:#|№|\b(?:number|num|no\.|nr\.?|option|choice|pick|item|movie|film|suggestion|recommendation|title|result|entry) ?#? ?)(?P<hash>{_N})\b(?! (?:movies|films|minutes|hours|stars|dollars))"
    rf"|\b(?:the |that |this |your |my |ur )?(?P<nth>{'|'.join(_NTH)})\b(?! (?:time|half|world|place|date|season|chance|person|off|of all|name|thought|language|hand|thing|class|love|blood|rate\b|two|three|few|century))(?!-)(?P<one>{_ONE})"
    rf"|第(?P<z>[一二三四五六七八九十\d]{{1,2}})(?:[部个本首款条名位项张篇支号件](?:电影|片子|推荐)?|(?=[，,。！!？?和与跟、也不的还很可我要是没就都有怎如讲谁哪多评为在好太挺算吧了 ]|$))"
    rf"|(?P<hao>[一二三四五六七八九\d])号|(?P<tou>头一[部个本首])|(?P<mid>\b(?:the )?middle one\b|中间(?:那|的那)?[部个]|当中那[部个])|(?P<zlead>前者)|(?P<ztail>后者)",
    re.IGNORECASE,
)
_LAST = re.compile(rf"\b(?:all|these|those|both) (?:of )?(?:the |those |these )?{_N}\b(?: of (?:them|these|those))?|\b(?:the )?(?:last|final|bottom) (?:one|movie|film|pick|option|suggestion) (?:on|in|of) (?:the|your|that) (?:list|set|batch)\b|最后(?:一|那)[部个本]", re.IGNORECASE)  # fmt: skip


def places(text: str) -> list[Token]:
    """`place` tokens, whose value is `#2` or `last`; a `series` token holds how many parts are meant."""
    found = [Token("series", f"{value_of(hit['n']):g}", *hit.span(), hit.group()) for hit in _SERIES_EN.finditer(text)]
    if found or re.search(r"前[一二两三四五六七八九十\d][部集]", text):
        pattern = _REST_HAN if re.search(r"[\u3400-\u9fff]", text) else _REST_EN
        found += [Token("rest", "", *hit.span(), hit.group()) for hit in pattern.finditer(text)]
    for hit in _MANY.finditer(text):
        found.append(Token("many", f"{value_of(hit['n'] or hit['z']):g}", *hit.span(), hit.group()))
    for hit in _SINGLE.finditer(text):
        n = _number(hit)
        if n:
            found.append(Token("place", f"#{n}", *hit.span(), hit.group()))
    found += [Token("place", "last", *hit.span(), hit.group()) for hit in _LAST.finditer(text)]
    return found


def _number(hit: re.Match[str]) -> int:
    said = hit.groupdict()
    if said["nth"]:
        return _NTH[said["nth"].lower()]
    if said["tou"] or said["zlead"]:
        return 1
    if said["mid"] or said["ztail"]:
        return 2
    return int(value_of(said["hash"] or said["z"] or said["hao"] or "0"))
