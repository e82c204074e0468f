"""Takes a turn of a conversation: reads it, updates what is in force, and replies; the slate is logged and remembered before it is shown."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread

from tastemaker.agent.answering import Wanted, decide
from tastemaker.agent.conversation import facts, finding, model_reader, notation, questions, replies, rules
from tastemaker.agent.conversation.conditions import in_words, value_word
from tastemaker.agent.conversation.memory import Turn
from tastemaker.agent.conversation.model_reader import Context
from tastemaker.agent.conversation.pieces import ChipShown, Piece
from tastemaker.agent.conversation.reading import MAX_MESSAGE_CHARS, Act, Mention, Reading
from tastemaker.agent.conversation.rules.lexicon import HAN
from tastemaker.agent.conversation.state import Asked, Chip, Shown, State
from tastemaker.agent.conversation.talk import talk
from tastemaker.agent.conversation.updating import Opinion, Update, Updater
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.explanations.names import to_simplified
from tastemaker.agent.models import salted
from tastemaker.agent.profiles import profile_for
from tastemaker.agent.reranker import DEPTH
from tastemaker.domain import Candidate, Event, Recommendation, check_text
from tastemaker.errors import ConflictError, EngineError, InvalidInputError, UnknownDecisionError
from tastemaker.retrieval.catalogue import WRITTEN
from tastemaker.retrieval.profile import UserProfile

if TYPE_CHECKING:
    from tastemaker.agent.recommender import AsyncRecommender

_YES = re.compile(
    r"\s*(?:(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please(?: do)?|do(?: it| so)?|go ahead|drop (?:it|that|them)(?: all)?|fine|thanks"
    r"|好(?:的|吧|啊|呀)?|可以|行|去掉(?:它)?(?:吧)?|要|是的?|嗯|麻烦了?|谢谢)[\s,，.。!！、]*)+", re.IGNORECASE
)  # fmt: skip
_TITLED = re.compile("《[^《》]*》")
_TALK = (
    ("thanks", re.compile(r"thank|thx|cheers|谢|謝|多谢", re.IGNORECASE)),
    ("bye", re.compile(r"\bbye\b|goodbye|see you|good night|再见|再見|拜拜|晚安", re.IGNORECASE)),
    ("hello", re.compile(r"\b(?:hi|hello|hey|good (?:morning|evening|afternoon))\b|你好|您好|嗨|哈喽|早上好|晚上好", re.IGNORECASE)),
)  # fmt: skip


@dataclass(slots=True)
class Said:
    """What is replied so far: the state after the turn, sentences, and the slate that is wanted."""

    state: State
    texts: list[str] = field(default_factory=list)
    room: finding.Room | None = None
    opinions: list[Opinion] = field(default_factory=list)


class Conversations:
    """The conversations of a store. One turn of a conversation is taken at a time."""

    def __init__(self, core: AsyncRecommender) -> None:
        self._core = core
        self._turns: WeakValueDictionary[str, anyio.Semaphore] = WeakValueDictionary()
        self._vocabulary: tuple[str | None, Vocabulary] | None = None
        self._priors: finding.Priors | None = None

    async def turn(
        self, message: str, conversation_id: str | None, user_id: str | None, *, k: int, language: str | None,
        lift: Sequence[str], budget_ms: float | None, explain: bool, diversity: float = 0.0,
    ) -> AsyncGenerator[Piece, None]:  # fmt: skip
        """See `AsyncRecommender.chat`."""
        store = self._core.store
        cut, message = len(message) > MAX_MESSAGE_CHARS, checked_message(message)
        identity = await anyio.to_thread.run_sync(store.memory.begin, user_id, conversation_id)
        # Of no task, as a lock would be: each piece may be asked for by another.
        lock = self._turns.setdefault(identity, anyio.Semaphore(1))
        self._priors = self._priors or finding.Priors(store, self._core.encoder)
        async with lock:
            last = await anyio.to_thread.run_sync(store.memory.last, identity)
            state = State.model_validate(last.state) if last else State()
            spoken = language or language_said(message) or state.language
            state = state.after(turn=state.turn + 1, language=spoken)
            taken = _Taken(
                self._core, self._priors, identity, user_id, message, k, budget_ms, explain, diversity, time.perf_counter()
            )  # fmt: skip
            vocabulary = await anyio.to_thread.run_sync(self._words)
            async with aclosing(taken.pieces(state, vocabulary, lift, cut)) as pieces:
                async for piece in pieces:
                    yield piece

    def _words(self) -> Vocabulary:
        catalogue = self._core.store.catalogue
        written = catalogue.fact(WRITTEN)
        if self._vocabulary is None or self._vocabulary[0] != written:
            self._vocabulary = written, Vocabulary.of(catalogue.every())
        return self._vocabulary[1]


def language_said(message: str) -> str | None:
    """The language of a message, whatever that of the titles in it: Chinese if anything else in it is. None if there is no word."""
    rest = _TITLED.sub(" ", message)
    if HAN.search(rest):
        return "zh" if to_simplified(rest) == rest else "zh-hant"
    return "en" if any(map(str.isalpha, rest)) else None


def checked_message(message: str) -> str:
    """The part of a message that is read. Raises `InvalidInputError` for what no text may hold."""
    if not isinstance(message, str):
        raise InvalidInputError(f"is a {type(message).__name__}, not a text", where="message")
    kept = message[:MAX_MESSAGE_CHARS]
    try:
        check_text(kept)
    except ValueError as error:
        raise InvalidInputError(str(error), where="message") from error
    return kept


@dataclass(slots=True)
class _Taken:
    """One turn on its way."""

    core: AsyncRecommender
    priors: finding.Priors
    conversation_id: str
    user_id: str | None
    message: str
    k: int
    budget_ms: float | None
    explain: bool
    diversity: float
    started: float
    profile: UserProfile = field(init=False)
    vocabulary: Vocabulary = field(init=False)
    reader: str = "rules"

    async def pieces(
        self, state: State, vocabulary: Vocabulary, lift: Sequence[str], cut: bool
    ) -> AsyncGenerator[Piece, None]:
        self.vocabulary = vocabulary
        self.profile = await anyio.to_thread.run_sync(self._profile)
        reading = await self._read(state)
        reading = reading.model_copy(update={"lifted": (*reading.lifted, *self._lifted(state, lift))})
        if state.question is None or not reading.empty:  # a bare number then is an option
            self.k = reading.count or self.k
        said = await anyio.to_thread.run_sync(self._said, state, reading)
        if cut:
            said.texts.insert(0, replies.say("cut", state.language, n=MAX_MESSAGE_CHARS))
        await self._reward(said.opinions, state.turn)
        if reading.act is Act.QUESTION:
            said.texts.append(await self._answer(state, reading))
        if reading.act is Act.TALK and said.room is None:
            async for piece in self._talk(said, reading):
                yield piece
            return
        shown: Recommendation | None = None
        if said.room is not None:
            shown = await self._recommend(said, said.room)
            last = Shown(decision_id=shown.decision_id, item_ids=tuple(one.id for one in shown.items))
            said.state = said.state.after(last=last, shown=(*said.state.shown, *last.item_ids))
        await self._remember(said, reading, shown)
        for text in said.texts:
            yield self._piece("text", said.state, text=f"{text}\n")
        if shown is not None:
            yield self._piece("slate", said.state, items=shown.items, decision_id=shown.decision_id)
            if self.explain:
                async for piece in self._reasons(shown, said.state):
                    yield piece
        yield self._done(said.state, reading, shown)

    def _done(self, state: State, reading: Reading, shown: Recommendation | None) -> Piece:
        chips = tuple(ChipShown(id=one.id, field=one.field, text=one.text) for one in state.chips)
        options = [replies.say("yes", state.language)] if state.offer else self._options(state)
        return self._piece(
            "done", state, chips=chips, options=tuple(options), act=reading.act.value, reading=notation.note(reading),
            reader=self.reader, decision_id=shown.decision_id if shown else None,
        )  # fmt: skip

    async def _talk(self, said: Said, reading: Reading) -> AsyncGenerator[Piece, None]:
        """Small talk: the model's own where it writes well enough, else what is always said. Kept even if nobody listens to its end."""
        language, told = said.state.language, ""
        try:
            writer = await self.core.models.writer(language) if language != "zh-hant" else None
            if writer is not None:
                prompt = self.core.prompts.talk(self.message, language)
                written = talk(writer, [{"role": "user", "content": prompt}], self.vocabulary)
                async with aclosing(written) as pieces:
                    while text := await self._next(pieces):
                        told += text
                        yield self._piece("text", said.state, text=text)
        except EngineError:
            pass  # what was said stays; what is always said follows
        finally:
            said.texts[:] = [told] if told.strip() else said.texts
            with anyio.CancelScope(shield=True):
                await self._remember(said, reading, None)
        if not told.strip():
            for text in said.texts:
                yield self._piece("text", said.state, text=f"{text}\n")
        yield self._done(said.state, reading, None)

    def _piece(self, kind: Any, state: State, **parts: Any) -> Piece:
        return Piece(kind=kind, conversation_id=self.conversation_id, turn=state.turn, **parts)

    def _profile(self) -> UserProfile:
        if self.user_id is None:
            return UserProfile(liked=(), unwanted=(), seen=(), searches=())
        return profile_for(self.core.store, self.user_id, wish=True)

    async def _read(self, state: State) -> Reading:
        """What the message says: an answer to what was asked, else as a model that can reads it, else as the rules do."""
        if state.offer and _YES.fullmatch(self.message):
            return Reading(lifted=(state.offer,))
        if (option := self._option(state)) is not None:
            return Reading(mentions=(Mention(kind="like", name=f"#{option}"),))
        year = datetime.now(UTC).year
        reading = rules.read(self.message, names=self.vocabulary.find, year=year)
        try:
            engine = await self.core.models.reader(state.language)
        except EngineError:
            engine = None
        if engine is None:
            return reading
        titles = [
            self.vocabulary.shown[one]
            for one in (state.last.item_ids if state.last else ())
            if one in self.vocabulary.shown
        ]
        context = Context(
            year=year, slate=tuple(titles), held=tuple(one.condition for one in state.chips), fields=tuple(self.vocabulary.columns),
            categories=tuple(self.vocabulary.values.get("genre", {}).values()),
        )  # fmt: skip
        with salted(self.user_id):
            found = await model_reader.read(engine, self.core.prompts, self.message, context, by_rules=reading)
        self.reader = "model" if found is not None else "rules"
        return found if found is not None else reading

    def _option(self, state: State) -> int | None:
        """The number of the option that the message is, word for word."""
        said = self.message.strip().casefold()
        for n, shown in enumerate(self._options(state), start=1):
            if state.question and said in {state.question.options[n - 1].casefold(), shown.casefold()}:
                return n
        return None

    @staticmethod
    def _options(state: State) -> list[str]:
        """The options of the question that waits, as they are shown."""
        asked = state.question
        return [value_word(asked.field, one, state.language) for one in asked.options] if asked else []

    @staticmethod
    def _lifted(state: State, lift: Sequence[str]) -> Sequence[str]:
        known = {one.id for one in state.chips}
        for one in lift:
            if one != "all" and one not in known:
                raise InvalidInputError(
                    "is no condition in force", where=f"lift {one[:80]!r}", remedy="Give the id of one of the chips"
                )
        return lift

    def _said(self, state: State, reading: Reading) -> Said:
        """What to say and what to show, from the catalogue; no model is asked."""
        language = state.language
        if reading.act is Act.MISUSE:
            return Said(state, [replies.say("misuse", language)])
        if reading.act is Act.RESET:
            met = (*state.seen, *state.liked, *state.disliked, *state.like)
            fresh = State(turn=state.turn, language=language, shown=state.shown).after(seen=met)
            said = Said(fresh, [replies.say("reset", language)])
            return self._question(said) or said
        if reading.act is Act.TALK and not reading.lifted:
            kind = next((name for name, found in _TALK if found.search(self.message)), "talk")
            return Said(state, [replies.say(kind, language)])
        if reading.act is Act.QUESTION:
            return Said(state)
        catalogue = self.core.store.catalogue
        updater = Updater(self.vocabulary, catalogue.items, self._had)
        if reading.conflict:
            return self._conflict(state, reading, updater)
        asked_before = state.question is not None
        update = updater.update(state, reading)
        said = Said(update.state, self._acknowledged(update), opinions=update.opinions)
        if not (asked_before or self._known(update.state) or reading.act is Act.NEXT or state.last):
            asking = self._question(said)
            if asking is not None:
                return asking
        return self._roomed(said, self._opening(update, reading))

    def _had(self) -> dict[str, float]:
        counted = self.core.store.catalogue.popular()
        return dict(zip(counted.ids, counted.scores.tolist(), strict=True))

    def _known(self, state: State) -> bool:
        return state.known or bool(self.profile.liked or self.profile.searches)

    @staticmethod
    def _acknowledged(update: Update) -> list[str]:
        language = update.state.language
        texts = list(update.notes)
        if update.lifted:
            texts.append(replies.say("lifted", language, c=replies.listed(update.lifted, language)))
        if update.fresh:
            told = replies.listed([one.text for one in update.fresh], language)
            texts.append(replies.say("noted", language, c=told))
        return texts

    @staticmethod
    def _opening(update: Update, reading: Reading) -> str:
        """How a slate is begun."""
        language = update.state.language
        if update.moved:
            words = replies.listed([one.text for one in update.moved], language)
            return replies.say("moved", language, m=words)
        return replies.say("next" if reading.act is Act.NEXT else "slate", language)

    def _conflict(self, state: State, reading: Reading, updater: Updater) -> Said:
        """What contradicts itself is put to the user, unless they were just asked something."""
        plain = reading.model_copy(update={"conditions": (), "critiques": ()})
        update = updater.update(state, plain)
        if state.question is not None:
            said = Said(update.state, [replies.say("conflicting", state.language)], opinions=update.opinions)
            return self._roomed(said, replies.say("slate", state.language))
        words = replies.listed([in_words(one, state.language) for one in reading.conditions], state.language)
        text = replies.say("conflict" if words else "conflict_any", state.language, c=words)
        asked = Asked(field="conflict", options=())
        after = update.state.after(question=asked)
        return Said(after, [text], opinions=update.opinions)

    def _question(self, said: Said) -> Said | None:
        """The question that would narrow things down most, None if there is none worth asking."""
        state = said.state
        room = finding.room(self.core.store, self.vocabulary, self.profile, state)
        if not room.size:
            return None
        pool = self._find(state, questions.POOL, room)
        without = {*state.asked, *(one.field for one in state.chips)}
        asked = questions.choose([one.item for one in pool], self.vocabulary, without)
        if asked is None:
            return None
        after = state.after(question=asked, asked=(*state.asked, asked.field))
        return Said(after, [*said.texts, replies.question(asked, state.language)], opinions=said.opinions)

    def _roomed(self, said: Said, opening: str) -> Said:
        """The room for a slate, or what is in its way, with an offer to drop that."""
        state, language = said.state, said.state.language
        room = finding.room(self.core.store, self.vocabulary, self.profile, state)
        if room.size:
            said.texts.append(opening)
            said.room = room
            return said
        in_force = [one.text for one in state.chips] + [one.text for one in state.moves]
        if not in_force:
            said.texts.append(replies.say("over", language))
            return said
        said.texts.append(replies.say("empty", language, c=replies.listed(in_force, language)))
        if room.relaxed and room.relaxed[0][1]:
            one, n = room.relaxed[0]
            said.texts.append(replies.say("relax", language, c=one.text, n=n))
            said.state = state.after(offer=one.id if isinstance(one, Chip) else one.field)
        elif room.all:
            said.texts.append(replies.say("relax_all", language, n=room.all))
            said.state = state.after(offer="all")
        return said

    def _find(self, state: State, n: int, room: finding.Room) -> list[Candidate]:
        core = self.core
        return finding.find(core.store, core.retriever, self.priors, self.profile, state, n, room, self.diversity)

    async def _recommend(self, said: Said, room: finding.Room) -> Recommendation:
        state, core = said.state, self.core
        if room.size < self.k:
            said.texts.append(replies.say("fewer", state.language, n=room.size))
        profile = finding.profile_with(self.profile, state)
        depth = self.k if self.diversity else max(DEPTH, self.k)  # what is chosen for its company is shown together
        found = partial(self._find, state, depth, room)
        wanted = Wanted(
            self.user_id, profile, "; ".join(state.wishes) or None, found, self.k, finding.where_of(state),
            budget_ms=self.budget_ms, language=state.language,
        )  # fmt: skip
        loading = time.perf_counter()
        reranker = await core.ranker()
        started = self.started + time.perf_counter() - loading
        return await decide(wanted, core.store, reranker, core.prompts.version, started)

    async def _next(self, pieces: AsyncGenerator[str, None]) -> str | None:
        with salted(self.user_id):
            return await anext(pieces, None)

    async def _reasons(self, shown: Recommendation, state: State) -> AsyncGenerator[Piece, None]:
        async with aclosing(self.core.explain(shown, language=state.language)) as reasons:
            async for one in reasons:
                yield self._piece(
                    "reason", state, item_id=one.item_id, text=one.text, source=one.source, evidence=one.evidence
                )

    async def _answer(self, state: State, reading: Reading) -> str:
        """A question about an item, answered from the catalogue or from the log of why it was shown."""
        language = state.language
        updater = Updater(self.vocabulary, self.core.store.catalogue.items, self._had)
        ids = updater.referred(state, reading.about or "last")
        if not ids:
            return replies.say("unfound" if reading.about else "which", language, t=(reading.about or "")[:80])
        item = self.core.store.catalogue.items(ids[:1])[0]
        if reading.asked not in {"why", "why_not"}:
            return facts.answer(item, reading.asked, self.vocabulary, language)
        if state.last is None:
            return replies.say("unshown", language)
        try:
            if reading.asked == "why_not" or item.id not in state.last.item_ids:
                return (await self.core.why_not(state.last.decision_id, item.id, language=language)).text
            async with aclosing(self.core.explain(state.last.decision_id, language=language)) as reasons:
                async for one in reasons:
                    if one.item_id == item.id:
                        return one.text
        except UnknownDecisionError:
            return replies.say("expired", language)
        return replies.say("unshown", language)

    async def _reward(self, opinions: Sequence[Opinion], turn: int) -> None:
        """Opinions become rewards on the slate that they are about, else, and where it has expired, events of a user who is known; each once."""
        events = []
        for one in opinions:
            if one.decision_id is not None:
                named = f"{self.conversation_id}:{turn}:{one.item_id}"
                identity = hashlib.sha256(named.encode()).hexdigest()  # both ids may be as long as an event's may be
                try:
                    receipt = await self.core.reward(one.decision_id, one.item_id, one.type, event_id=identity)
                except ConflictError:
                    continue  # the turn was taken before, died, and reads otherwise now: the first word stands
                if not receipt.orphan:
                    continue
            if self.user_id is not None:
                source = f"conversation:{self.conversation_id[:64]}"
                events.append(Event(user_id=self.user_id, item_id=one.item_id, type=one.type, source=source))
        if events:
            await self.core.observe(events)

    async def _remember(self, said: Said, reading: Reading, shown: Recommendation | None) -> None:
        state = said.state
        turn = Turn(
            number=state.turn, message=self.message, reading=reading.model_dump(mode="json", exclude_defaults=True),
            reply="\n".join(said.texts)[:20_000], decision_id=shown.decision_id if shown else None,
            state=state.model_dump(mode="json", exclude_defaults=True),
        )  # fmt: skip
        await anyio.to_thread.run_sync(self.core.store.memory.append, self.conversation_id, state.turn, turn)
