"""The readers of messages that are scored: the rules, and a language model beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tastemaker.agent.conversation import model_reader, rules
from tastemaker.agent.conversation.reading import Condition, Reading
from tastemaker.agent.conversation.self_test import PLACE
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.eval.benchmarks.conversation.utterances import YEAR, Scored, Utterance, paired, summary
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec, Settings

FEW_CATEGORIES = 40
SLATE = 10
"""Titles that utterances may point to as #1 to #10; conditions on every field are in force, so that any may be lifted."""


def by_rules(text: str, vocabulary: Vocabulary) -> Reading:
    """What the rules read, with the names of a catalogue."""
    found: Reading = rules.read(text, names=vocabulary.find, year=YEAR)
    return found


async def understood(
    settings: Settings, utterances: Sequence[Utterance], vocabulary: Vocabulary, named: str | None, progress: Progress
) -> dict[str, Any]:
    """The rules' figures, those with no names known, and those of the model `named` with the rules, in pairs."""
    scored = [Scored.of(one, by_rules(one.text, vocabulary)) for one in utterances]
    nameless = [Scored.of(one, by_rules(one.text, Vocabulary())) for one in utterances]
    without = summary(nameless)
    found = summary(scored) | {
        "without_names": {name: without[name] for name in ("slot_f1", "act_accuracy", "bare_with_condition")}
    }
    if named is None:
        return found
    engine = await open_engine(ModelSpec.parse(named), settings, progress)
    try:
        given = [(one.utterance, one.reading) for one in scored]
        read, failed = await by_model(engine, PromptBuilder(settings.prompts), given, vocabulary, progress)
    finally:
        await engine.close()
    return found | {"model": {"name": named, "failed": failed, **summary(read), "against_rules": paired(scored, read)}}


async def by_model(
    engine: Engine, prompts: PromptBuilder, given: Sequence[tuple[Utterance, Reading]], vocabulary: Vocabulary,
    progress: Progress = silent,
) -> tuple[list[Scored], int]:  # fmt: skip
    """What a model reads, the rules' reading where it reads nothing, and how often that was."""
    genres = [one for some in vocabulary.genres.values() for one in some][:FEW_CATEGORIES]
    context = replace(
        PLACE, year=YEAR, slate=tuple(f"Film {n}" for n in range(1, SLATE + 1)), fields=tuple(vocabulary.columns),
        held=tuple(Condition(field=one, values=("any",)) for one in model_reader.FIELDS), categories=tuple(genres),
    )  # fmt: skip
    scored, failed = [], 0
    for n, (one, rules_say) in enumerate(given):
        progress(f"Reading with {engine.model_id}", n, len(given))
        reading = await model_reader.read(engine, prompts, one.text, context, by_rules=rules_say)
        failed += reading is None
        scored.append(Scored.of(one, reading or rules_say))
    return scored, failed
