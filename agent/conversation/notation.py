"""Readings in one line, as test utterances are marked: `+genre=comedy +year=1990..1999 -star=Adam_Sandler`.

| part | says |
|---|---|
| `+field=a`, `-field=a` | must, must not; `a\\|b` is either; `_` is a space |
| `+field=1..9`, `+field>=1`, `+field>1`, `+field<=9`, `+field<9` | a range; `now-30` is a year |
| `=field=a` | a wish, in the same forms |
| `~field=direction`, `~field=direction:than` | a critique |
| `like=`, `dislike=`, `seen=`, `ref=` | an item: `#2` or a title; `:weak` after it; `#1-3` are three |
| `?field` | a condition on what no catalogue knows |
| `lift=field` | a condition given up |
| `q=words` | the query |
| `n=3`, `conflict`, `act=ask`, `about=#2`, `asks=director` | as they are called in `Reading` |

`{}` is a reading that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tastemaker.agent.conversation.reading import Act, Condition, Critique, Mention, Reading
from tastemaker.errors import InvalidInputError

_MENTIONS = {"like": "like", "dislike": "dislike", "seen": "seen", "ref": "similar"}
_NAMES = {kind: name for name, kind in _MENTIONS.items()}
_CONDITION = re.compile(r"(?P<sign>[+\-=])(?P<field>[a-z_]+)(?P<operator><=|>=|=|<|>)(?P<value>.+)", re.DOTALL)
_RANGE = re.compile(r"(?P<low>-?[\d.]+?|now(?:-\d+)?)?\.\.(?P<high>-?[\d.]+|now(?:-\d+)?)?")
_PLACES = re.compile(r"#(\d+)-(\d+)")


def parse(text: str, year: int) -> Reading:
    """The reading that `text` notes; `year` is what `now` stands for. Raises `InvalidInputError` for a part that is none."""
    found: dict[str, Any] = {
        name: [] for name in ("conditions", "wishes", "critiques", "mentions", "lifted", "unknown")
    }
    for part in text.split():
        if part == "{}":
            continue
        key, _, value = part.partition("=")
        if part == "conflict":
            found["conflict"] = True
        elif part[0] in "+-=":
            found["wishes" if part[0] == "=" else "conditions"].append(_condition(part, year))
        elif part[0] == "~" and len(key) > 1 and value:
            direction, _, than = value.partition(":")
            than = _plain(than) or "last"
            direction = {"later_than": "later", "earlier_than": "earlier"}.get(direction, direction)
            found["critiques"].append(Critique(field=key[1:], direction=direction, than=than))
        elif part[0] == "?" and len(part) > 1:
            found["unknown"].append(part[1:])
        elif key in _MENTIONS and value:
            found["mentions"] += _mentions(_MENTIONS[key], value)
        elif key == "lift":
            found["lifted"].append(value)
        elif key in {"q", "act", "n", "about", "asks"} and value:
            name = {"q": "query", "n": "count", "asks": "asked"}.get(key, key)
            found[name] = _told(key, value)
        else:
            raise InvalidInputError(f"{part!r} is no part of a reading", where="notation")
    return Reading.model_validate(found)


def parts(reading: Reading) -> list[str]:
    """The parts of a reading in notation; the act only where it is not to recommend."""
    found = [noted(one, "-" if one.negated else "+") for one in reading.conditions]
    found += [noted(one, "=") for one in reading.wishes]
    found += [
        f"~{one.field}={one.direction}" + (f":{_joined(one.than)}" if one.than != "last" else "")
        for one in reading.critiques
    ]
    found += [f"{_NAMES[one.kind]}={_joined(one.name)}" + (":weak" if one.weak else "") for one in reading.mentions]
    found += [f"?{one}" for one in reading.unknown] + [f"lift={one}" for one in reading.lifted]
    for name, value in (("q", reading.query), ("n", reading.count), ("about", reading.about), ("asks", reading.asked)):
        if value:
            found.append(f"{name}={_joined(str(value))}")
    if reading.conflict:
        found.append("conflict")
    if reading.act is not Act.RECOMMEND:
        found.append(f"act={reading.act}")
    return found


def note(reading: Reading) -> str:
    """A reading in notation."""
    return " ".join(parts(reading)) or "{}"


def _condition(part: str, year: int) -> Condition:
    read = _CONDITION.fullmatch(part)
    if read is None:
        raise InvalidInputError(f"{part!r} is no condition", where="notation")
    made: dict[str, Any] = {"field": read["field"], "negated": read["sign"] == "-"}
    operator, value = read["operator"], read["value"]
    if operator == "=" and (ends := _RANGE.fullmatch(value)):
        made |= {name: _number(ends[name], year) for name in ("low", "high") if ends[name]}
    elif operator == "=":
        made["values"] = tuple(_plain(one) for one in value.split("|"))
    elif operator[0] == ">":
        made |= {"low": _number(value, year), "above": operator == ">"}
    else:
        made |= {"high": _number(value, year), "below": operator == "<"}
    return Condition.model_validate(made)


def _mentions(kind: str, value: str) -> Iterable[Mention]:
    name, _, degree = value.partition(":")
    if places := _PLACES.fullmatch(name):
        names = [f"#{n}" for n in range(int(places[1]), int(places[2]) + 1)]
    else:
        names = [_plain(name)]
    return [Mention.model_validate({"kind": kind, "name": one, "weak": degree == "weak"}) for one in names]


def noted(one: Condition, sign: str) -> str:
    """One condition in notation, after its sign."""
    if one.values:
        return f"{sign}{one.field}={'|'.join(map(_joined, one.values))}"
    if one.low is not None and one.high is not None:
        return f"{sign}{one.field}={one.low:g}..{one.high:g}"
    if one.low is not None:
        return f"{sign}{one.field}{'>' if one.above else '>='}{one.low:g}"
    return f"{sign}{one.field}{'<' if one.below else '<='}{one.high or 0:g}"


def _number(text: str, year: int) -> float:
    if text.startswith("now"):
        return float(year - int(text[4:] or 0))
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no number", where="notation") from None


def _told(key: str, value: str) -> Act | int | str:
    if key == "act":
        return Act(value)
    if key == "n":
        return int(value)
    return value if key == "asks" else _plain(value)


def _plain(text: str) -> str:
    return text.replace("_", " ")


def _joined(text: str) -> str:
    return "_".join(text.split())
