"""Hard conditions in words, as a reason names them and as `why_not` says which one an item fails."""

from __future__ import annotations

from datetime import datetime

from tastemaker.retrieval.filters import AnyOf, Exists, Filter, Holds, Not, Range, Values

Part = Holds | Range | Exists | Not | AnyOf
_RANGES = {
    "en": {"gte": "{n} from {v}", "gt": "{n} above {v}", "lte": "{n} up to {v}", "lt": "{n} below {v}"},
    "zh": {"gte": "{n}从{v}起", "gt": "{n}高于{v}", "lte": "{n}不超过{v}", "lt": "{n}低于{v}"},
}
_NAMES = {"category": "类别", "language": "语言", "created_at": "时间", "year": "年份", "price": "价格", "id": "编号"}


def in_words(part: Part, language: str) -> str:
    """One condition in words, `en` or else Chinese; a name is the catalogue's own where there is no word for it."""
    if isinstance(part, Not):
        inner = _all(part.part, language)
        return f"not {inner}" if language == "en" else f"不是{inner}"
    if isinstance(part, AnyOf):
        return (" or " if language == "en" else "或").join(_all(one, language) for one in part.parts)
    name = part.name.replace("_", " ") if language == "en" else _NAMES.get(part.name, part.name)
    if isinstance(part, Range):
        return _RANGES["en" if language == "en" else "zh"][part.operator].format(n=name, v=_value(part.bound))
    if isinstance(part, Exists):
        if language == "en":
            return f"{'with' if part.wanted else 'without'} {name}"
        return f"{'有' if part.wanted else '没有'}{name}"
    joint = (
        {"any": " or ", "all": " and ", "none": " or "}
        if language == "en"
        else {"any": "或", "all": "和", "none": "或"}
    )
    told = joint[part.how].join(_texts(part.values))
    if language == "en":
        return f"{name} {'not ' if part.how == 'none' else ''}{told}"
    return f"{name}{'不为' if part.how == 'none' else '为'}{told}"


def _all(filter: Filter, language: str) -> str:
    return (" and " if language == "en" else "且").join(in_words(part, language) for part in filter.parts)


def _texts(values: Values) -> list[str]:
    numbers = [f"{one:g}" for one in values.numbers]
    return [*values.texts, *numbers, *map(str, values.truths), *(_value(one) for one in values.times)]


def _value(value: float | datetime) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else f"{value:g}"
