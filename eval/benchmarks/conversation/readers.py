"""The readers of messages that are scored: the rules, and a language model beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tastemaker.agent.conversation import rules
from tastemaker.agent.conversation.reading import Reading
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines import open_engine
from tastemaker.eval.benchmarks.conversation.utterances import YEAR, Scored, Utterance, paired, summary
from tastemaker.progress import Progress
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec, Settings

FEW_CATEGORIES = 40


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
    read, failed = await _by_model(
        settings, named, [(one.utterance, one.reading) for one in scored], vocabulary, progress
    )
    return found | {"model": {"name": named, "failed": failed, **summary(read), "against_rules": paired(scored, read)}}


async def _by_model(
    settings: Settings,
    named: str,
    given: Sequence[tuple[Utterance, Reading]],
    vocabulary: Vocabulary,
    progress: Progress,
) -> tuple[list[Scored], int]:
    """What a model reads, the rules' reading where it reads nothing, and how often that was."""
    from tastemaker.agent.conversation import model_reader

    genres = [one for some in vocabulary.genres.values() for one in some][:FEW_CATEGORIES]
    context = model_reader.Context(YEAR, fields=tuple(vocabulary.columns), categories=tuple(genres))
    engine, prompts = await open_engine(ModelSpec.parse(named), settings, progress), PromptBuilder(settings.prompts)
    scored, failed = [], 0
    try:
        for n, (one, rules_say) in enumerate(given):
            progress(f"Reading with {named}", n, len(given))
            reading = await model_reader.read(engine, prompts, one.text, context, by_rules=rules_say)
            failed += reading is None
            scored.append(Scored.of(one, reading or rules_say))
    finally:
        await engine.close()
    return scored, failed
