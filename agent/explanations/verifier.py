"""Checks a written reason in code: every statement in it must follow from the item, or from the evidence that is cited.

The rule is closed: what is neither a name that the case knows nor a word whose meaning is known here is refused, whatever
it says. So nothing passes because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.agent.explanations.claims import Claim, Reader, name_of_evidence
from tastemaker.agent.explanations.lexicon import ROLES, field_of
from tastemaker.agent.explanations.names import Name, Names, plain, title_ways, values_of
from tastemaker.agent.explanations.tokens import Refused, Token, common, tokens
from tastemaker.domain import Evidence, Item
from tastemaker.prompts.builder import language_of

MAX_CHARS = 400
MAX_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The statements that were read, and why the text may not be shown; None if it may."""

    claims: tuple[Claim, ...]
    fault: str | None = None


class Verifier:
    """Judges reasons for one `item`, from its `evidence`; `cited` are the items of the history that this points to."""

    def __init__(self, item: Item, evidence: Sequence[Evidence], cited: Mapping[str, Item], language: str) -> None:
        past = {one.item_id for one in evidence if one.kind == "history"}
        cited = {key: one for key, one in cited.items() if key in past}
        self._item, self._evidence, self._cited = item, evidence, cited
        self._language = "en" if language == "en" else "zh"
        surfaces: dict[Name, list[str]] = {}
        for one in (item, *cited.values()):
            surfaces[Name("title", one.id, one.title)] = title_ways(one)
            for name in values_of(one):
                surfaces.setdefault(name, [name.text])
                if (field := field_of(name.key)) not in ROLES:  # people and makers have words of their own
                    surfaces[Name("field", field, field)] = [name.key, name.key.replace("_", " ")]
        for entry in evidence:
            if entry.kind in {"query", "condition"}:
                surfaces[name_of_evidence(entry)] = [entry.text]
        exact = {plain(way).lower() for ways in surfaces.values() for way in ways}
        self._names = Names(surfaces, frozenset(way for way in exact if common(way, self._language)))

    def judge(self, text: str, cites: Sequence[str] | None = None) -> Verdict:
        """Whether `text`, of one to three sentences and at most 400 characters, may be shown.

        With `cites`, ids of evidence, every statement that rests on evidence must rest on one of those.
        """
        reader = Reader(self._item, self._evidence, self._cited)
        try:
            self._read(plain(text), reader)
            if cites is not None:
                self._cited_all(reader.claims, cites)
        except Refused as refusal:
            return Verdict(tuple(reader.claims), str(refusal))
        return Verdict(tuple(dict.fromkeys(reader.claims)))

    def _read(self, text: str, reader: Reader) -> None:
        if not text or len(text) > MAX_CHARS:
            raise Refused(f"is empty or longer than {MAX_CHARS} characters")
        read = tokens(text, self._names, self._language)
        bare = "".join(token.text for token in read if not token.names)
        if bare and (language_of([bare]) == "zh") != (self._language == "zh"):
            raise Refused(f"is not in the language {self._language}")
        if not read or read[-1].kind != "stop":
            raise Refused("does not end as a sentence")
        sentences = _sentences(read)
        if len(sentences) > MAX_SENTENCES:
            raise Refused(f"has more than {MAX_SENTENCES} sentences")
        named = any(name.key == self._item.id for token in read for name in token.names if name.kind == "title")
        if not named and not any(token.cls == "it" for token in read):
            raise Refused("does not speak of the item")
        for n in range(len(sentences)):
            reader.sentence(sentences[n], [token for before in sentences[:n] for token in before])
        if not reader.claims:
            raise Refused("says nothing that rests on evidence")

    @staticmethod
    def _cited_all(claims: Sequence[Claim], cites: Sequence[str]) -> None:
        for claim in claims:
            if claim.evidence and not {*claim.evidence} & {*cites}:
                raise Refused(f"rests on {', '.join(claim.evidence)}, which it does not cite")


def _sentences(read: Sequence[Token]) -> list[list[Token]]:
    """Cut at full stops."""
    found: list[list[Token]] = [[]]
    for token in read:
        if token.kind == "stop":
            found.append([])
        else:
            found[-1].append(token)
    return [sentence for sentence in found if sentence]
