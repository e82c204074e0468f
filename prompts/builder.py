"""Composes prompts with Jinja2. Item text, queries and histories go in as data, one line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tastemaker.domain import one_line
from tastemaker.prompts.budget import cut
from tastemaker.prompts.library import Templates

LINE_CHARS = 300
SHOWN_CATEGORIES = 8
_CONTROL_TOKEN = re.compile(r"<(\|?[^<>]{0,40}\|?|/?s)>|\[/?INST\]")
"""What models' control tokens look like: <|im_end|>, <end_of_turn>, </s>, [INST]. As text of an item they are defused."""
REASON_EXAMPLES: dict[str, list[tuple[list[str], str, list[str], str]]] = {
    "en": [
        (
            ["Alien", "The Thing"],
            "Predator",
            ["Horror", "Sci-Fi"],
            "Since you liked Alien and The Thing, you may enjoy Predator, which is also Sci-Fi.",
        ),
    ],
    "zh": [
        (
            ["星际穿越", "火星救援"],
            "地心引力",
            ["科幻"],
            "你喜欢《星际穿越》和《火星救援》,所以《地心引力》应该也适合你。",
        ),
    ],
}
"""Worked examples (liked, recommended, its categories, answer) that show a small model what a reason looks like."""


class PromptBuilder:
    """Renders the packaged templates, or those of `folder` in their place; see `Templates`."""

    def __init__(self, folder: Path | None = None) -> None:
        self.templates = Templates(folder)

    @property
    def version(self) -> str:
        """First 12 hexadecimal digits of the sha256 over all templates."""
        return self.templates.digest

    def choice(self, history: Sequence[str], query: str | None, language: str) -> str:
        """What a candidate's text follows in likelihood ranking; the neutral prompt if both are empty."""
        lines = [data_line(line) for line in history]
        wish = data_line(query) if query else ""
        return self.templates.render("choice", history=lines, query=wish, language=language)

    def labels(self, history: Sequence[str], query: str | None, candidates: Sequence[tuple[str, str]]) -> str:
        """The listwise question over (label, text) pairs."""
        lines = [data_line(line) for line in history]
        wish = data_line(query) if query else ""
        pairs = [(label, data_line(text)) for label, text in candidates]
        return self.templates.render("labels", history=lines, query=wish, candidates=pairs)

    def yes_or_no(self, history: Sequence[str], query: str | None, candidate: str) -> str:
        """The pointwise question."""
        lines = [data_line(line) for line in history]
        wish = data_line(query) if query else ""
        return self.templates.render("yes_or_no", history=lines, query=wish, candidate=data_line(candidate))

    def reason(
        self, title: str, categories: Sequence[str], liked: Sequence[str], language: str
    ) -> list[tuple[str, str]]:
        """A dialogue of (role, content) turns that asks for one sentence: worked examples first, then this case."""
        turns: list[tuple[str, str]] = []
        for seen, shown, kinds, answer in REASON_EXAMPLES[language]:
            asked = self.templates.render("reason", title=shown, categories=kinds, liked=seen, language=language)
            turns += [("user", asked), ("assistant", answer)]
        lines = [data_line(line) for line in liked]
        kinds = [data_line(kind) for kind in categories[:SHOWN_CATEGORIES]]
        asked = self.templates.render(
            "reason", title=data_line(title), categories=kinds, liked=lines, language=language
        )
        return [*turns, ("user", asked)]


def data_line(text: str, chars: int = LINE_CHARS) -> str:
    """`text` as data in a prompt: one line of at most so many characters, with no control token of a model in it."""
    return _CONTROL_TOKEN.sub(
        lambda found: found.group().replace("<", "‹").replace(">", "›").replace("[", "("),
        cut(one_line(text, 2 * chars), chars),
    )


def candidate_line(text: str) -> str:
    """A candidate's text as it continues `choice`, which ends in a dash: a space, then at most 300 characters."""
    return f" {data_line(text)}"


def language_of(texts: Sequence[str]) -> str:
    """`zh` if at least a third of the letters in `texts` are Chinese characters, else `en`."""
    letters = [char for text in texts for char in text if char.isalpha()]
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in letters)
    return "zh" if letters and 3 * chinese >= len(letters) else "en"
