"""Splits: what each track asks for, and that an audit refuses every kind of leak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker import Event, EventType, Item
from tastemaker.errors import DatasetError, LeakageError, SplitError
from tastemaker.eval import splits as s
from tastemaker.eval.interactions import Interactions, gather
from tastemaker.eval.worlds import two_tastes


@pytest.fixture
def data() -> Interactions:
    return two_tastes()


def pairs(data: Interactions) -> set[tuple[int, int]]:
    return set(zip(data.users.tolist(), data.items.tolist(), strict=True))


@pytest.mark.parametrize("track", s.TRACKS)
@given(users=st.integers(4, 30), per_user=st.integers(2, 10), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_every_split_divides_and_passes_the_audit(track: str, users: int, per_user: int, seed: int) -> None:
    data = two_tastes(users, 24, per_user, seed=seed)
    split = s.TRACKS[track](data, seed)
    s.audit(split)
    assert not pairs(split.train) & pairs(split.test)
    assert pairs(split.train) | pairs(split.test) == pairs(data)
    assert set(split.users.tolist()) == set(split.test.users.tolist())
    assert s.TRACKS[track](data, seed).test.items.tolist() == split.test.items.tolist()
    assert sum(mask.sum() for name, mask in split.groups.items() if name.startswith("history")) == len(split.users)


def test_random_asks_for_a_fifth_of_the_likes_and_drops_the_rest(data: Interactions) -> None:
    relevant = np.arange(len(data)) % 8 != 0
    split = s.random_per_user(replace(data, relevant=relevant), 1)
    assert split.test.counts()[0].tolist() == [1] * 40  # a fifth of 7 is 1.4
    assert len(split.train) + len(split.test) == relevant.sum()
    assert s.random_per_user(data, 1).test.items.tolist() != s.random_per_user(data, 2).test.items.tolist()


def test_a_user_with_one_row_is_not_asked() -> None:
    one = two_tastes(6, 24, 1)
    with pytest.raises(SplitError, match="nothing is left to ask for"):
        s.random_per_user(one, 0)
    with pytest.raises(SplitError):
        s.leave_last_out(one, 0)


def test_last_is_by_time_not_by_file(data: Interactions) -> None:
    shuffled = data.take(np.random.default_rng(0).permutation(len(data)))
    assert pairs(s.leave_last_out(shuffled, 3).test) == pairs(s.leave_last_out(data, 3).test)


def test_ties_need_a_rule_and_a_seed_decides_them(data: Interactions) -> None:
    tied = replace(data, times=np.zeros(len(data), dtype=np.int64))
    with pytest.raises(LeakageError, match="40 of 40 users"):
        s.leave_last_out(tied, None)
    assert s.leave_last_out(data, None).test.items.tolist() == s.leave_last_out(data, 5).test.items.tolist()
    assert pairs(s.leave_last_out(tied, 1).test) != pairs(s.leave_last_out(tied, 2).test)
    last_in_file = {int(u): int(i) for u, i in zip(data.users, data.items, strict=True)}
    assert dict(pairs(s.leave_last_out(tied, -1).test)) == last_in_file


def test_the_time_cut_keeps_warm_and_cold_users_apart(data: Interactions) -> None:
    assert data.times is not None
    late = replace(data, times=np.where(data.users == 7, 10**6, data.times))
    split = s.global_time(late)
    assert split.train.times is not None and split.test.times is not None
    assert split.train.times.max() < split.test.times.min()
    cold = split.users[split.groups["cold"]]
    assert 7 in cold and not np.isin(cold, split.train.users).any()
    assert (split.groups["warm"] ^ split.groups["cold"]).all() and split.groups["all"].all()


def test_cold_items_have_no_training_row(data: Interactions) -> None:
    split = s.cold_items(data, 4)
    assert split.train.eligible.sum() == 2
    assert not split.train.eligible[split.train.items].any() and split.train.eligible[split.test.items].all()


@pytest.mark.parametrize("track", ["B", "C"])
def test_tracks_of_time_need_times(track: str) -> None:
    with pytest.raises(SplitError, match="no timestamps"):
        s.TRACKS[track](two_tastes(timed=False), 0)


def test_all_events_in_one_second_leave_nothing_to_learn_from(data: Interactions) -> None:
    with pytest.raises(SplitError, match="nothing is left to learn from"):
        s.global_time(replace(data, times=np.ones(len(data), dtype=np.int64)))


def test_the_audit_refuses_a_test_row_in_training(data: Interactions) -> None:  # RecBole 620, lightfm 421
    split = s.random_per_user(data, 0)
    both = np.concatenate([np.flatnonzero(np.ones(len(split.train))), [0]])
    leaked = replace(split, train=split.train.take(both), test=split.train.take(np.array([0, 1])))
    with pytest.raises(LeakageError, match="stand in training"):
        s.audit(leaked)


def test_the_audit_refuses_the_future(data: Interactions) -> None:  # recommenders 1675
    assert data.times is not None
    split = s.leave_last_out(data, 0)
    turned = replace(
        split, train=replace(split.train, times=split.train.times + 10**6 if split.train.times is not None else None)
    )
    with pytest.raises(LeakageError, match="events after"):
        s.audit(turned)
    with pytest.raises(LeakageError, match="goes on after"):
        s.audit(
            replace(
                s.global_time(data),
                train=data.take(data.times >= 0).take(data.times > data.times.min()),
                test=data.take(data.times == data.times.min()),
            )
        )
    with pytest.raises(LeakageError, match="no times"):
        s.audit(replace(split, test=replace(split.test, times=None)))


def test_the_audit_refuses_a_cold_item_that_is_warm(data: Interactions) -> None:
    split = s.cold_items(data, 0)
    with pytest.raises(LeakageError, match="should be cold"):
        s.audit(replace(split, train=replace(split.train, eligible=np.ones(24, dtype=bool))))
    with pytest.raises(LeakageError, match="no item may be"):
        s.audit(replace(split, train=replace(split.train, eligible=np.zeros(24, dtype=bool))))


def test_a_prompt_that_names_the_answer_is_refused() -> None:  # RecRankerEval
    s.audit_prompt(["Toy Story. Animation"], "Heat")
    with pytest.raises(LeakageError, match=r"history\[1\]"):
        s.audit_prompt(["Toy Story", "they liked HEAT"], "Heat")
    s.audit_prompt(["Aliens (1986)", "Title 10"], "Title 1")
    with pytest.raises(LeakageError):
        s.audit_prompt(["我喜欢三体的故事"], "三体")


def test_gather_keeps_the_latest_of_a_pair_and_knows_what_is_relevant() -> None:
    items = [Item(id="a", title="A"), Item(id="b", title="B", categories=("x",))]

    def rated(item: str, value: float, second: int) -> Event:
        moment = f"2020-01-01T00:00:{second:02}Z"
        return Event.model_validate(
            {"user_id": "u", "item_id": item, "type": "rating", "value": value, "timestamp": moment}
        )

    data = gather(
        "few",
        items,
        [rated("a", 5, 9), rated("b", 4, 1), rated("a", 1, 3), Event(user_id="v", type=EventType.SEARCH, text="x")],
    )
    assert [(data.catalogue.ids[i], v, r) for i, v, r in zip(data.items, data.values, data.relevant, strict=True)] == [
        ("a", 5.0, True), ("b", 4.0, True),
    ]  # fmt: skip
    assert data.user_ids == ("u",) and data.catalogue.category_matrix().tolist() == [[0.0], [1.0]]
    with pytest.raises(SplitError, match="no event"):
        gather("none", items, [])


def test_events_without_times_are_no_timeline() -> None:
    items = [Item(id=name, title=name) for name in "abc"]
    data = gather("bare", items, [Event(user_id="u", item_id=name, type=EventType.LIKE) for name in "abc"])
    assert data.times is None and np.isnan(data.values).all() and set(data.kinds) == {"like"}


def test_an_event_on_an_unknown_item_is_named() -> None:
    with pytest.raises(DatasetError, match="'zz'"):
        gather("few", [Item(id="a", title="A")], [Event(user_id="u", item_id="zz", type=EventType.LIKE)])


def test_our_own_systems_get_the_events_that_happened() -> None:
    from tastemaker.eval.systems.stores import training_events

    items = [Item(id=name, title=name) for name in "abc"]
    moment = "2020-01-01T00:00:00Z"
    given = [
        Event.model_validate({"user_id": "u", "item_id": "a", "type": "like", "timestamp": moment}),
        Event.model_validate({"user_id": "u", "item_id": "b", "type": "rating", "value": 5, "timestamp": moment}),
        Event.model_validate({"user_id": "u", "item_id": "c", "type": "dislike", "timestamp": moment}),
    ]
    assert [event.weight for event in training_events(gather("mix", items, given))] == [event.weight for event in given]
