"""Generated conversations held with the real recommender, and what the judge found in them, with intervals by conversation."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import binomtest

from tastemaker.agent.conversation.pieces import Reply
from tastemaker.eval.benchmarks.conversation.films import Films
from tastemaker.eval.benchmarks.conversation.judge import Heard, Verdict, judge
from tastemaker.eval.benchmarks.conversation.sentences import Language
from tastemaker.eval.benchmarks.conversation.talker import Said, Talker
from tastemaker.eval.benchmarks.environment import quartiles
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent

K = 5
TURNS = (3, 6)
RATED = (20, 200)
"""Ratings of the MovieLens users that a fifth of the conversations are held by."""
FAILURES = 10
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
Chat = Callable[[str, str | None, str | None], Awaitable[Reply]]
"""Takes a message, the conversation's id and the user's, and gives the whole reply."""


@dataclass(frozen=True, slots=True)
class Turned:
    """One turn: what was said, what came back, how it was read and by whom, and the judge's verdict."""

    said: Said
    heard: Heard
    reading: str
    reader: str
    verdict: Verdict
    ms: float


@dataclass(slots=True)
class Played:
    """A whole conversation."""

    language: Language
    user_id: str | None
    turns: list[Turned] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Turns with a fault of that kind."""
        return sum(turn.verdict.has(kind) for turn in self.turns)


async def play(chat: Chat, films: Films, n: int, seed: int, progress: Progress = silent) -> list[Played]:
    """Hold `n` conversations, every other one in Chinese; each fifth pair belongs to users of MovieLens, whose films may not come."""
    users = sorted(user for user, rated in films.rated.items() if RATED[0] <= len(rated) <= RATED[1])
    found = []
    for number in range(n):
        progress("Talking", number, n)
        rng = random.Random(f"{seed}-{number}")
        language: Language = "zh" if number % 2 else "en"
        user = rng.choice(users) if users and number % 10 >= 8 else None
        gone = frozenset(films.names(films.rated[user])) if user else frozenset()
        talker = Talker(films, rng, language, gone, opinions=user is None)
        found.append(await _held(chat, films, talker, user, rng.randint(*TURNS)))
    progress("Talking", n, n)
    return found


async def _held(chat: Chat, films: Films, talker: Talker, user: str | None, turns: int) -> Played:
    played = Played(talker.language, user)
    identity, heard = None, None
    for _ in range(turns):
        said = talker.say(heard)
        started = time.perf_counter()
        reply = await chat(said.text, identity, user)
        ms = 1000 * (time.perf_counter() - started)
        identity = reply.conversation_id
        heard = Heard(reply.text, tuple(item.id for item in reply.items), reply.options)
        verdict = judge(films, said.before, said.now, said.critique, heard, K, said.due)
        if bool(_CHINESE.search(re.sub(r"《.*?》", "", heard.text))) is not (talker.language == "zh"):
            verdict.fault("language", heard.text)
        played.turns.append(Turned(said, heard, reply.reading, reply.reader, verdict, ms))
        talker.hear(heard)
    return played


def wilson(successes: int, n: int) -> list[float]:
    """The 95% interval of a share (Wilson 1927); [0, 1] of nothing."""
    if not n:
        return [0.0, 1.0]
    found = binomtest(successes, n).proportion_ci(method="wilson")
    return [round(float(found.low), 4), round(float(found.high), 4)]


def figures(played: Sequence[Played]) -> dict[str, Any]:
    """All that was counted. `clean_ci` is Wilson's interval of the share of conversations in which every condition held throughout, and
    `reshowing_ci` of those that showed anything again; the intervals of critiques are the bootstrap's by conversation."""
    turns = [turn for one in played for turn in one.turns]
    bound = [turn for turn in turns if turn.verdict.shown and turn.verdict.conditions]
    broken = sum(turn.verdict.has("condition") for turn in bound)
    clean = sum(not one.count("condition") for one in played)
    moved = _rate(played, lambda v: (v.moved, 1) if v.moved is not None else None)
    kept = _rate(played, lambda v: (v.kept, v.to_keep) if v.to_keep else None)
    faults = Counter(kind for turn in turns for kind in {kind for kind, _ in turn.verdict.faults})
    empty = [turn for turn in turns if not turn.verdict.shown and not turn.heard.asks and turn.said.due]
    return {
        "conversations": len(played), "turns": len(turns), "slates": sum(bool(turn.verdict.shown) for turn in turns),
        "constrained_slates": len(bound), "constraint_share": _share(len(bound) - broken, len(bound)),
        "clean_conversations": clean,
        "clean_ci": wilson(clean, len(played)),
        "critiques": moved["n"], "critique_share": moved["share"], "critique_ci": moved["ci"],
        "kept_share": kept["share"], "kept_ci": kept["ci"], "kept_of": kept["of"],
        "reshown": faults["again"] + faults["twice"],
        "reshowing_ci": wilson(sum(bool(one.count("again") + one.count("twice")) for one in played), len(played)),
        "empty": len(empty), "empty_unnamed": faults["unnamed"], "needless": faults["needless"],
        "questions": sum(turn.heard.asks for turn in turns), "questions_in_a_row": faults["questions"],
        "reasked": faults["reasked"], "other_language": faults["language"], "turn_ms": quartiles([turn.ms for turn in turns]),
        "read_by": dict(Counter(turn.reader for turn in turns)),
        "by_language": {language: _by_language(played, language) for language in ("en", "zh")},
        "by_kind": _by_kind(turns), "failures": failures(played),
    }  # fmt: skip


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _rate(played: Sequence[Played], counted: Callable[[Verdict], tuple[float, float] | None]) -> dict[str, Any]:
    """A ratio of sums over turns, its interval by drawing conversations."""
    rows = []
    for one in played:
        pairs = [pair for turn in one.turns if (pair := counted(turn.verdict)) is not None]
        if pairs:
            rows.append((sum(a for a, _ in pairs), sum(b for _, b in pairs), len(pairs)))
    if not rows:
        return {"share": None, "ci": None, "n": 0, "of": 0}
    table = np.array(rows, np.float64)
    low, high = bootstrap(table[:, 0] / table[:, 1], 0, weights=table[:, 1])
    share = float(table[:, 0].sum() / table[:, 1].sum())
    return {
        "share": round(share, 4),
        "ci": [round(low, 4), round(high, 4)],
        "n": int(table[:, 2].sum()),
        "of": int(table[:, 1].sum()),
    }


def _by_language(played: Sequence[Played], language: str) -> dict[str, Any]:
    turns = [turn for one in played if one.language == language for turn in one.turns]
    bound = [turn for turn in turns if turn.verdict.shown and turn.verdict.conditions]
    moved = [turn.verdict.moved for turn in turns if turn.verdict.moved is not None]
    return {
        "turns": len(turns), "constraint_share": _share(sum(not turn.verdict.has("condition") for turn in bound), len(bound)),
        "critique_share": _share(sum(moved), len(moved)), "reshown": sum(turn.verdict.has("again") for turn in turns),
        "needless": sum(turn.verdict.has("needless") for turn in turns),
    }  # fmt: skip


def _by_kind(turns: Sequence[Turned]) -> dict[str, str]:
    """By kind of turn: how many were without fault, of how many."""
    total = Counter(turn.said.kind for turn in turns)
    good = Counter(turn.said.kind for turn in turns if not turn.verdict.faults)
    return {kind: f"{good[kind]}/{n}" for kind, n in sorted(total.items())}


def failures(played: Sequence[Played], most: int = FAILURES) -> list[dict[str, Any]]:
    """The first turn with a fault of each of the first conversations that have one, the kinds in turn, with all that was said up to it."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for one in played:
        for n, turn in enumerate(one.turns):
            if turn.verdict.faults:
                said = [f"{past.said.text} [{past.reading}]" for past in one.turns[: n + 1]]
                told = {"user_id": one.user_id, "said": said, "reply": turn.heard.text}
                kinds = dict.fromkeys(kind for kind, _ in turn.verdict.faults)
                faults = [f"{kind}: {what}" for kind, what in turn.verdict.faults][:3]
                by_kind.setdefault(next(iter(kinds)), []).append(told | {"faults": faults})
                break
    found: list[dict[str, Any]] = []
    while any(by_kind.values()) and len(found) < most:
        found += [some.pop(0) for some in by_kind.values() if some]
    return found[:most]
