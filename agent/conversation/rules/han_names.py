"""Chinese names of people that no list has: by the dots in foreign ones, by the family name in others."""

from __future__ import annotations

import re

from tastemaker.agent.conversation.rules.lexicon import Token, lexicon
from tastemaker.agent.conversation.rules.people import SURNAMES

_GIVEN = r"(?![的了是不在有和也都就要看没很])[\u3400-\u9fff]"
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,6}(?:·(?:(?![的就不主和与或也都执出参除要吗吧呢啊演拍导])[\u3400-\u9fff]){1,6}){1,3}")  # fmt: skip
_NAMED = re.compile(rf"(?:不要|不想看|别有|没有|除了|不是|别是|讨厌|受不了|有|主演是|导演是|演员|导演|主演|女星|男星|喜欢|找|要|看|是|别|来部|来点|想看|和|或|、|，|^)(?P<n>[{''.join(sorted(SURNAMES))}](?:{_GIVEN}){{1,2}}?)(?=(?:[的主演导拍执和或与也都以之外，,。.!！、；;就不别没吧啊呢吗除 ]|$))")  # fmt: skip
_ACTED = re.compile(rf"(?P<n>[{''.join(sorted(SURNAMES))}](?:{_GIVEN}){{1,2}})(?=主演|演的|出演|参演|导演的|执导|导的|拍的|领衔|写的|唱的|的电影|的片|的书|的歌(?!舞|剧)|的小说|的戏)")  # fmt: skip
_LEADING = {"not", "want", "like", "dislike", "except", "similar", "with", "stop", "wish", "and", "or", "about", "but"}


def people(text: str) -> list[Token]:
    """`person` tokens where a Chinese sentence names someone, or something with dots in it."""
    known = lexicon().chinese
    found = []
    for hit in _DOTTED.finditer(text):
        start = _name_start(hit.group()) + hit.start()
        if text[start : hit.end()] not in known:
            found.append(Token("person", f"star:{text[start : hit.end()]}", start, hit.end(), text[start : hit.end()]))
    for pattern in (_ACTED, _NAMED):
        for hit in pattern.finditer(text):
            name = hit["n"]
            if not any(name[at : at + n] in known for n in (3, 2) for at in range(len(name) - n + 1)):
                found.append(Token("person", f"star:{name}", *hit.span("n"), name))
    return found


def _name_start(said: str) -> int:
    """Where a name with dots begins after words that lead to it: `不想看汤姆·克鲁斯`."""
    known, at = lexicon().chinese, 0
    while at < said.index("·"):
        if said[at:] in known:
            return at
        lead = next((n for n in (4, 3, 2, 1) if known.get(said[at : at + n], ("", ""))[0] in _LEADING), 0)
        if not lead or at + lead >= said.index("·"):
            return at
        at += lead
    return at
