"""The dialogue's prior: what each part counts, by hand, and what may never be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.dialogue import learning, words
from tastemaker.retrieval.dialogue.features import FEATURES, GROUPS, Features
from tastemaker.retrieval.dialogue.known import Known
from tastemaker.retrieval.dialogue.past import Past, advices, query_text
from tastemaker.retrieval.dialogue.prior import DialoguePrior
from tastemaker.retrieval.dialogue.together import Baskets, Similar
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, mentioned, merged

PLACE = {"a": 0, "b": 1, "c": 2, "d": 3}
ITEMS = [
    Item(id="a", title="Heat", categories=("Crime", "Drama"), attributes={"year": 1995, "star": ("Al Pacino",)}),
    Item(id="b", title="Alien", categories=("Horror",), attributes={"year": 1979, "star": ("Sigourney Weaver",)}),
    Item(id="c", title="Insomnia", categories=("Crime",), attributes={"year": 2002, "star": ("Al Pacino",)}),
    Item(id="d", title="Nameless"),
]
VECTORS = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32)
PAST = [
    Dialogue("one", (Turn(True, "crime please", ("a",)), Turn(False, "watch Insomnia", ("c",)))),
    Dialogue("two", (Turn(True, "something scary"), Turn(False, "Alien", ("b",)), Turn(True, "no"), Turn(False, "c", ("c", "b")))),
]  # fmt: skip


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """East for crime, north for anything else."""
    return np.array([[2.0, 0.0] if "crime" in text.casefold() else [0.0, 2.0] for text in texts], dtype=np.float32)


def column(features: Features, turns: Sequence[Turn], name: str, leave: str | None = None) -> list[float]:
    found: list[float] = features.matrix(turns, leave)[:, FEATURES.index(name)].tolist()
    return found


@pytest.fixture
def features() -> Features:
    known = Known(ITEMS, [["a", "c"], ["a", "c", "b"], ["b"]], VECTORS)
    return Features(known, Past(PAST, known.place, encode))


def test_consecutive_messages_are_one_turn_and_an_item_stands_once_in_it() -> None:
    said = [Turn(True, "x", ("a",)), Turn(True, "y", ("b", "a"), ("b",)), Turn(False, "z")]
    assert merged(said) == (Turn(True, "x\ny", ("a", "b"), ("b",)), Turn(False, "z"))
    assert mentioned([Turn(True, "", ("b",), ("d",)), Turn(False, "", ("a", "b"))]) == ["b", "d", "a"]


def test_advice_is_new_to_its_dialogue_and_follows_the_seeker() -> None:
    found = list(advices(PAST))
    assert [(one.dialogue, one.items, len(one.before)) for one in found] == [
        (0, ("c",), 1),
        (1, ("b",), 1),
        (1, ("c",), 3),
    ]
    assert not list(advices([Dialogue("x", (Turn(False, "watch Heat", ("a",)),))]))
    assert query_text(PAST[1].turns) == "something scary no"


def test_baskets_count_items_and_pairs_by_hand() -> None:
    baskets = Baskets([["a", "b", "b"], ["a", "c", "?"], ["a", "b"]], PLACE)
    assert baskets.counts.tolist() == [3, 2, 1, 0]
    assert baskets.beside(0).tolist() == [3, 2, 1, 0]
    assert baskets.beside(0, without=0).tolist() == [2, 1, 1, 0]


def test_shares_weigh_baskets_and_past_dialogues() -> None:
    baskets = Baskets([["a", "b"], ["a"]], PLACE, np.array([0.5, 2.0]))
    assert baskets.counts.tolist() == [2.5, 0.5, 0, 0]
    assert baskets.beside(0).tolist() == [2.5, 0.5, 0, 0]
    assert baskets.counts_but(1).tolist() == [0.5, 0.5, 0, 0]
    prior = DialoguePrior(ITEMS, past=PAST, shares=[1.0, 3.0], weights={"named": 1.0})
    assert [one for one, _, _ in prior.rank([], 4)] == ["c", "b", "a", "d"]  # 4, 3, 1 and 0
    given, _ = learning.choices(prior.features, PAST)
    assert given.chosen.max(axis=1).tolist() == [1, 3, 3]


def test_similar_is_the_cosine_with_shrinkage() -> None:
    similar = Similar(Baskets([["a", "b"], ["a", "b"], ["a"]], PLACE), shrink=1.0)
    sim = 2 / math.sqrt((3 + 1) * (2 + 1))
    assert similar.each([0]) == pytest.approx(np.array([[0, sim, 0, 0]]))
    assert similar.to(np.array([2.0, 1.0, 0, 0])) == pytest.approx([sim, 2 * sim, 0, 0])


def test_words_ask_and_refuse_by_clause() -> None:
    cues = words.cues_of(["Comedy", "Horror", "Sci-Fi", "剧情"])
    wanted, refused = words.asked("Some comedies or science fiction, but nothing scary. 想看剧情片", cues)
    assert wanted.tolist() == [1, 0, 1, 1]
    assert refused.tolist() == [0, 1, 0, 0]
    assert not words.asked("Hello", cues)[0].any()


def test_periods_and_names_are_found() -> None:
    years = np.array([1985.0, 1994.0, 2001.0, np.nan])
    assert words.period("a 90's movie", years).tolist() == [0, 1, 0, 0]
    assert words.period("八十年代", years).tolist() == [1, 0, 0, 0]
    assert words.period("from 1999", years) == pytest.approx([math.exp(-7), math.exp(-2.5), math.exp(-1), 0])
    assert not words.period("I saw Heat (1995)", years).any()  # which is part of a title
    assert words.wants_new("anything RECENT?") and not words.wants_new("renewed")
    assert words.names_in("Is AL PACINO in it?", {"al pacino": 4, "al": 5}) == [4]


def test_features_by_hand(features: Features) -> None:
    turns = [Turn(True, "I liked Heat. A crime film with Al Pacino please", ("a",))]
    assert column(features, turns, "shared_star") == [1, 0, 1, 0]
    assert column(features, turns, "star_named") == [1, 0, 1, 0]
    assert column(features, turns, "kind_asked") == [1, 0, 1, 0]
    assert column(features, turns, "year_gap") == pytest.approx([0, 1.6, 0.7, 0])
    assert column(features, turns, "content") == pytest.approx([1, -1, 1, -1])
    assert column(features, turns, "together") == pytest.approx([0, 1 / 7, 2 / 7, 0])  # 2 and 2 baskets, 5 to each
    assert column(features, turns, "named_together") == pytest.approx([0, 0, math.log1p(1000 / 3), 0])
    assert column(features, turns, "bare") == [0, 0, 0, 1]
    assert column(features, turns, "unheard") == [1, 0, 0, 1]


def test_what_was_advised_to_someone_who_said_the_like_is_near(features: Features) -> None:
    far = math.exp(8 * (-1 - 1))  # the other context points the other way, once what both have in common is off
    crime = column(features, [Turn(True, "crime")], "advised_then")
    assert crime == pytest.approx([0, math.log1p(3 * far), math.log1p(3 * (1 + far)), 0])
    scary = column(features, [Turn(True, "scary")], "advised_then")
    assert scary == pytest.approx([0, math.log1p(3), math.log1p(3 * (1 + far)), 0])


def test_a_dialogue_that_is_left_out_tells_nothing(features: Features) -> None:
    """Features without it are those of a past that never had it, standardisation apart."""
    turns = [Turn(True, "crime with Al Pacino", ("a",))]
    known = features.known
    other = Features(known, Past(PAST[1:], known.place, encode))
    still = {"named", "advised", "named_deep", "advised_first"}  # on the scale of the whole past
    for name in ("unheard", "named_together", "advised_then", "advised_then_together"):
        left, never = column(features, turns, name, "one"), column(other, turns, name)
        assert left == pytest.approx(never), name
    assert column(features, turns, "named_together", "one") == [0, 0, 0, 0]
    for name in still:
        assert column(features, turns, name, "one")[0] <= column(features, turns, name)[0]


def test_nothing_known_is_zero_and_not_an_error() -> None:
    prior = DialoguePrior([Item(id="x", title="X"), Item(id="y", title="Y")])
    ranked = prior.rank([Turn(True, "hello")], 5)
    assert [one for one, _, _ in ranked] == ["x", "y"]  # equal, so by id
    assert np.isfinite(prior.scores([])).all()


def test_rank_leaves_out_what_was_named_spoken_against_masked_and_given() -> None:
    prior = DialoguePrior(ITEMS, weights={"year": 1.0})
    assert [one for one, _, _ in prior.rank([], 9)] == ["c", "a", "d", "b"]  # an unknown year counts as the median
    said = [Turn(True, "Heat yes, Alien no", ("a",), ("b",))]
    assert [one for one, _, _ in prior.rank(said, 9)] == ["c", "d"]
    among = np.array([True, True, False, True])
    assert [one for one, _, _ in prior.rank([], 9, among=among, without={"a"})] == ["d", "b"]
    assert among.tolist() == [True, True, False, True]
    assert prior.rank([], 0) == []


def test_what_is_spoken_against_says_nothing_of_what_is_liked(features: Features) -> None:
    assert column(features, [Turn(True, "not Heat", (), ("a",))], "shared_star") == [0, 0, 0, 0]


def test_sources_are_ranks_of_groups_that_speak_for_an_item() -> None:
    prior = DialoguePrior(ITEMS, [["a"], ["a", "b"], ["a", "b", "c"]], weights={"had": 1.0, "kind_asked": 3.0})
    found = {one: sources for one, _, sources in prior.rank([Turn(True, "something scary")], 4)}
    assert next(iter(found)) == "b"
    assert found["a"] == {"popular": 1}
    assert found["b"] == {"popular": 2, "words": 1}


def test_the_order_of_the_catalogue_does_not_matter() -> None:
    turns = [Turn(True, "crime like Heat", ("a",))]
    order = [3, 1, 0, 2]
    plain = DialoguePrior(ITEMS, [["a", "c"]], VECTORS, encode, past=PAST)
    other = DialoguePrior([ITEMS[n] for n in order], [["c", "a"]], VECTORS[order], encode, past=PAST)
    first, second = plain.rank(turns, 4), other.rank(turns, 4)
    assert [one for one, _, _ in first] == [one for one, _, _ in second]
    assert [value for _, value, _ in first] == pytest.approx([value for _, value, _ in second], abs=1e-6)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"items": []}, "hold none"),
        ({"items": [ITEMS[0], ITEMS[0]]}, "one id twice"),
        ({"items": ITEMS, "vectors": VECTORS[:2]}, "are 2 for 4 items"),
        ({"items": ITEMS, "weights": {"luck": 1.0}}, "luck"),
        ({"items": ITEMS, "past": PAST, "shares": [1.0]}, "one positive number for each"),
        ({"items": ITEMS, "past": PAST, "shares": [1.0, 0.0]}, "one positive number for each"),
    ],
)
def test_bad_input_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        DialoguePrior(**given)  # type: ignore[arg-type]


def test_every_packaged_weight_is_of_a_feature_and_every_feature_of_one_group() -> None:
    assert len(set(FEATURES)) == len(FEATURES) == sum(map(len, GROUPS.values()))
    assert DialoguePrior(ITEMS, past=PAST).weights.any()
    assert DialoguePrior(ITEMS).weights.any()


def test_learning_finds_what_decides() -> None:
    """Seekers get what has the star they name; years are noise."""
    rng = np.random.default_rng(0)
    stars = [f"Star Number{n % 10}" for n in range(60)]
    items = [
        Item(id=f"i{n:02}", title=f"T{n}", attributes={"year": int(rng.integers(1960, 2020)), "star": (star,)})
        for n, star in enumerate(stars)
    ]
    dialogues = []
    for n in range(80):
        wanted = int(rng.integers(60))
        turns = (Turn(True, f"anything with {stars[wanted]}?"), Turn(False, "this", (f"i{wanted:02}",)))
        dialogues.append(Dialogue(f"d{n}", turns))
    prior = DialoguePrior(items, past=dialogues)
    given, of = learning.choices(prior.features, dialogues)
    weights = learning.fit(given, {"star_named", "year"})
    assert of.tolist() == list(range(80)) and given.chosen.sum() == 80
    assert weights["star_named"] > 3 > abs(weights["year"]) * 3
    learned = DialoguePrior(items, past=dialogues, weights=weights)
    top = [one for one, _, _ in learned.rank([Turn(True, "Star Number3?")], 6)]
    assert {int(one[1:]) % 10 for one in top} == {3}


def test_the_draw_of_others_does_not_bias_the_weights() -> None:
    """With fewer items than are drawn, every item stands for itself: the offset is 0."""
    known = Known(ITEMS, [], VECTORS)
    given, _ = learning.choices(Features(known, Past(PAST, known.place, encode)), PAST)
    assert set(given.offset[given.offset > learning.EMPTY].tolist()) == {0.0}
    assert given.chosen.sum(axis=1).tolist() == [1, 1, 1]
    assert (given.offset > learning.EMPTY).sum(axis=1).tolist() == [3, 4, 3]  # what was named is no choice
