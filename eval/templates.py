"""What another set of templates would have changed: the decisions that were logged, ranked again with both."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.modes import Mode
from tastemaker.agent.reranker import HISTORY_LINES, Reranker
from tastemaker.agent.self_test import working_mode
from tastemaker.agent.store import Store
from tastemaker.agent.telemetry import kendall_tau
from tastemaker.domain import item_text
from tastemaker.errors import UnknownUserError
from tastemaker.eval.metrics import Floats
from tastemaker.eval.recorder import Recorder
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.encoders import encoder_id
from tastemaker.retrieval.profile import build_profile
from tastemaker.settings import Settings


async def run(settings: Settings, folder: Path, last: int, progress: Progress = silent) -> dict[str, Any] | None:
    """`compare_templates` of those that the settings name and those of `folder`, on the store of the settings; None if there
    is no store yet. Raises what opening the store and the ranker's model raises."""
    if not Store.exists(settings.path):
        return None
    store = Store.of(settings, encoder_id(settings.encoder, settings.cache, progress))
    ours, other = PromptBuilder(settings.prompts), PromptBuilder(folder)
    progress(f"Loading {settings.ranker}", 0, None)
    engine = await open_engine(settings.ranker, settings, progress)
    try:
        mode = Mode(settings.mode) if settings.mode != "auto" else (await working_mode(engine, ours, settings.cache))[0]
        return await compare_templates(store, engine, mode, ours, other, last, progress)
    finally:
        await engine.close()
        store.index.close()


async def compare_templates(
    store: Store, engine: Engine, mode: Mode, ours: PromptBuilder, other: PromptBuilder, last: int,
    progress: Progress = silent,
) -> dict[str, Any]:  # fmt: skip
    """Rank the candidates of the newest `last` decisions with both, for the users as they were then.

    `tau` is the mean Kendall τ between the two rankings, `same_first` how often they begin alike; `tokens` and `ms` are the means of a
    ranking; `rewarded_rank` is the mean place of items with a reward above 0, over `rewards` of them, which tells which is better only
    as far as the first places that were shown allow. Decisions without
    a query, for nobody that is known, are left out.
    """
    builders = {"current": ours, "other": other}
    taus, firsts, ranks = list[float](), list[bool](), {name: list[int]() for name in builders}
    cost = {name: list[tuple[int, float]]() for name in builders}
    decisions = store.log.latest(last)
    for number, decision in enumerate(decisions):
        progress("Ranking logged decisions again", number, len(decisions))
        history, wish = _known(store, decision), decision["query"]
        known = {row["id"]: row for row in decision["candidates"]}
        items = store.catalogue.items(list(known))
        if len(items) < 2 or not (history or wish):
            continue
        rewarded = {row["item_id"] for row in store.log.rewards(decision["id"]) if (row["reward"] or 0.0) > 0}
        fused: dict[str, Floats] = {}
        for name, prompts in builders.items():
            recorder = Recorder(engine)
            ranker = Reranker(recorder, prompts, mode=mode)
            started = time.perf_counter()
            texts, prior = [item_text(item) for item in items], [known[item.id]["prior"] for item in items]
            scored = await ranker.rank(history, wish, texts, prior)
            cost[name].append((sum(map(len, recorder.prompts)), 1000 * (time.perf_counter() - started)))
            fused[name] = scored.fused
            ranks[name] += [place for place, n in enumerate(scored.order, start=1) if items[n].id in rewarded]
        taus.append(kendall_tau(fused["current"], fused["other"]))
        firsts.append(int(np.argmax(fused["current"])) == int(np.argmax(fused["other"])))
    return {
        "decisions": len(taus), "tau": _mean(taus), "same_first": _mean(firsts), "rewards": len(ranks["current"]),
        **{
            name: {
                "version": prompts.version, "tokens": _mean([tokens for tokens, _ in cost[name]]),
                "ms": _mean([ms for _, ms in cost[name]]), "rewarded_rank": _mean(ranks[name]),
            }
            for name, prompts in builders.items()
        },
    }  # fmt: skip


def _known(store: Store, decision: dict[str, Any]) -> list[str]:
    """What the user had liked when the decision was made."""
    if decision["user_id"] is None:
        return []
    moment = datetime.fromisoformat(decision["created_at"])
    try:
        before = [event for event in store.catalogue.history(decision["user_id"]) if event.timestamp < moment]
        liked = build_profile(before).liked if before else ()
    except UnknownUserError:
        return []
    return [item_text(item) for item in store.catalogue.items(list(liked[-HISTORY_LINES:]))]


def _mean(values: Any) -> float | None:
    return round(float(np.mean(values)), 4) if len(values) else None
