"""The front door of the agent; `tastemaker.agent.blocking` has the same for code without an event loop."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import anyio
import anyio.to_thread
import numpy as np
from langchain_core.embeddings import Embeddings
from pydantic import TypeAdapter

from tastemaker.agent.answering import Wanted, decide
from tastemaker.agent.conversation.pieces import Piece
from tastemaker.agent.conversation.service import Conversations
from tastemaker.agent.documents import similarities
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.erasure import Erasure, erase
from tastemaker.agent.expiry import Expiry, expire, limit
from tastemaker.agent.explanations.service import Explaining, manner
from tastemaker.agent.head import Head
from tastemaker.agent.limits import MAX_DOCUMENTS, check_limits, checked, left, ms_left
from tastemaker.agent.models import Models, salted
from tastemaker.agent.policy import Policy
from tastemaker.agent.profiles import prefer, profile_for, profile_of, whole_profile
from tastemaker.agent.reranker import DEPTH, Reranker
from tastemaker.agent.store import Store, no_store
from tastemaker.domain import (
    Candidate,
    Contrast,
    Event,
    EventType,
    Explanation,
    Id,
    Item,
    Preferences,
    Recommendation,
    RerankedDocument,
    RewardReceipt,
    Text,
)
from tastemaker.errors import EmptyCatalogueError, InvalidInputError
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.encoders import Encoder, NamedEncoder, encoder_id, open_encoder
from tastemaker.retrieval.filters import parse_filter
from tastemaker.retrieval.fusion import Learned, learned
from tastemaker.retrieval.profile import UserProfile
from tastemaker.retrieval.retriever import Retriever
from tastemaker.settings import ModelSpec, Settings

MAX_K = 100
_text: TypeAdapter[str] = TypeAdapter(Text)
_id: TypeAdapter[str] = TypeAdapter(Id)


class AsyncRecommender:
    """A store folder with its catalogue, index and log, and the models that read it; made by `open`.

    Models and encoder load when first needed. Use it as an async context manager, or call `close`.
    """

    def __init__(self, settings: Settings, encoder: Encoder | None, progress: Progress) -> None:
        self.settings, self._progress, self._encoder = settings, progress, encoder
        self._store = self._open_store() if Store.exists(settings.path) else None
        self.prompts = PromptBuilder(settings.prompts)
        self.models = Models(settings, self.prompts, progress)
        self._conversations = Conversations(self)

    @classmethod
    async def open(
        cls, path: Path | str | None = None, *, embeddings: Embeddings | None = None, progress: Progress = silent,
        **settings: Any,
    ) -> AsyncRecommender:  # fmt: skip
        """Open the store at `path`, which the first `index` makes; `settings` are the fields of `Settings`.

        `embeddings` is any LangChain encoder, in place of the setting `encoder`.

        Raises:
            StoreError: the folder can't be used, or its vectors were made by another encoder.
            InvalidInputError: an unknown or wrong setting.
        """
        found = Settings.load(path=path, **settings)
        encoder = NamedEncoder(embeddings, _name_of(embeddings), unit=True) if embeddings else None
        return await anyio.to_thread.run_sync(cls, found, encoder, progress)

    async def index(self, items: Iterable[Item]) -> int:
        """Add or replace items and encode those whose text is new; returns how many were encoded.

        Stopped half-way it leaves a store that the next call completes, even one with no items.
        Raises `InvalidInputError` for an id given twice; then nothing is added.
        """

        def run() -> int:
            store = self._store = self._store or self._open_store()
            store.catalogue.add_items(items)
            total, waiting = store.catalogue.size()
            if not total:
                raise EmptyCatalogueError("the catalogue holds no item", remedy="Give at least one item")
            wanted = waiting or store.index.elsewhere
            return store.index.update(store.catalogue, self.encoder(), self._progress) if wanted else 0

        return await anyio.to_thread.run_sync(run)

    async def observe(self, events: Iterable[Event]) -> int:
        """Store what users did, all or nothing; returns how many events were new.

        Raises `UnknownItemError` for an item that is not in the catalogue.
        """
        return await anyio.to_thread.run_sync(self.store.catalogue.add_events, events)

    async def fit(self) -> Learned:
        """Learn tastes from all events so far, and how to weigh the sources from the last tenth of them; says what it chose.

        New users and events need no other call: they are folded in. Call it again when much has changed; with a hundred
        thousand events it takes half a minute. Nothing is learned while no user had two items.
        """

        def run() -> Learned:
            return fit_store(self.store.catalogue, self.store.index, self._progress)

        from tastemaker.retrieval.tuning import fit_store  # scipy takes a third of a second, which only this needs

        return await anyio.to_thread.run_sync(run)

    async def fit_head(self) -> Head:
        """Learn how much the ranker's scores count beside the prior, from what users of the last tenth of all events did next.

        The model reads up to a hundred rankings, a second or three each on two cores. The head is kept in the store for this
        model, mode and templates; it may find that the model adds nothing, and then gives it no say. Call `fit` before it.
        Raises what the model's engine raises.
        """
        from tastemaker.agent.learning import fit_head_of  # scipy again

        return await fit_head_of(self.store, await self.ranker(), self._progress)

    async def profile(self, user_id: str) -> UserProfile:
        """All that is known of a user, with the events that it rests on. Raises `UnknownUserError`."""
        return await anyio.to_thread.run_sync(whole_profile, self.store, checked(_id, user_id, "user_id"))

    async def preferences(self, user_id: str) -> Preferences:
        """What a user set; empty if nothing."""
        found = await anyio.to_thread.run_sync(self.store.catalogue.preferences, checked(_id, user_id, "user_id"))
        return found or Preferences()

    async def prefer(self, user_id: str, preferences: Preferences) -> None:
        """Replace what a user set; from now on it limits all that they are shown.

        Raises `InvalidInputError` for constraints that are no filter, or that name what no item has.
        """
        await anyio.to_thread.run_sync(prefer, self.store, checked(_id, user_id, "user_id"), preferences)

    async def erase(self, user_id: str, item_id: str | None = None) -> Erasure:
        """Delete a user's events, preferences, conversations and all that is logged of them, or only the events on one item; says what it did.

        A head that serves and had learned from them is fitted anew, in seconds or minutes as the log is long. Tastes learned from them,
        which name no user, stay until the next `fit`. Raises `UnknownUserError` if there was nothing.
        """
        user_id, item_id = checked(_id, user_id, "user_id"), checked(_id, item_id, "item_id") if item_id else None
        return await anyio.to_thread.run_sync(erase, self.store, user_id, item_id)

    async def expire(self, older_than: timedelta) -> Expiry:
        """Delete all users' events, conversations whose last turn, and decisions with all that came of them, that are older; says what it did.

        What users set stays, and heads and tastes, which name no user. Stopped half-way, the next call goes on. Raises `InvalidInputError` unless
        the age is positive.
        """
        return await anyio.to_thread.run_sync(expire, self.store, limit(older_than), self._progress)

    async def recommend(
        self,
        user_or_history: str | Sequence[str | Event] | None = None,
        *,
        query: str | None = None,
        k: int = 5,
        depth: int | None = None,
        budget_ms: float | None = None,
        tau: float = 0.0,
        epsilon: float = 0.0,
        thompson: bool = False,
        seed: int | None = None,
        where: Mapping[str, Any] | None = None,
        diversity: float = 0.0,
        calibration: float = 0.0,
        cold_share: float = 0.0,
        explain: bool = True,
        language: str | None = None,
        ranker: str | ModelSpec | None = None,
    ) -> Recommendation:
        """Recommend `k` unseen items, logged before they are returned.

        Args:
            user_or_history: A user id, or a history, oldest first, of item ids (each counts as a like) and events.
            query: What is wanted now, in words. A user without events needs one.
            k: From 1 to 100.
            depth: How many of the prior's best the model reads, by default 20, or `k` if that is more.
            budget_ms: Milliseconds in which to answer, models that are loaded taken for granted. The model reads as many
                candidates as it can till then, the rest keep the prior's order, and `degraded` says so; reasons for which
                no time is left come from templates.
            tau: Temperature of the Plackett–Luce policy; 0 shows the best `k`.
            epsilon: In [0, 1]: with this probability a slate drawn evenly from all that could be shown of the candidates, so that
                every slate has a propensity above 0 and other policies can be evaluated from the log.
            thompson: Draw the coefficients of the head that serves from what is known of them, once for this slate.
            seed: For the draw; chosen and logged if not given.
            where: Hard filter, such as `{"year": {"gte": 1990}, "not": {"category": "Horror"}}`; see `parse_filter`. If
                fewer items pass than asked for, the slate is shorter.
            diversity: In [0, 1]; above 0 the slate's items are chosen to be unlike each other too.
            calibration: In [0, 1]; above 0 they are chosen in the proportions of the user's interests.
            cold_share: In [0, 1]; above 0 at least that share of the slate, rounded up, are items that nobody had yet, if
                there are so many. At most one of `diversity`, `calibration` and `cold_share` can be given.
            explain: Write a reason for each item.
            language: Of the reasons, `en`, `zh` or `zh-hant`; by default that of the query, else of the history.
            ranker: Another model than the settings', for this request: such as `http://HOST:PORT#NAME` with the name of a LoRA
                adapter that the vLLM server holds. It is opened and tested at its first request.

        Raises:
            UnknownUserError, UnknownItemError, EmptyCatalogueError, EmptyHistoryError, InvalidInputError, EngineError.
        """
        started = time.perf_counter()
        _check_k(k)
        if seed is not None and (not isinstance(seed, int) or not 0 <= seed < 2**63):
            raise InvalidInputError(f"is {seed!r}, not a whole number from 0 to 2**63 - 1", where="seed")
        if not isinstance(user_or_history, str | Sequence | None):
            raise InvalidInputError(
                f"is a {type(user_or_history).__name__}, not an id or a sequence", where="user_or_history"
            )
        check_limits(depth, budget_ms)
        manner(language, "plain", "full", "en")
        query = checked(_text, query, "query").strip() if query else None
        policy = Policy(tau, epsilon)
        user_id, profile = await anyio.to_thread.run_sync(self._profile, user_or_history, query)
        wanted = {
            "where": parse_filter(where) if where is not None else None, "diversity": diversity,
            "calibration": calibration, "cold_share": cold_share,
        }  # fmt: skip
        # What was chosen for its company must be shown together: the model then orders it, and adds nothing.
        found = k if diversity or calibration or cold_share else max(depth or DEPTH, k)
        asked = Wanted(
            user_id, profile, query, partial(self._retrieve, profile, query, found, **wanted), k, where, depth, budget_ms,
            policy, thompson, seed, cold_share, language,
        )  # fmt: skip
        loading = time.perf_counter()
        reranker = await self.ranker(ranker)
        started += time.perf_counter() - loading  # loading a model, once, is no part of a request's time
        recommendation = await decide(asked, self.store, reranker, self.prompts.version, started)
        reranked = time.perf_counter()
        if not explain:
            return recommendation
        async with aclosing(self.explain(recommendation, budget_ms=ms_left(started, budget_ms))) as reasons:
            told = [reason async for reason in reasons]
        shown = [
            item.model_copy(
                update={"explanation": one.text, "explanation_source": one.source, "evidence": one.evidence}
            )
            for item, one in zip(recommendation.items, told, strict=True)
        ]
        timings = recommendation.timings | {"explain": round(time.perf_counter() - reranked, 4)}
        return recommendation.model_copy(update={"items": tuple(shown), "timings": timings})

    async def explain(
        self, decision: Recommendation | str, *, language: str | None = None, tone: str = "plain",
        length: str = "full", counterfactual: bool | None = None, budget_ms: float | None = None,
    ) -> AsyncGenerator[Explanation, None]:  # fmt: skip
        """Yield a reason for each item of a logged decision, in order, each as soon as it is written; logged before that.

        The writer's sentence is shown if every statement in it follows from the evidence, as code checks; it is asked once more
        with the fault named, then a template says what the evidence holds.

        Args:
            decision: What `recommend` returned, or its `decision_id`.
            language: `en`, `zh` or `zh-hant`; by default the one chosen when it was made.
            tone: `plain`, `friendly` or `formal`.
            length: `short` is one sentence, `full` one to three.
            counterfactual: Cite the items of the history without which the prior of the item falls most, and tell by how much:
                some retrievals, done unasked in a catalogue of up to 20,000. Else those that are likest to it.
            budget_ms: Milliseconds; reasons for which no time is left come from templates.

        Raises:
            UnknownDecisionError, InvalidInputError.
        """
        started = time.perf_counter()
        if budget_ms is not None:
            check_limits(None, max(budget_ms, 1e-3))
        manner(language, tone, length, "en")
        identity = decision.decision_id if isinstance(decision, Recommendation) else checked(_id, decision, "decision")
        how = partial(manner, language, tone, length)
        self._progress("Writing reasons", 0, None)
        reasons = self._explaining().reasons(identity, how, self.models.writer, counterfactual, started, budget_ms)
        async with aclosing(reasons) as told:
            async for one in told:
                yield one

    async def why_not(self, decision: Recommendation | str, item_id: str, *, language: str | None = None) -> Contrast:
        """Why an item was not shown: the condition it fails, that the user had it, or its place and scores.

        Raises `UnknownDecisionError`, `UnknownItemError`, `InvalidInputError`.
        """
        identity = decision.decision_id if isinstance(decision, Recommendation) else checked(_id, decision, "decision")
        how = partial(manner, language, "plain", "full")
        return await self._explaining().why_not(identity, checked(_id, item_id, "item_id"), how)

    def _explaining(self) -> Explaining:
        return Explaining(self.store, self.prompts, self.encoder)

    async def chat(
        self, message: str, conversation_id: str | None = None, *, user_id: str | None = None, k: int = 5,
        language: str | None = None, lift: Sequence[str] = (), budget_ms: float | None = None, explain: bool = True,
        diversity: float = 0.0,
    ) -> AsyncGenerator[Piece, None]:  # fmt: skip
        """Take a turn of a conversation, and yield the reply piece by piece: text, a slate, its reasons, and what is in force.

        Args:
            message: What the user says, in English or Chinese; 4,000 characters of it are read.
            conversation_id: Which conversation goes on; one of that id begins if there is none. By default a new one.
            user_id: Whose it is; what is known of them counts, and what they say of items is added to it.
            k: How many items are shown, from 1 to 100; a number in the message wins.
            language: Of the reply, `en`, `zh` or `zh-hant`; by default that of the message.
            lift: Ids of chips that are no longer in force; `all` for every one.
            budget_ms: As in `recommend`, for the ranking.
            explain: Write a reason for each item.
            diversity: As in `recommend`.

        The slate is logged as a decision, and the turn is kept, before either is shown. Two turns of one conversation are taken one
        after the other.

        Raises:
            InvalidInputError, EmptyCatalogueError.
            ConflictError: the conversation is another user's, or another process took a turn meanwhile.
        """
        _check_k(k)
        check_limits(None, budget_ms)
        manner(language, "plain", "full", "en")
        owner = checked(_id, user_id, "user_id") if user_id is not None else None
        pieces = self._conversations.turn(
            message, conversation_id, owner, k=k, language=language, lift=lift, budget_ms=budget_ms, explain=explain,
            diversity=diversity,
        )  # fmt: skip
        async with aclosing(pieces) as told:
            async for piece in told:
                yield piece

    async def rerank(
        self, query_or_history: str | Sequence[str], documents: Sequence[str], *, depth: int | None = None,
        budget_ms: float | None = None, ranker: str | ModelSpec | None = None,
    ) -> list[RerankedDocument]:  # fmt: skip
        """Rank up to 1,000 texts for a query, or for a history of texts (oldest first); best first, none left out.

        The prior is the encoder's similarity. Scores are a softmax over the documents: each in (0, 1], sum 1. The model
        reads the prior's best `depth`, by default all; with `budget_ms` as many as it can in that time, models that are
        loaded taken for granted. What it does not read keeps the prior's order, and `degraded` says why. `ranker`: see `recommend`.
        Raises `InvalidInputError` for an empty query, history or document.
        """
        check_limits(depth, budget_ms)
        if isinstance(query_or_history, str):
            query, history = checked(_text, query_or_history, "query").strip(), []
        else:
            query = None
            history = [checked(_text, text, f"history[{n}]").strip() for n, text in enumerate(query_or_history)]
        if not (query or history) or not all(history):
            raise InvalidInputError("is empty", where="query or history", remedy="Give a query or a history of texts")
        if isinstance(documents, str):
            raise InvalidInputError("is one text, not a sequence of texts", where="documents")
        if not 1 <= len(documents) <= MAX_DOCUMENTS:
            raise InvalidInputError(f"{len(documents)} were given, not 1 to {MAX_DOCUMENTS}", where="documents")
        texts = [checked(_text, text, f"documents[{n}]").strip() for n, text in enumerate(documents)]
        if not all(texts):
            raise InvalidInputError(
                "is empty", where=f"documents[{texts.index('')}]", remedy="Leave empty documents out"
            )

        reranker = await self.ranker(ranker)
        encoder = await anyio.to_thread.run_sync(self.encoder)
        started = time.perf_counter()
        prior = (await anyio.to_thread.run_sync(similarities, encoder, query, history, texts)).tolist()
        with salted(None):
            scored = await reranker.rank(history, query, texts, prior, depth=depth, budget_s=left(started, budget_ms))
        shares = np.exp(scored.fused - np.logaddexp.reduce(scored.fused))
        by_prior = {n: rank for rank, n in enumerate(sorted(range(len(prior)), key=lambda n: (-prior[n], n)), start=1)}
        return [
            RerankedDocument(
                index=n, text=documents[n], rank=rank, score=float(shares[n]), prior=prior[n],
                prior_rank=by_prior[n], llm_logprob=scored.logprob(n), degraded=scored.degraded,
            )
            for rank, n in enumerate(scored.order, start=1)
        ]  # fmt: skip

    async def reward(
        self, decision_id: str, item_id: str, type: EventType | str, *, value: float | None = None,
        text: str | None = None, event_id: str | None = None,
    ) -> RewardReceipt:  # fmt: skip
        """Store what came of a shown item, and add it to the user's history.

        `event_id` makes a repeated call harmless; without one each call is a reward of its own.
        Raises `UnknownDecisionError`, `UnknownItemError` if the item was not shown, `ConflictError`, `InvalidInputError`.
        """
        event_id = checked(_id, event_id, "event_id") if event_id is not None else uuid4().hex

        def make(user_id: str | None) -> Event:
            return Event.model_validate(
                {"user_id": user_id or "anonymous", "item_id": item_id, "type": type, "value": value, "text": text,
                 "source": f"decision:{decision_id[:64]}"}
            )  # fmt: skip

        def run() -> RewardReceipt:
            make(None)  # a wrong type or value is said before anything is looked up
            receipt, event = self.store.log.add_reward(decision_id, event_id, make)
            # A duplicate too: the first try may have died here. Of an orphan nobody knows yet whose it is.
            if not receipt.orphan and self.store.log.owner(decision_id) is not None:
                self.store.catalogue.add_events([event])
            return receipt

        return await anyio.to_thread.run_sync(run)

    @property
    def store(self) -> Store:
        """The opened store. Raises `EmptyCatalogueError` if nothing was indexed into this folder yet."""
        if self._store is None:
            raise no_store(self.settings.path)
        return self._store

    def _open_store(self) -> Store:
        settings = self.settings
        made_by = (
            self._encoder.encoder_id if self._encoder else encoder_id(settings.encoder, settings.cache, self._progress)
        )
        return Store.of(settings, made_by)

    async def close(self) -> None:
        """Close the engines, and let go of the store: everything acknowledged is on disk."""
        await self.models.close()
        if self._store is not None:
            self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _profile(self, given: str | Sequence[str | Event] | None, query: str | None) -> tuple[str | None, UserProfile]:
        if isinstance(given, str):
            user_id = checked(_id, given, "user_id")
            return user_id, profile_for(self.store, user_id, wish=bool(query))
        return None, profile_of(self.store, given or ())

    def _retrieve(self, profile: UserProfile, query: str | None, depth: int, **choice: Any) -> list[Candidate]:
        return self.retriever().retrieve(profile, query, depth, **choice)

    def retriever(self) -> Retriever:
        """What finds candidates in the store as it is now; completes an index that was interrupted."""
        self.store.index.check_place()
        if not self.store.catalogue.is_indexed():
            self.store.index.update(self.store.catalogue, self.encoder(), self._progress)
        fusion = learned(self.store.catalogue).fusion
        return Retriever(self.store.catalogue, self.store.index, self.encoder, fusion)

    def encoder(self) -> Encoder:
        """What reads queries and items, loaded when first asked for."""
        if self._encoder is None:
            self._progress("Loading the encoder", 0, None)
            self._encoder = open_encoder(
                self.settings.encoder, self.settings.cache, self._progress, timeout_s=self.settings.timeout_s,
                api_key=self.settings.api_key,
            )  # fmt: skip
        return self._encoder

    def use_engine(self, spec: ModelSpec, engine: Engine) -> None:
        """Let `engine` serve what `spec` names, instead of opening one. It is closed with the recommender."""
        self.models.use(spec, engine)

    async def ranker(self, named: str | ModelSpec | None = None) -> Reranker:
        """The model that ranks, opened and tested: the settings', or the one `named`."""
        spec = ModelSpec.parse(named) if isinstance(named, str) else named
        return await self.models.ranker(self._store.catalogue if self._store else None, spec)


def _check_k(k: int) -> None:
    if not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise InvalidInputError(f"is {k!r}, not a whole number from 1 to {MAX_K}", where="k")


def _name_of(embeddings: Embeddings) -> str:
    kind = type(embeddings)
    told = ("encoder_id", "model", "model_name", "model_id", "repo_id", "dimensions", "size")
    known = [str(getattr(embeddings, name)) for name in told if isinstance(getattr(embeddings, name, None), str | int)]
    return f"{kind.__module__}.{kind.__qualname__}:{','.join(known)}"
