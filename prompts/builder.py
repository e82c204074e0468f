"""Composes prompts with Jinja2. Item text, queries and histories go in as data, one line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tastemaker.domain import one_line
from tastemaker.prompts.budget import cut
from tastemaker.prompts.library import Templates

LINE_CHARS = 300
TURN_CHARS = 4_000
_CONTROL_TOKEN = re.compile(r"<(\|?[^<>]{0,40}\|?|/?s)>|\[/?INST\]")
"""What models' control tokens look like: <|im_end|>, <end_of_turn>, </s>, [INST]. As text of an item they are defused."""
REASON_EXAMPLES: dict[str, list[tuple[list[tuple[str, str, str]], str, str]]] = {
    "en": [
        (
            [("e1", "liked", "Alien"), ("e2", "liked", "The Thing"), ("e3", "both", "Horror")], "Predator",
            "e1 e2 e3 | Since you liked Alien and The Thing, you may enjoy Predator, which is also Horror.",
        ),
        (
            [("e1", "bought", "Clean Code"), ("e2", "both", "Programming")], "The Pragmatic Programmer",
            "e1 e2 | You bought Clean Code, and The Pragmatic Programmer is listed under Programming too.",
        ),
    ],
    "zh": [
        (
            [("e1", "liked", "星际穿越"), ("e2", "liked", "火星救援"), ("e3", "both", "科幻")], "地心引力",
            "e1 e2 e3 | 你喜欢《星际穿越》和《火星救援》,所以同属科幻的《地心引力》应该也适合你。",
        ),
        (
            [("e1", "bought", "代码整洁之道"), ("e2", "both", "编程")], "程序员修炼之道",
            "e1 e2 | 你买过《代码整洁之道》,《程序员修炼之道》也属于编程类。",
        ),
    ],
}  # fmt: skip
"""Worked examples (evidence, recommended, answer) that show a small model what a reason looks like."""


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
        self, title: str, evidence: Sequence[tuple[str, str, str]], language: str, tone: str = "plain",
        length: str = "full",
    ) -> list[tuple[str, str]]:  # fmt: skip
        """A dialogue of (role, content) turns that asks for a reason: worked examples first, then this case.

        `evidence` are (id, what it is to the user, text).
        """
        turns: list[tuple[str, str]] = []
        spoken = "en" if language == "en" else "zh"
        for lines, shown, answer in REASON_EXAMPLES[spoken]:
            asked = self._reason(shown, lines, spoken, "plain", "full")
            turns += [("user", asked), ("assistant", answer)]
        defused = [(one, data_line(kind), data_line(text)) for one, kind, text in evidence]
        return [*turns, ("user", self._reason(data_line(title), defused, spoken, tone, length))]

    def _reason(
        self, title: str, evidence: Sequence[tuple[str, str, str]], language: str, tone: str, length: str
    ) -> str:
        values = {"title": title, "evidence": evidence, "language": language, "tone": tone, "length": length}
        return self.templates.render("reason", **values).strip()

    def turn(
        self, message: str, examples: Sequence[tuple[str, str]], *, year: int, fields: Sequence[str] = (),
        categories: Sequence[str] = (), slate: Sequence[str] = (), held: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """What a model is asked that reads a turn of a conversation: the message, and what it may point to.

        `examples` are (message, answer); `slate` the titles that were shown, `held` the conditions in force. Of each list the first
        so many are given, each cut.
        """
        given = {
            "fields": (fields, 40, 24),
            "categories": (categories, 60, 32),
            "slate": (slate, 20, 80),
            "held": (held, 24, 80),
        }
        lines = {
            name: [data_line(one, chars) for one in list(some)[:most]] for name, (some, most, chars) in given.items()
        }
        said = data_line(message, TURN_CHARS)
        return self.templates.render("turn", message=said, examples=examples, year=year, **lines).strip()

    def talk(self, message: str, language: str) -> str:
        """What a model is asked that answers small talk."""
        return self.templates.render("talk", message=data_line(message, LINE_CHARS), language=language).strip()

    @staticmethod
    def again(fault: str, language: str) -> str:
        """What a model is told of a reason that was refused."""
        named = data_line(fault)
        if language == "en":
            return f"Not shown: it {named}. Write it again with the evidence alone."
        return f"没有通过:{named}。请只根据依据重写。"


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
