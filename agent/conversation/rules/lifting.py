"""Conditions that a turn gives up: `forget the year`, `any genre is fine`, `年代不限`."""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.agent.conversation.rules.lexicon import HAN, Token

_VALUES = {"genre", "region", "language", "person", "nick", "range"}
_QUALIFIERS = {"same", "different", "degree", "cmp", "kept"}


def lifted(tokens: Sequence[Token]) -> tuple[list[str], set[int]]:
    """The fields that are given up, and the places of the tokens that say so."""
    found: list[str] = []
    used: set[int] = set()
    for clause in _clauses(tokens):
        fields = _of_clause([tokens[n] for n in clause])
        if fields:
            found += fields
            used |= set(clause)
    return found, used


def _clauses(tokens: Sequence[Token]) -> list[list[int]]:
    made: list[list[int]] = [[]]
    for n, one in enumerate(tokens):
        if one.kind in {"end", "comma", "but"}:
            made.append([])
        else:
            made[-1].append(n)
    return made


def _of_clause(clause: Sequence[Token]) -> list[str]:
    kinds = [one.kind for one in clause]
    said = set(kinds)
    if said & _QUALIFIERS or "except" in said:
        return []
    fields = [one.value for one in clause if one.kind == "field"]
    valued = bool(said & (_VALUES | {"title", "name", "place"}))
    han = any(HAN.search(one.text) for one in clause)
    if fields and (_given_up(clause, kinds) or (said & {"not", "bad"} and not valued)):
        return list(dict.fromkeys(fields))
    if "everything" in said:
        anything = any(
            one.kind == "everything" and one.text.lower() in {"anything goes", "everything goes"} for one in clause
        )
        return ["all"] if anything or said & {"lift", "not", "bad", "reset"} or (han and "okay" in said) else []
    if "lift" in said and valued and not han and kinds.index("lift") <= 3:
        return list(dict.fromkeys(_field(one) for one in clause if one.kind in _VALUES))
    return []


def _given_up(clause: Sequence[Token], kinds: Sequence[str]) -> bool:
    if "lift" in kinds:
        return True
    han = any(HAN.search(one.text) for one in clause)
    if han:
        return "okay" in kinds
    for n, one in enumerate(clause):
        if one.kind == "field" and any(before.text.lower() in {"any", "whatever", "every", "all"} for before in clause[max(0, n - 2) : n]):  # fmt: skip
            return True
    return False


def _field(token: Token) -> str:
    if token.kind in {"person", "nick"}:
        return token.value.partition(":")[0]
    if token.kind == "range":
        return token.value.rstrip("0123456789.=<>")
    return token.kind
