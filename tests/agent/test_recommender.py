"""The whole loop on real parts: a slate that is logged, a reward that joins it, and every bad input said by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from tastemaker import Event, EventType, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.experiments import Experiment, Variant, assign
from tastemaker.agent.feedback.heads import add_head, rollback, serve
from tastemaker.agent.feedback.trials import add_experiment, experiments, exposures, running
from tastemaker.agent.online import OnlineHead
from tastemaker.domain import Reason
from tastemaker.errors import (
    ConflictError,
    EmptyCatalogueError,
    EmptyHistoryError,
    EncoderMismatchError,
    InvalidInputError,
    ModelNotFoundError,
    StoreError,
    TastemakerError,
    UnknownItemError,
    UnknownUserError,
)
from tastemaker.retrieval.encoders import HashingEncoder


def test_recommends_unseen_items_with_reasons_and_provenance(recommender: Recommender) -> None:
    found = recommender.recommend("ann", k=4)
    assert len({item.id for item in found.items}) == 4
    assert not {item.id for item in found.items} & {"i0", "i2", "i4"}
    assert [item.rank for item in found.items] == [1, 2, 3, 4]
    assert [item.score for item in found.items] == sorted((item.score for item in found.items), reverse=True)
    for item in found.items:
        assert item.explanation
        assert item.explanation_source in {"model", "template"}
        assert item.sources
        assert item.llm_logprob is not None
        assert item.score == pytest.approx(item.fused_from["prior"] + 0.5 * item.fused_from["model"])
    assert found.engine == "embedded"
    assert found.log_propensity == 0.0


def test_the_decision_is_logged_with_all_candidates(recommender: Recommender) -> None:
    found = recommender.recommend("ann", k=3, tau=0.8, seed=5, explain=False)
    logged = recommender.core.store.log.decision(found.decision_id)
    assert logged["seed"] == 5
    assert logged["tau"] == 0.8
    assert logged["log_propensity"] == pytest.approx(found.log_propensity)
    assert found.log_propensity < 0
    assert len(logged["candidates"]) == 9
    assert {"id", "prior", "llm_logprob", "score", "sources"} <= set(logged["candidates"][0])


def test_a_seed_repeats_a_slate(recommender: Recommender) -> None:
    slates = [
        [item.id for item in recommender.recommend("ann", k=5, tau=2.0, seed=seed, explain=False).items]
        for seed in (1, 1, 2, 3)
    ]
    assert slates[0] == slates[1]
    assert len({tuple(slate) for slate in slates}) > 1


def test_a_reward_joins_its_impression_and_the_history(recommender: Recommender) -> None:
    found = recommender.recommend("ann", k=3, explain=False)
    shown = found.items[1]
    receipt = recommender.reward(found.decision_id, shown.id, "like", event_id="e1")
    assert (receipt.position, receipt.reward, receipt.duplicate) == (2, 1.0, False)
    assert recommender.reward(found.decision_id, shown.id, EventType.LIKE, event_id="e1").duplicate
    joined = recommender.core.store.log.rewards(found.decision_id)
    assert [row["reward"] for row in joined] == [None, 1.0, None]
    history = recommender.core.store.catalogue.history("ann")
    assert [event.item_id for event in history].count(shown.id) == 1
    assert shown.id not in {item.id for item in recommender.recommend("ann", k=9, explain=False).items}


def test_a_reward_may_come_before_its_decision(recommender: Recommender) -> None:
    before = recommender.core.store.catalogue.history("ann")
    receipt = recommender.reward("not-yet", "i0", "click", event_id="early")
    assert (receipt.orphan, receipt.position, receipt.duplicate) == (True, None, False)
    assert recommender.reward("not-yet", "i0", "click", event_id="early").duplicate
    assert recommender.core.store.catalogue.history("ann") == before


def test_a_head_that_serves_scores_and_its_slates_say_so(recommender: Recommender) -> None:
    """A head that hears the prior alone, and against it: the order turns round, and what is logged is what was drawn from."""
    log = recommender.core.store.log
    before = recommender.recommend("ann", k=5, explain=False)
    head = OnlineHead(
        features=("prior",), mean=(-1.0, 0.0), covariance=((0.01, 0.0), (0.0, 0.01)), impressions=10, outcomes_until=1
    )
    add_head(log, head.version, head.model_dump(mode="json"), 1)
    serve(log, head.version, {"kind": "promotion"})
    plain, drawn = (recommender.recommend("ann", k=5, explain=False, thompson=one, seed=3) for one in (False, True))
    logged, thompson = log.decision(plain.decision_id), log.decision(drawn.decision_id)
    assert plain.policy_version == f"greedy@{head.version}" and logged["head_version"] == head.version
    priors = {row["id"]: row["prior"] for row in logged["candidates"]}
    shown = [priors[item.id] for item in plain.items]
    assert shown == sorted(shown) and before.items[0].id != plain.items[0].id
    assert logged["theta"] is None and len(thompson["theta"]) == 1 and thompson["theta"][0] != -1.0
    scores = {row["id"]: row["score"] for row in thompson["candidates"]}
    assert [item.score for item in drawn.items] == [scores[item.id] for item in drawn.items]
    assert rollback(log) is None
    assert [one.id for one in recommender.recommend("ann", k=5, explain=False).items] == [
        one.id for one in before.items
    ]


def test_an_experiment_has_the_last_word_and_is_logged(recommender: Recommender) -> None:
    log = recommender.core.store.log
    trial = Experiment(name="warm", variants={"control": Variant(), "warm": Variant(epsilon=1.0, weight=1e6)})
    add_experiment(log, trial)
    arm = assign([trial], "ann")["warm"]
    found = log.decision(recommender.recommend("ann", k=2, explain=False).decision_id)
    assert found["epsilon"] == (1.0 if arm == "warm" else 0.0)
    [row] = exposures(log, "warm")
    assert (row["user_id"], row["variant"], row["decision_id"], len(row["slate"])) == ("ann", arm, found["id"], 2)
    recommender.recommend(["i8"], k=2, explain=False)  # nobody: takes no part
    add_experiment(log, trial, "stopped")
    recommender.recommend("ann", k=2, explain=False)
    assert len(exposures(log, "warm")) == 1 and running(log) == []
    later = trial.model_copy(update={"name": "later", "started_at": trial.started_at + timedelta(hours=1)})
    add_experiment(log, later)
    add_experiment(log, trial, "stopped")
    assert [(name, state) for name, (state, _) in experiments(log).items()] == [
        ("warm", "stopped"),
        ("later", "running"),
    ]


def test_from_a_history_of_ids_and_events(recommender: Recommender) -> None:
    history: list[str | Event] = ["i8", Event(user_id="x", item_id="i9", type=EventType.LIKE)]
    found = recommender.recommend(history, k=3, explain=False)
    assert found.user_id is None
    assert not {item.id for item in found.items} & {"i8", "i9"}


def test_a_new_user_with_a_query_is_served(recommender: Recommender) -> None:
    found = recommender.recommend("newcomer", query="journey to mars", k=1, explain=False)
    assert found.user_id == "newcomer"
    assert found.items[0].title == "Journey to Mars"


@pytest.mark.slow
def test_reasons_follow_the_language(recommender: Recommender) -> None:
    assert "《" in recommender.recommend("ann", k=1, language="zh").items[0].explanation


@pytest.mark.slow
def test_everything_survives_a_new_process(recommender: Recommender, store: Path, embedded: Engine) -> None:
    decision = recommender.recommend("ann", k=2, explain=False)
    with Recommender.open(store, encoder="hashing") as again:
        again.core.use_engine(again.core.settings.ranker, embedded)
        assert again.index([]) == 0
        assert again.reward(decision.decision_id, decision.items[0].id, "dislike").reward == -1.0


def test_rerank_returns_every_document_once(recommender: Recommender) -> None:
    documents = ["A guide to soup", "Mars rockets", "Mars rockets", "钢琴入门"]
    ranked = recommender.rerank("how to cook soup", documents)
    assert sorted(document.index for document in ranked) == [0, 1, 2, 3]
    assert all(documents[document.index] == document.text for document in ranked)
    assert ranked[0].index == 0
    assert sum(document.score for document in ranked) == pytest.approx(1)
    assert all(0 < document.score < 1 for document in ranked)


def test_rerank_needs_no_store(store: Path, embedded: Engine) -> None:
    with Recommender.open(store, encoder="hashing") as recommender:
        recommender.core.use_engine(recommender.core.settings.ranker, embedded)
        assert len(recommender.rerank(["soup", "bread"], ["soup", "mars"])) == 2
    assert not store.exists()


BAD: list[tuple[str, type[TastemakerError], str]] = [
    ("r.recommend('nobody')", UnknownUserError, "'nobody'"),
    ("r.recommend(['i0', 'nothing'])", UnknownItemError, "'nothing'"),
    ("r.recommend([])", EmptyHistoryError, "nothing to recommend from"),
    ("r.recommend(None)", EmptyHistoryError, "nothing to recommend from"),
    ("r.recommend('ann', query='x' * 100_000)", InvalidInputError, "query: value: String should have at most 20000"),
    ("r.recommend('ann', query='nul\\x00')", InvalidInputError, "NUL"),
    ("r.recommend('ann', query='half \\ud83d')", InvalidInputError, "surrogate"),
    ("r.recommend('half \\ud83d')", InvalidInputError, "surrogate"),
    ("r.recommend('a b')", InvalidInputError, "position 1"),
    ("r.recommend('a/b')", InvalidInputError, "slashes"),
    ("r.recommend('')", InvalidInputError, "user_id"),
    ("r.recommend('ann', k=0)", InvalidInputError, "k: is 0"),
    ("r.recommend('ann', k=101)", InvalidInputError, "1 to 100"),
    ("r.recommend('ann', k='5')", InvalidInputError, "whole number"),
    ("r.recommend('ann', k=2.5)", InvalidInputError, "whole number"),
    ("r.recommend('ann', tau=1, seed=-1)", InvalidInputError, "seed"),
    ("r.recommend('ann', tau=1, seed=2**63)", InvalidInputError, "seed"),
    ("r.recommend(5)", InvalidInputError, "is a int"),
    ("r.rerank('q', 'abc')", InvalidInputError, "is one text"),
    ("r.recommend('ann', depth=0)", InvalidInputError, "depth: is 0"),
    ("r.recommend('ann', budget_ms=0)", InvalidInputError, "budget_ms: is 0"),
    ("r.recommend('ann', budget_ms=float('nan'))", InvalidInputError, "budget_ms: is nan"),
    ("r.rerank('q', ['a'], depth='5')", InvalidInputError, "depth"),
    ("r.rerank('q', ['a'], budget_ms=-5)", InvalidInputError, "budget_ms: is -5"),
    ("r.recommend('ann', tau=-1)", InvalidInputError, "tau"),
    ("r.recommend('ann', language='fr')", InvalidInputError, "language"),
    ("r.observe([E(user_id='ann', item_id='nothing', type='like')])", UnknownItemError, "'nothing'"),
    ("r.rerank('', ['a'])", InvalidInputError, "query or history"),
    ("r.rerank([], ['a'])", InvalidInputError, "query or history"),
    ("r.rerank(['a', ' '], ['a'])", InvalidInputError, "query or history"),
    ("r.rerank('q', [])", InvalidInputError, "documents"),
    ("r.rerank('q', ['a', ' '])", InvalidInputError, r"documents\[1\]"),
    ("r.rerank('q', ['a', 'nul\\x00'])", InvalidInputError, r"documents\[1\].*NUL"),
    ("r.rerank('q' * 100_000, ['a'])", InvalidInputError, "at most 20000"),
    ("r.rerank('q', ['a'] * 1001)", InvalidInputError, "1001 were given"),
    ("r.recommend('ann', thompson=True)", InvalidInputError, "thompson: needs a head"),
    ("r.reward('nope', 'i0', 'stare')", InvalidInputError, "type"),
    ("r.reward('nope', 'i0', 'rating')", InvalidInputError, "0.5 to 5"),
    ("r.reward('nope', 'i 0', 'like')", InvalidInputError, "item_id"),
]


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], events: list[Event], embedded: Engine
) -> Iterator[Recommender]:
    """One filled store for calls that must change nothing, which each of them checks."""
    folder = tmp_path_factory.mktemp("shared") / "store"
    with Recommender.open(folder, encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(items)
        opened.observe(events)
        yield opened


@pytest.mark.parametrize(("call", "error", "says"), BAD, ids=[call for call, _, _ in BAD])
def test_bad_input_is_refused_by_name_and_changes_nothing(
    shared: Recommender, call: str, error: type[TastemakerError], says: str
) -> None:
    store = shared.core.store
    before = (store.catalogue.size(), store.catalogue.history("ann"))
    with pytest.raises(error, match=says):
        eval(call, {"r": shared, "E": Event})
    assert (store.catalogue.size(), store.catalogue.history("ann")) == before


def test_an_empty_catalogue_is_named(store: Path) -> None:
    with Recommender.open(store, encoder="hashing") as recommender, pytest.raises(EmptyCatalogueError, match="no item"):
        recommender.index([])


def test_an_event_id_for_two_rewards_is_a_conflict(recommender: Recommender) -> None:
    found = recommender.recommend("ann", k=2, explain=False)
    recommender.reward(found.decision_id, found.items[0].id, "like", event_id="e1")
    with pytest.raises(ConflictError, match="'e1'"):
        recommender.reward(found.decision_id, found.items[1].id, "like", event_id="e1")


def test_duplicate_ids_add_nothing(recommender: Recommender, items: list[Item]) -> None:
    with pytest.raises(InvalidInputError, match="given twice"):
        recommender.index([Item(id="new", title="New"), Item(id="new", title="New")])
    assert recommender.core.store.catalogue.size() == (len(items), 0)


def test_another_encoder_is_refused_at_once(recommender: Recommender, store: Path) -> None:
    with pytest.raises(EncoderMismatchError, match="'hashing', but"):
        Recommender.open(store)
    with pytest.raises(EncoderMismatchError, match=r"'hashing', but .*DeterministicFakeEmbedding"):
        Recommender.open(store, embeddings=DeterministicFakeEmbedding(size=8))


def test_any_langchain_encoder_can_be_given(store: Path, items: list[Item], embedded: Engine) -> None:
    with Recommender.open(store, embeddings=DeterministicFakeEmbedding(size=8)) as recommender:
        recommender.core.use_engine(recommender.core.settings.ranker, embedded)
        assert recommender.index(items) == len(items)
        assert recommender.recommend(query="soup", k=1, explain=False).items


def test_a_folder_that_holds_no_store_is_named_and_not_made(store: Path) -> None:
    with (
        Recommender.open(store, encoder="hashing") as recommender,
        pytest.raises(EmptyCatalogueError, match="no store in this folder"),
    ):
        recommender.recommend("ann")
    assert not store.exists()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path, items: list[Item]) -> None:
    (tmp_path / "file").write_text("x")
    with Recommender.open(tmp_path / "file", encoder="hashing") as recommender, pytest.raises(StoreError, match="file"):
        recommender.index(items)


def test_a_model_that_is_none_is_named(store: Path, items: list[Item]) -> None:
    with Recommender.open(store, encoder="hashing", ranker=str(store.parent)) as recommender:
        recommender.index(items)
        with pytest.raises(ModelNotFoundError, match=r"holds no config\.json"):
            recommender.recommend(query="soup")


class InterruptedEncoder(HashingEncoder):
    """Sends Ctrl-C to the main thread in its first batch, as a terminal would."""

    armed = True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.armed:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
            self.armed = False
        return super().embed_documents(texts)


def test_ctrl_c_in_an_index_stops_it_and_the_next_completes_it(store: Path) -> None:
    many = [Item(id=f"n{n}", title=f"Title {n}") for n in range(1000)]
    encoder = InterruptedEncoder()
    with pytest.raises(KeyboardInterrupt), Recommender.open(store, embeddings=encoder) as recommender:
        try:
            recommender.index(many)
        finally:  # the same object goes on, as in a notebook
            total, waiting = recommender.core.store.catalogue.size()
            assert recommender.index([]) == waiting > 0
            assert total == 1000
    with Recommender.open(store, embeddings=encoder) as recommender:
        assert recommender.core.store.catalogue.size() == (1000, 0)
        assert recommender.index([]) == 0


def test_ctrl_c_while_items_are_read_adds_none(store: Path) -> None:
    def source() -> Iterator[Item]:
        yield Item(id="first", title="First")
        os.kill(os.getpid(), signal.SIGINT)
        for n in range(100):
            time.sleep(0.05)
            yield Item(id=f"n{n}", title="Later")

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Recommender.open(store, encoder="hashing") as recommender:
        recommender.index(source())
    assert time.monotonic() - started < 3
    with Recommender.open(store, encoder="hashing") as recommender, pytest.raises(EmptyCatalogueError):
        recommender.recommend(query="first")


@pytest.mark.slow
def test_lost_vectors_are_made_again(store: Path, items: list[Item]) -> None:
    with Recommender.open(store, encoder="hashing") as recommender:
        recommender.index(items)
    code = (
        "import shutil, sys; from tastemaker import Recommender; shutil.rmtree(sys.argv[1] + '/chroma');"
        "r = Recommender.open(sys.argv[1], encoder='hashing'); print(r.index([])); r.close()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(len(items)), done.stderr


def test_one_event_id_at_once_is_stored_once(recommender: Recommender) -> None:
    found = recommender.recommend("ann", k=1, explain=False)
    with ThreadPoolExecutor(8) as pool:
        work = [
            pool.submit(recommender.reward, found.decision_id, found.items[0].id, "like", event_id="e1")
            for _ in range(40)
        ]
        receipts = [done.result() for done in work]
    assert sum(not receipt.duplicate for receipt in receipts) == 1


def test_a_path_with_a_question_mark_is_one_folder(tmp_path: Path, items: list[Item]) -> None:
    with Recommender.open(tmp_path / "a?b", encoder="hashing") as recommender:
        recommender.index(items)
    assert [path.name for path in tmp_path.iterdir()] == ["a?b"]


def test_the_model_reads_no_deeper_than_asked(shared: Recommender) -> None:
    found = shared.recommend("ann", k=6, depth=3, explain=False)
    assert sorted(item.prior_rank for item in found.items if item.llm_logprob is not None) == [1, 2, 3]
    ranked = shared.rerank("soup", ["a guide to soup", "rockets", "piano", "bread"], depth=2)
    assert sorted(one.prior_rank for one in ranked if one.llm_logprob is not None) == [1, 2]
    assert found.degraded is None and ranked[0].degraded is None  # that is what was asked for


def test_without_time_the_prior_answers_and_says_so(shared: Recommender) -> None:
    shared.recommend("ann", k=4)  # all is loaded
    for budget in (0.01, 1.0, 60.0):
        started = time.perf_counter()
        found = shared.recommend("ann", k=4, budget_ms=budget)
        taken = time.perf_counter() - started
        assert len(found.items) == 4 and all(item.explanation for item in found.items) and taken < 5
    found = shared.recommend("ann", k=4, budget_ms=0.01)
    assert found.degraded == Reason.BUDGET and [item.prior_rank for item in found.items] == [1, 2, 3, 4]
    assert all(item.llm_logprob is None and item.explanation_source == "template" for item in found.items)
    ranked = shared.rerank("soup", ["rockets", "a guide to soup"], budget_ms=0.01)
    assert {one.degraded for one in ranked} == {Reason.BUDGET} and [one.prior_rank for one in ranked] == [1, 2]
    assert shared.recommend("ann", k=4, budget_ms=600_000).degraded is None


def test_templates_of_one_s_own_are_used(store: Path, embedded: Engine, tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    head = "{# version: 9\n   use: x\n   variables: history, query, language\n   output: x #}\n"
    text = "{% for line in history %}{{ line }}; {% endfor %}{{ query }}\nNext:"
    (own / "choice.jinja").write_text(head + text, encoding="utf-8")
    found = []
    for folder in (own, None):
        with Recommender.open(store, encoder="hashing", mode="likelihood", prompts=folder) as recommender:
            recommender.core.use_engine(recommender.core.settings.ranker, embedded)
            found.append([one.llm_logprob for one in recommender.rerank("soup", ["a guide to soup", "rockets"])])
    assert found[0] != found[1]
