"""Questions about an item, answered from what the catalogue holds of it."""

from __future__ import annotations

from tastemaker.agent.conversation import replies
from tastemaker.agent.conversation.conditions import field_word
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.domain import Item, one_line
from tastemaker.prompts.budget import cut

MAX_PLOT_CHARS, MAX_VALUE_CHARS = 600, 300


def answer(item: Item, asked: str | None, vocabulary: Vocabulary, language: str) -> str:
    """What the catalogue says of a field of an item, its description where no field was named; or that it says nothing."""
    title = replies.titled(item, language)
    if asked in {None, "plot", "about"}:
        plot = cut(one_line(item.description), MAX_PLOT_CHARS)
        if plot:
            return replies.say("plot", language, t=title, v=plot)
        if asked is not None or not item.categories:
            return replies.say("nodescription", language, t=title)
        asked = "genre"
    told = vocabulary.values_in(item, asked or "")
    value = one_line(", ".join(one if isinstance(one, str) else f"{one:g}" for one in told), MAX_VALUE_CHARS)
    if not value:
        return replies.say("nofact", language, t=title, f=field_word(asked or "", language))
    return replies.say("fact", language, t=title, f=field_word(asked or "", language), v=value)
