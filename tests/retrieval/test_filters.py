"""Hard filters: the grammar at the door, what each condition means, and a naive evaluation of the same filters."""

from __future__ import annotations

import math
import operator as python_operators
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.attributes import AttributeTable
from tastemaker.retrieval.filters import Filter, parse_filter

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SHELF = [
    Item(
        id="alien",
        title="Alien",
        categories=("Horror", "Science fiction"),
        language="en",
        created_at=NEW_YEAR,
        attributes={"year": 1979, "price": 9.5, "tags": ("space", "cat"), "in_print": True, "rating": 5},
    ),
    Item(
        id="amelie",
        title="Amélie",
        categories=("Comedy",),
        language="fr",
        created_at=NEW_YEAR + timedelta(days=1),
        attributes={"year": 2001, "tags": ("paris",), "in_print": False, "rating": "good"},
    ),
    Item(id="bare", title="Bare"),
    Item(
        id="odd",
        title="Odd",
        language="en",
        attributes={"year": math.nan, "tags": (), "price": 1, "rating": True, "maker": "A24"},
    ),
]
TABLE = AttributeTable.of(SHELF)


def found(data: Mapping[str, Any], table: AttributeTable = TABLE) -> str:
    """Ids that the filter lets pass, in their order."""
    mask = table.matching(parse_filter(data))
    assert mask.shape == (len(table.ids),)
    assert mask.dtype == bool
    return " ".join(table.ids[mask])


def refusal(data: Any, table: AttributeTable = TABLE) -> str:
    with pytest.raises(InvalidInputError) as refused:
        table.matching(parse_filter(data))
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({}, "alien amelie bare odd"),
        # equality
        ({"year": 1979}, "alien"),
        ({"year": 1979.0, "language": "en"}, "alien"),
        ({"year": 1979, "language": "fr"}, ""),
        ({"language": "en"}, "alien odd"),
        ({"category": "Horror"}, "alien"),
        ({"tags": "cat"}, "alien"),
        ({"tags": "dog"}, ""),
        ({"id": "bare"}, "bare"),
        ({"in_print": True}, "alien"),
        ({"in_print": False}, "amelie"),
        # ne and none need something to compare; a NaN and an empty list are nothing
        ({"year": {"ne": 1979}}, "amelie"),
        ({"language": {"ne": "fr"}}, "alien odd"),
        ({"tags": {"ne": "cat"}}, "amelie"),
        ({"tags": {"none": ["cat", "dog"]}}, "amelie"),
        ({"tags": {"none": ["cat", "paris"]}}, ""),
        ({"category": {"none": ["Drama"]}}, "alien amelie"),
        ({"not": {"year": 1979}}, "amelie bare odd"),
        # ranges
        ({"year": {"gte": 1979, "lt": 2001}}, "alien"),
        ({"year": {"gt": 1979, "lte": 2001}}, "amelie"),
        ({"year": {"gt": 3000}}, ""),
        ({"not": {"year": {"gt": 1990}}}, "alien bare odd"),
        ({"price": {"lte": 9.5}}, "alien odd"),
        # lists
        ({"tags": {"any": ["cat", "paris", "dog"]}}, "alien amelie"),
        ({"tags": {"all": ["cat", "space", "cat"]}}, "alien"),
        ({"tags": {"all": ["cat", "paris"]}}, ""),
        ({"tags": {"all": ["cat", "dog"]}}, ""),
        ({"language": {"any": ["fr", "de"]}}, "amelie"),
        ({"language": {"all": ["fr", "fr"]}}, "amelie"),
        ({"language": {"all": ["fr", "en"]}}, ""),
        ({"year": {"any": [2001, 1979, 5]}}, "alien amelie"),
        ({"in_print": {"any": [True, False]}}, "alien amelie"),
        # exists
        ({"year": {"exists": True}}, "alien amelie"),
        ({"year": {"exists": False}}, "bare odd"),
        ({"tags": {"exists": False}}, "bare odd"),
        ({"category": {"exists": False}}, "bare odd"),
        ({"language": {"exists": False}}, "bare"),
        ({"created_at": {"exists": False}}, "bare odd"),
        # nested
        ({"any_of": [{"year": {"lt": 1990}}, {"price": {"lt": 5}}]}, "alien odd"),
        ({"any_of": [{"year": 1979, "language": "fr"}, {"id": "bare"}]}, "bare"),
        ({"not": {"any_of": [{"language": "fr"}, {"language": {"exists": False}}]}}, "alien odd"),
        ({"not": {"language": "en", "year": {"exists": True}}}, "amelie bare odd"),
        # an attribute of several types: a number, a text and a truth value, each compared with its own type only
        ({"rating": 5}, "alien"),
        ({"rating": 1}, ""),
        ({"rating": True}, "odd"),
        ({"rating": {"gt": 0}}, "alien"),
        ({"rating": {"ne": 4}}, "alien"),
        ({"rating": {"none": [4, "bad"]}}, "alien amelie"),
        ({"rating": {"any": ["good", True]}}, "amelie odd"),
    ],
    ids=str,
)
def test_which_items_pass(data: dict[str, Any], ids: str) -> None:
    assert found(data) == ids


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("2026-01-01T00:00:00Z", "alien"),
        ({"gte": "2026-01-01T00:00Z"}, "alien amelie"),
        ({"gt": NEW_YEAR}, "amelie"),
        ({"lt": "2026-01-01T03:00:00+02:00"}, "alien"),
        ({"lte": NEW_YEAR.astimezone(timezone(timedelta(hours=-8)))}, "alien"),
        ({"ne": NEW_YEAR}, "amelie"),
        ({"any": [NEW_YEAR, "2026-01-02T00:00Z"]}, "alien amelie"),
        ({"all": [NEW_YEAR, "2026-01-01T01:00+01:00"]}, "alien"),
        ({"none": ["2020-01-01T00:00Z"]}, "alien amelie"),
    ],
    ids=str,
)
def test_times(condition: Any, ids: str) -> None:
    assert found({"created_at": condition}) == ids


def test_times_are_exact_to_the_microsecond_in_every_year() -> None:
    late = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)
    table = AttributeTable.of([Item(id="late", title="Late", created_at=late)])
    assert found({"created_at": {"lt": late + timedelta(microseconds=1)}}, table) == "late"
    assert found({"created_at": {"lt": late}}, table) == ""


def test_numbers_beyond_float64_are_larger_than_all_others() -> None:
    table = AttributeTable.of(
        [Item(id=str(n), title="N", attributes={"size": 10**400 * n if n else 0}) for n in (-1, 0, 1)]
    )
    assert found({"size": {"gt": 1e308}}, table) == "1"
    assert found({"size": {"lt": -1e308}}, table) == "-1"


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        ([], "filter", "a list, not an object"),
        (None, "filter", "null, not an object"),
        ({"": 1}, "filter", "not a name"),
        ({5: 1}, "filter", "a number is not a name"),
        ({"year": None}, "filter.year", 'Give {"exists": false}'),
        ({"year": [1, 2]}, "filter.year", "any, all or none"),
        ({"year": {}}, "filter.year", "gte"),
        ({"year": {"gtee": 1}}, "filter.year", "'gtee' is no operator (did you mean gte?); give one of ne, gt"),
        ({"year": {"": 1}}, "filter.year", "'' is no operator"),
        ({"year": {None: 1}}, "filter.year", "null is no operator"),
        ({"year": {"gt": "1990"}}, "filter.year.gt", "a text, not a number"),
        ({"year": {"gt": True}}, "filter.year.gt", "true or false, not a number"),
        ({"year": {"gt": math.inf}}, "filter.year.gt", "finite"),
        ({"year": math.nan}, "filter.year", "finite"),
        ({"year": 10**400}, "filter.year", "finite"),
        ({"year": object()}, "filter.year", "object, not a text, a number"),
        ({"year": {"ne": {"gt": 1}}}, "filter.year.ne", "an object"),
        ({"year": {"any": 5}}, "filter.year.any", "a number, not a list of values"),
        ({"year": {"any": []}}, "filter.year.any", "1 to 1,000"),
        ({"year": {"any": [1, None]}}, "filter.year.any[1]", "null"),
        ({"year": {"any": [1] * 1_001}}, "filter.year.any", "1,001 values"),
        ({"year": {"exists": 1}}, "filter.year.exists", "not true or false"),
        ({"maker": "x" * 20_001}, "filter.maker", "20,000 characters"),
        ({"language": 5}, "filter.language", "not a text"),
        ({"category": {"any": ["a", 5]}}, "filter.category.any[1]", "not a text"),
        ({"id": {"gt": "a"}}, "filter.id.gt", "no range"),
        ({"created_at": {"gt": 5}}, "filter.created_at.gt", "a number, not a time"),
        ({"created_at": "yesterday"}, "filter.created_at", "'yesterday' is not a time"),
        ({"created_at": "2026-01-01"}, "filter.created_at", "no time zone"),
        ({"created_at": datetime(2026, 1, 1)}, "filter.created_at", "no time zone"),
        ({"created_at": "0001-01-01T00:00+10:00"}, "filter.created_at", "1 to 9999"),
        ({"not": {}}, "filter.not", "at least one condition"),
        ({"not": [{"year": 1}]}, "filter.not", "a list, not an object"),
        ({"any_of": []}, "filter.any_of", "1 to 1,000"),
        ({"any_of": {"year": 1}}, "filter.any_of", "an object, not a list of filters"),
        ({"any_of": [{"year": 1}, 5]}, "filter.any_of[1]", "a number"),
        ({"any_of": [{"year": {"gt": "a"}}]}, "filter.any_of[0].year.gt", "not a number"),
        ({"a b\n": {"gt": "a"}}, r"filter.'a b\n'.gt", "not a number"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_door_refuses_and_names_the_field(data: Any, where: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_filter(data)
    assert refused.value.where == where
    assert said in str(refused.value)
    assert len(str(refused.value)) < 400


def nested(depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {"year": 1979}
    for level in range(depth):
        data = {"not": data} if level % 2 else {"any_of": [data]}
    return data


def test_bounds_of_size() -> None:
    assert found(nested(8)) == "alien"
    assert "deeper than 8" in refusal(nested(9))
    endless: dict[str, Any] = {}
    endless["not"] = endless
    assert "deeper than 8" in refusal(endless)
    assert found({"any_of": [{"year": {"gte": 1, "lt": 1_990}}] * 32}) == "alien"
    assert "more than 64 conditions" in refusal({"any_of": [{"year": n} for n in range(65)]})
    assert "more than 64 conditions" in refusal({f"name{n}": n for n in range(65)})
    assert found({"year": {"any": [1979, *range(999)]}}) == "alien"


def test_an_unknown_name_is_not_an_empty_result() -> None:
    assert "no item has an attribute 'yaer'. Did you mean 'year' or 'maker'?" in refusal({"yaer": 1979})
    assert "Did you mean 'language'?" in refusal({"langauge": {"exists": False}})
    assert "Did you mean 'tags'?" in refusal({"any_of": [{"year": 1979}, {"not": {"tag": "cat"}}]})
    assert "There are 'in_print', 'maker', 'price'" in refusal({"zzzzzz": 1})
    assert "'\\ud800'" in refusal({"\ud800": 1})
    assert len(refusal({"x" * 100_000: 1})) < 400


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"tags": {"gt": 5}}, "no item has numbers in 'tags', only lists of texts"),
        ({"maker": {"lt": 5}}, "no item has numbers in 'maker', only texts"),
        ({"year": "1979"}, "no item has texts in 'year', only numbers"),
        ({"year": {"ne": True}}, "no item has truth values in 'year', only numbers"),
        ({"in_print": {"any": [True, 1]}}, "no item has numbers in 'in_print', only truth values"),
        ({"not": {"price": {"none": ["a"]}}}, "no item has texts in 'price', only numbers"),
    ],
    ids=str,
)
def test_a_comparison_with_a_type_that_no_item_has_is_refused(data: dict[str, Any], said: str) -> None:
    assert said in refusal(data)


def test_types_that_are_there_are_all_named() -> None:
    table = AttributeTable.of(
        Item(id=str(n), title="N", attributes={"x": value}) for n, value in enumerate(["a", ("b",), True])
    )
    assert "only texts and lists of texts and truth values" in refusal({"x": 1}, table)
    assert found({"x": {"any": ["a", "b"]}}, table) == "0 1"


def test_an_items_own_fields_are_known_even_where_no_item_fills_them() -> None:
    table = AttributeTable.of([Item(id="one", title="One")])
    for name in ("created_at", "category", "language"):
        value = NEW_YEAR if name == "created_at" else "a"
        assert found({name: value}, table) == found({name: {"ne": value}}, table) == ""
    assert found({"created_at": {"lt": NEW_YEAR}}, table) == ""
    assert found({"language": {"exists": False}}, table) == "one"


def test_an_items_own_fields_hide_attributes_of_their_name() -> None:
    table = AttributeTable.of([Item(id="one", title="One", language="en", attributes={"language": "de", "id": 5})])
    assert found({"language": "de"}, table) == ""
    assert found({"language": "en", "id": "one"}, table) == "one"


def test_a_table_of_no_items() -> None:
    table = AttributeTable.of([])
    assert found({}, table) == found({"language": "en"}, table) == found({"not": {"category": "a"}}, table) == ""
    assert "no item has an attribute 'year'" in refusal({"year": 1}, table)


def test_filters_are_values() -> None:
    same = {"year": {"any": [1, 2]}, "not": {"language": "en"}}
    assert parse_filter(same) == parse_filter(same)
    assert hash(parse_filter(same)) == hash(parse_filter(same))
    assert parse_filter({"x": True}) != parse_filter({"x": 1})
    assert parse_filter({}) == Filter()

    class Tongue(StrEnum):
        ENGLISH = "en"

    assert parse_filter({"language": Tongue.ENGLISH}) == parse_filter({"language": "en"})


def test_matching_changes_nothing() -> None:
    wanted = parse_filter({"year": {"exists": True}})
    first = TABLE.matching(wanted)
    first[:] = True
    assert TABLE.matching(wanted).tolist() == [True, True, False, False]


# The same meaning a second time, one item after the other, from the data itself.


def held_by(item: Item, name: str) -> list[Any]:
    """The values of one attribute; none where it is missing."""
    own = {"category": item.categories, "language": item.language, "created_at": item.created_at, "id": item.id}
    value = own[name] if name in own else item.attributes.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    return list(value) if isinstance(value, tuple) else [value]


def alike(one: Any, other: Any) -> bool:
    number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return number or type(one) is type(other)


def naive_condition(item: Item, name: str, operator: str, operand: Any) -> bool:
    held = held_by(item, name)
    if operator == "exists":
        return bool(held) is operand
    wanted = operand if isinstance(operand, list) else [operand]
    same = [any(alike(one, value) and one == value for value in held) for one in wanted]
    comparable = any(alike(one, value) for one in wanted for value in held)
    if operator in ("ne", "none"):
        return comparable and not any(same)
    if operator in ("gt", "gte", "lt", "lte"):
        compare = getattr(python_operators, {"gte": "ge", "lte": "le"}.get(operator, operator))
        return any(alike(value, operand) and compare(value, operand) for value in held)
    return all(same) if operator == "all" else any(same)


def naive(item: Item, data: Mapping[str, Any]) -> bool:
    for name, value in data.items():
        if name == "not":
            holds = not naive(item, value)
        elif name == "any_of":
            holds = any(naive(item, one) for one in value)
        else:
            asked = value if isinstance(value, dict) else {"eq": value}
            holds = all(naive_condition(item, name, operator, operand) for operator, operand in asked.items())
        if not holds:
            return False
    return True


def conditions(data: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every (name, condition), however deep."""
    for name, value in data.items():
        if name in ("not", "any_of"):
            for one in [value] if name == "not" else value:
                yield from conditions(one)
        else:
            yield name, value


def naive_refuses(items: Sequence[Item], data: Mapping[str, Any]) -> bool:
    """Whether a name is unknown, or compared with a type that no item has."""
    for name, value in conditions(data):
        if name in ("category", "language", "created_at", "id"):
            continue
        values = [item.attributes[name] for item in items if name in item.attributes]
        if not values:
            return True
        kinds = {
            "number" if type(one) in (int, float) else "text" if isinstance(one, str | tuple) else "truth"
            for one in values
        }
        asked = value if isinstance(value, dict) else {"eq": value}
        operands = [operand for operator, operand in asked.items() if operator != "exists"]
        flat = [one for operand in operands for one in (operand if isinstance(operand, list) else [operand])]
        if any(
            ("truth" if type(one) is bool else "text" if type(one) is str else "number") not in kinds for one in flat
        ):
            return True
    return False


texts = st.sampled_from(["x", "y", "z", ""])
numbers = st.sampled_from([-1, 0, 1, 1.0, 1.5, 2])
scalars = st.one_of(texts, numbers, st.booleans())
times = st.sampled_from([NEW_YEAR + timedelta(days=days) for days in range(3)])
attributes = st.one_of(scalars, st.just(math.nan), st.lists(texts, max_size=3).map(tuple))
items = st.builds(
    Item,
    id=st.sampled_from(["x", "y", "i1", "i2"]),
    title=st.just("Title"),
    categories=st.lists(st.sampled_from(["x", "y", "z"]), max_size=3).map(tuple),
    language=st.none() | texts,
    created_at=st.none() | times,
    attributes=st.dictionaries(st.sampled_from(["a", "b", "c"]), attributes),
)


def on(
    names: list[str], values: st.SearchStrategy[Any], bounds: st.SearchStrategy[Any] | None
) -> st.SearchStrategy[Any]:
    """One condition on one of `names`, as {name: condition}."""
    lists = st.lists(values, min_size=1, max_size=3)
    optional = {"ne": values, "any": lists, "all": lists, "none": lists, "exists": st.booleans()}
    if bounds is not None:
        optional |= dict.fromkeys(("gt", "gte", "lt", "lte"), bounds)
    some = st.fixed_dictionaries({}, optional=optional).filter(bool)
    single = st.sampled_from(sorted(optional)).flatmap(
        lambda operator: st.fixed_dictionaries({operator: optional[operator]})
    )
    return st.dictionaries(st.sampled_from(names), st.one_of(values, single, some), min_size=1, max_size=2)


leaves = st.one_of(
    on(["a", "b", "c"], scalars, numbers),
    on(["category", "language", "id"], texts, None),
    on(["created_at"], times, times),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"any_of": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=5,
)
EVERY_TYPE = [
    Item(id=f"{kind}", title="Title", attributes=dict.fromkeys("abc", value))
    for kind, value in {"text": "w", "number": 9, "truth": True, "list": ("w",)}.items()
]


@settings(max_examples=400, deadline=None)
@given(st.lists(items, max_size=8), filters, st.booleans())
def test_matching_is_the_naive_evaluation(some: list[Item], data: dict[str, Any], every_type: bool) -> None:
    shelf = some + EVERY_TYPE if every_type else some  # with every type there, few filters are refused
    table, wanted = AttributeTable.of(shelf), parse_filter(data)
    if naive_refuses(shelf, data):
        with pytest.raises(InvalidInputError):
            table.matching(wanted)
    else:
        assert table.matching(wanted).tolist() == [naive(item, data) for item in shelf]


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | times,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["year", "tags", "created_at", "id", "not", "any_of", "gt", "ne", "any", "exists"])
                | st.text(),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_comes_is_read_or_refused(data: Any) -> None:
    try:
        mask = TABLE.matching(parse_filter(data))
    except InvalidInputError as refused:
        str(refused).encode()  # can be printed and sent
    else:
        assert isinstance(mask, np.ndarray)
