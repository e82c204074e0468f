"""Assignment by hashes alone: even, always the same, at most one experiment of a layer, layers independent."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tastemaker.agent.experiments import Experiment, Variant, assign, placed, uniform
from tastemaker.errors import InvalidInputError

USERS = [f"user-{n}" for n in range(5_000)]
START = datetime(2026, 1, 1, tzinfo=UTC)
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)


def experiment(name: str = "warm", **given: Any) -> Experiment:
    return Experiment.model_validate(
        {"name": name, "variants": {"control": {}, "treatment": {"tau": 0.3}}, "started_at": START} | given
    )


def test_the_hash_is_the_same_in_every_process_and_version() -> None:
    assert uniform("layer", "default", "ann") == 0.36385807331110287
    assert uniform("variant", "warm", "ann") == 0.32382124681430435
    assert (
        uniform("layer", "default", "名前") != uniform("layer", "default", "名")
        and 0 <= uniform("a", "b", "\ud800") < 1
    )


@settings(max_examples=20, deadline=None)
@given(names, names)
def test_places_are_even_and_layers_independent(one: str, other: str) -> None:
    places = np.array([uniform("layer", one, user) for user in USERS])
    assert stats.kstest(places, "uniform").pvalue > 1e-6
    beside = [uniform("layer", other, user) for user in USERS]
    own = [uniform("variant", one, user) for user in USERS]
    for series in [own] if one == other else [own, beside]:
        table = np.histogram2d(places, series, bins=4)[0]
        assert stats.chi2_contingency(table).pvalue > 1e-6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 10).map(lambda n: n / 10), min_size=1, max_size=6), st.lists(names, min_size=1))
def test_a_user_is_in_one_experiment_of_a_layer_at_most(shares: list[float], users: list[str]) -> None:
    running: list[Experiment] = []
    for number, share in enumerate(shares):
        new = experiment(f"e{number}", share=share)
        if sum(one.share for one in running) + share > 1.0000001:
            with pytest.raises(InvalidInputError, match="free stretch"):
                placed(running, new)
        else:
            running.append(placed(running, new))
    full = sum(one.share for one in running) > 0.9999999
    for user in [*users, *USERS[:50]]:
        found = assign(running, user)
        assert len(found) == 1 if full else len(found) <= 1
        assert found == assign(list(reversed(running)), user)
        assert all(variant in {"control", "treatment"} for variant in found.values())
    for one, other in itertools.combinations(running, 2):
        assert one.end <= other.offset + 1e-12 or other.end <= one.offset + 1e-12


def test_experiments_of_other_layers_run_beside_each_other() -> None:
    running = [experiment("warm"), experiment("heads", layer="models")]
    both = [assign(running, user) for user in USERS]
    assert all(set(found) == {"warm", "heads"} for found in both)
    table = np.zeros((2, 2))
    for found in both:
        table[found["warm"] == "control", found["heads"] == "control"] += 1
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_weights_and_shares_are_what_users_get() -> None:
    third = experiment(share=0.5, offset=0.25, variants={"control": {"weight": 2}, "a": {}, "b": {"weight": 3}})
    found = [assign([third], user).get("warm") for user in USERS]
    counts = [found.count(name) for name in (None, "control", "a", "b")]
    expected = np.array([1 / 2, 1 / 6, 1 / 12, 1 / 4]) * len(USERS)
    assert stats.chisquare(counts, expected).pvalue > 1e-3
    assert third.control == "control" and third.end == 0.75


def test_a_decision_without_a_user_is_never_assigned() -> None:
    assert assign([experiment()], None) == {} and assign([], "ann") == {}


def test_a_user_keeps_the_variant_when_another_experiment_comes() -> None:
    first = placed([], experiment(share=0.5))
    before = {user: assign([first], user) for user in USERS[:500]}
    second = placed([first], experiment("second", share=0.5))
    after = {user: assign([first, second], user) for user in USERS[:500]}
    assert all(after[user] == found for user, found in before.items() if found)


def test_a_new_experiment_takes_the_first_gap_that_is_wide_enough() -> None:
    running = [experiment("a", offset=0.1, share=0.2), experiment("b", offset=0.6, share=0.1)]
    assert placed(running, experiment("c", share=0.1)).offset == 0.0
    assert placed(running, experiment("c", share=0.3)).offset == pytest.approx(0.3)
    assert placed(running, experiment("c", share=0.3, layer="other")).offset == 0.0
    with pytest.raises(InvalidInputError, match=r"at most 0\.3"):
        placed(running, experiment("c", share=0.4))
    for taken in ([], ["old"]):
        with pytest.raises(InvalidInputError, match="another experiment"):
            placed(running, experiment("old" if taken else "a", share=0.1), taken)


def test_ten_tenths_fill_a_layer() -> None:
    running: list[Experiment] = []
    for number in range(10):
        running.append(placed(running, experiment(f"e{number}", share=0.1)))
    assert all(len(assign(running, user)) == 1 for user in USERS)
    with pytest.raises(InvalidInputError, match="free stretch"):
        placed(running, experiment("more", share=0.001))


def test_an_experiment_survives_json_with_its_control_first() -> None:
    one = experiment(variants={"z": {}, "a": {"tau": 1, "epsilon": 0.1, "head": "h-1"}}, hypothesis="<b>warm</b>")
    again = Experiment.model_validate(one.model_dump(mode="json"))
    assert again == one and again.control == "z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"variants": {"control": {}}},
        {"variants": {"control": {}, "a b": {}}},
        {"variants": {"control": {}, "a": {"weight": 0}}},
        {"variants": {"control": {}, "a": {"weight": float("nan")}}},
        {"variants": {"control": {}, "a": {"weight": float("inf")}}},
        {"variants": {"control": {}, "a": {"tau": -1}}},
        {"variants": {"control": {}, "a": {"tua": 1}}},
        {"variants": {"control": {}, "a": {"epsilon": 1.1}}},
        {"share": 0.0},
        {"share": 1.1},
        {"share": float("nan")},
        {"share": 0.6, "offset": 0.5},
        {"offset": -0.1},
        {"mde": 0.0},
        {"mde": 5},
        {"name": "a b"},
        {"name": ""},
        {"started_at": "2026-01-01T00:00:00"},
    ],
    ids=str,
)
def test_what_is_no_experiment_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        experiment(**wrong)
    assert Variant().weight == 1.0
