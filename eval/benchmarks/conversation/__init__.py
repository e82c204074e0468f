"""`bench conversation`: are messages understood, do slates keep to what was said, does a turn cost the same, how soon does a reply begin?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines import open_engine
from tastemaker.eval.benchmarks.conversation import first_token, genre_requests, lasting
from tastemaker.eval.benchmarks.conversation.playing import figures, play
from tastemaker.eval.benchmarks.conversation.readers import understood
from tastemaker.eval.benchmarks.conversation.store import BUDGET_MS, chat_of, opened
from tastemaker.eval.benchmarks.conversation.utterances import load
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import Settings

SEED = 0
FLAT = 1.3
"""How much longer a turn may take after two hundred than after two: what two runs of the same differ by on a busy machine."""
BARS: dict[str, tuple[float, str]] = {
    "constraint_share": (1.0, ">="), "critique_share": (0.95, ">="), "kept_share": (0.98, ">="), "reshown": (0, "<="),
    "empty_unnamed": (0, "<="), "questions_in_a_row": (0, "<="), "reasked": (0, "<="), "slot_f1.en": (0.92, ">="),
    "slot_f1.zh": (0.90, ">="), "act_accuracy": (0.95, ">="), "bare_with_condition": (0, "<="), "cost_ratio": (FLAT, "<="),
    "first_token_ratio": (1.3, "<="),
}  # fmt: skip


async def run(
    settings: Settings, conversations: int, utterances: Sequence[Path] = (), dialogues: Path | None = None,
    reader: str | None = None, progress: Progress = silent,
) -> dict[str, Any]:  # fmt: skip
    """Every figure, with its bar.

    `utterances` are files of marked utterances beside the packaged ones, `dialogues` a file of ReDial's, with its list of films and
    `id2info.json` beside it, and `reader` a model that reads the utterances too.
    """
    marked = [one for path in (*packaged(), *utterances) for one in load(path)]
    async with opened(settings, progress) as (recommender, films):
        vocabulary = Vocabulary.of(recommender.store.catalogue.every())
        read = await understood(settings, marked, vocabulary, reader, progress) if marked else {}
        played = figures(await play(chat_of(recommender), films, conversations, SEED, progress))
        cost = await lasting.measure(recommender, chat_of(recommender, lasting.K), progress)
    engine = await open_engine(settings.ranker, settings, progress)
    try:
        first = await first_token.measure(engine, PromptBuilder(settings.prompts), vocabulary, progress)
    finally:
        await engine.close()
    real = await genre_requests.measure(dialogues, progress) if dialogues else None
    told = {
        "constraint_share": played["constraint_share"], "critique_share": played["critique_share"],
        "kept_share": played["kept_share"], "reshown": played["reshown"], "slot_f1": read.get("slot_f1", {}),
        "act_accuracy": read.get("act_accuracy"), "cost_ratio": cost["ratio"], "first_token_ratio": first["ratio"],
    }  # fmt: skip
    rows = bars(told | {name: played[name] for name in ("empty_unnamed", "questions_in_a_row", "reasked")} | read)
    return told | {
        "seed": SEED, "order": f"the prior's: a budget of {BUDGET_MS} ms, so that no model reads", "conversations": played,
        "understanding": read or None, "cost": cost, "first_token": first, "genre_requests": real, "bars": rows,
        "passed": all(row["met"] for row in rows), **environment(),
    }  # fmt: skip


def packaged() -> list[Path]:
    """The files of utterances that come with the package."""
    return sorted(Path(__file__).parent.glob("*.tsv"))


def bars(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Each figure against its bar; one that was not measured does not meet it."""
    rows = []
    for name, (bar, way) in BARS.items():
        key, _, part = name.partition(".")
        value = found.get(key)
        value = (value or {}).get(part) if part else value
        met = value is not None and (value >= bar if way == ">=" else value <= bar)
        rows.append({"figure": name, "value": value, "bar": bar, "way": way, "met": met})
    return rows
