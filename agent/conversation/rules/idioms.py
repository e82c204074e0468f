"""Phrases whose meaning no single word holds: not wanting to read subtitles, and `US` that is no `us`, and an age that tells for
whom something is."""

from __future__ import annotations

import re

from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.numbers import NUMBER, value_of

_NO_SUBTITLES = re.compile(
    r"(?:\b(?:i )?(?:don't|dont|do not|not|no|without|hate|hates|sick of|tired of|avoid|can't|cant|nothing|never|too lazy|skip|spare me|dislike|rather not)\b[^.;,]{0,40}?\b(?:subtitle[sd]?|subs|captions)\b)(?: (?:please|today|tonight))?"
    r"|\b(?:reading |having to read )?(?:subtitles|subs)\b[^.;,]{0,24}?\b(?:tir\w+|annoy\w*|hard|distract\w*|hassle|bother\w*|headache|too much|exhaust\w*|put me off|aren't|not)\b[^.;,]{0,20}"
    r"|(?:不想|懒得|不愿意?|讨厌|受不了|不喜欢|不爱|没法|别让我|不要|懒)[^,，。;]{0,4}(?:看|读|盯着?)(?:着)?字幕",
    re.IGNORECASE,
)
_AGED = re.compile(rf"\b(?:ages? )?(?P<n>{NUMBER})[ -](?:years?|yrs?)[ -]olds?\b|\bages? (?P<n2>{NUMBER})(?: (?:and|or) (?:up|above|older))?(?: ?(?:to|-|and|until) ?(?P<to>{NUMBER}))?\b|(?P<n3>{NUMBER})岁的?(?:小?孩子?|儿子|女儿|闺女|娃|小朋友|宝宝|儿童|男孩|女孩)?", re.IGNORECASE)  # fmt: skip


def idioms(text: str) -> list[Token]:
    """Tokens for such phrases. Who would not read subtitles wants what is spoken in the language of the turn."""
    language = "Mandarin" if re.search(r"字幕", text) else "English"
    found = [Token("language", language, *hit.span(), hit.group()) for hit in _NO_SUBTITLES.finditer(text)]
    found += [Token("region", "USA", *hit.span(), hit.group()) for hit in re.finditer(r"\bU\.?S\.?(?=\W|$)", text)]
    for hit in _AGED.finditer(text):
        age = value_of(hit["n"] or hit["n2"] or hit["n3"])
        if hit["to"] and value_of(hit["to"]) > 17:
            found.append(Token("audience", "family", *hit.span(), hit.group()))
        elif 1 <= age <= 17:
            found.append(Token("audience", "child" if age <= 12 else "teen", *hit.span(), hit.group()))
    return found
