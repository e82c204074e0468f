"""What a turn changes: conditions put in force or lifted, critiques, opinions of items, the wish; and what can't be done, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tastemaker.agent.conversation import critiques, questions, replies
from tastemaker.agent.conversation.conditions import Unmet, added, field_word, in_words, resolve, spared
from tastemaker.agent.conversation.reading import Condition, Critique, Mention, Reading
from tastemaker.agent.conversation.state import Chip, Move, State
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.domain import EventType, Item


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was said of an item; `decision_id` where it was said of one that was shown."""

    item_id: str
    type: EventType
    decision_id: str | None


@dataclass(slots=True)
class Update:
    """The state after a turn was taken in, what was said of items, and sentences about what could not be."""

    state: State
    opinions: list[Opinion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fresh: list[Chip] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)


class Updater:
    """Takes turns into a state. `items` looks items up by id; `had` gives the events by item id, asked for only where they matter: it
    counts every item."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        items: Callable[[Sequence[str]], list[Item]],
        had: Callable[[], Mapping[str, float]],
    ) -> None:
        self._vocabulary, self._items, self._had = vocabulary, items, had

    def update(self, state: State, reading: Reading) -> Update:
        """The state with a turn taken in; what it says of `#n` is about the last slate, or the options of the question that waits."""
        done = Update(state)
        self._lift(done, reading)
        self._opinions(done, reading)
        for one in (*self._answers(state, reading), *reading.conditions):
            self._condition(done, one)
        for critique in reading.critiques:
            self._critique(done, critique)
        for unknown in reading.unknown:
            done.notes.append(replies.say("field", state.language, f=field_word(unknown, state.language)))
        wishes = [reading.query, *(in_words(one, state.language) for one in reading.wishes if not one.negated)]
        now = done.state
        done.state = now.after(
            wishes=(*now.wishes, *filter(None, wishes)), question=None, offer=None,
        )  # fmt: skip
        return done

    def referred(self, state: State, name: str) -> list[str]:
        """The ids that a name stands for: `last` the slate, `#n` one of it, else a title, one that was shown before others."""
        last = state.last.item_ids if state.last else ()
        if name == "last":
            return list(last)
        if name.startswith("#"):
            place = int(name[1:]) if name[1:].isdigit() else 0
            return [last[place - 1]] if 1 <= place <= len(last) else []
        ids = self._vocabulary.items_of(name)
        first = [one for one in ids if one in {*last}] or [one for one in ids if one in {*state.shown}]
        if first or len(ids) < 2:
            return (first or ids)[:1]
        had = self._had()
        return sorted(ids, key=lambda one: (-had.get(one, 0.0), one))[:1]

    def _answers(self, state: State, reading: Reading) -> list[Condition]:
        if state.question is None:
            return []
        wanted = [one.name[1:] for one in reading.mentions if one.name[0] == "#" and one.kind in {"like", "similar"}]
        if reading.count is not None and not wanted and reading.empty:  # the bare number
            wanted = [str(reading.count)]
        found = [questions.answer(state.question, int(one)) for one in wanted if one.isdigit()]
        return [one for one in found if one is not None]

    def _lift(self, done: Update, reading: Reading) -> None:
        for name in reading.lifted:
            state = done.state
            gone = [one for one in state.chips if name in {"all", one.field, one.id}]
            moves = [one for one in state.moves if name in {"all", one.field}]
            done.lifted += [one.text for one in gone] + [one.text for one in moves]
            chips = tuple(one for one in state.chips if one not in gone)
            done.state = state.after(chips=chips, moves=tuple(one for one in state.moves if one not in moves))

    def _opinions(self, done: Update, reading: Reading) -> None:
        for mention in reading.mentions:
            if done.state.question is not None and mention.name.startswith("#"):
                continue  # an option of the question
            ids = self.referred(done.state, mention.name)
            if not ids:
                done.notes.append(self._unfound(done.state, mention))
            for identity in ids:
                self._opinion(done, mention, identity)

    @staticmethod
    def _unfound(state: State, mention: Mention) -> str:
        if mention.name.startswith("#"):
            return replies.say("place", state.language, n=mention.name[1:])
        return replies.say("unfound", state.language, t=mention.name[:80])

    @staticmethod
    def _opinion(done: Update, mention: Mention, identity: str) -> None:
        state, last = done.state, done.state.last
        decision = last.decision_id if last and identity in last.item_ids else None
        kept = {name: tuple(one for one in getattr(state, name) if one != identity) for name in ("liked", "disliked")}
        if mention.kind == "like":
            done.opinions.append(Opinion(identity, EventType.LIKE, decision))
            done.state = state.after(**kept | {"liked": (*kept["liked"], identity)})
        elif mention.kind == "dislike":
            type = EventType.SKIP if mention.weak else EventType.DISLIKE
            done.opinions.append(Opinion(identity, type, decision))
            done.state = state.after(**kept | {"disliked": (*kept["disliked"], identity)})
        elif mention.kind == "similar":
            done.state = state.after(like=(*(one for one in state.like if one != identity), identity))
        else:
            done.state = state.after(seen=(*state.seen, identity))

    def _condition(self, done: Update, condition: Condition) -> None:
        state = done.state
        referred: list[Item] = []
        if condition.values and condition.values[0].startswith("of:"):
            referred = self._items(self.referred(state, condition.values[0][3:]))
        found = resolve(condition, self._vocabulary, referred, state.language, state.turn)
        if isinstance(found, Unmet):
            done.notes.append(replies.unmet(found, state.language))
        elif found is not None:
            done.fresh.append(found)
            done.state = state.after(chips=added([self._spared(one, found, state) for one in state.chips], found))

    def _spared(self, old: Chip, new: Chip, state: State) -> Chip:
        """A chip without the values that a newer one wants."""
        left = spared(old.condition, new.condition)
        found = resolve(left, self._vocabulary, [], state.language, old.turn) if left else old
        return found if isinstance(found, Chip) else old

    def _critique(self, done: Update, critique: Critique) -> None:
        state = done.state
        shown = self._items(self.referred(state, critique.than))
        found = critiques.move(critique, shown, self._vocabulary, self._had)
        if found is not None:
            found = found.model_copy(update={"text": critiques.in_words(found, state.language)})
            done.moved.append(found)
            done.state = state.after(moves=critiques.moved(state.moves, found))
        else:
            words = critiques.in_words(critique, state.language)
            done.notes.append(replies.say("direction", state.language, m=words))
