"""The body of a chat completion: what of OpenAI's is read, what is let pass, and what is refused by name."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tastemaker.errors import InvalidInputError

MAX_MESSAGES = 2_000
SHAPED = ("structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar")
"""vLLM's fields for an answer of a given shape. It passes over the `guided_` ones without a word, and then answers as it likes: not so here."""
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")
_CONTEXT = re.compile(r".*</context>(.*)", re.DOTALL)
_QUERY = re.compile(r"<user_query>(.*?)</user_query>", re.DOTALL)
_DETAILS = re.compile(r"<details\b.*?</details>", re.DOTALL)


class ChatMessage(BaseModel):
    """A message: content is a text, null, or parts, of which `text` (and `refusal`) are read."""

    model_config = ConfigDict(extra="ignore")

    role: str
    content: str | list[dict[str, Any]] | None = None

    def text(self) -> str:
        """The text of it all."""
        if isinstance(self.content, list):
            parts = (one.get("text") or one.get("refusal") for one in self.content)
            return "\n".join(part for part in parts if isinstance(part, str))
        return self.content or ""


class StreamOptions(BaseModel):
    """`include_usage`: send the usage, once, in a chunk of its own."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool | None = None


class Completion(BaseModel):
    """A request for a chat completion. Sampling parameters, caps of tokens and tools are accepted and have no effect: sentences are written from what is
    known and checked, and items come from the catalogue. Fields that are not named here are let pass.
    """

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=256)
    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    user: Any = None
    safety_identifier: str | None = Field(default=None, max_length=128)
    metadata: dict[str, Any] | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    response_format: dict[str, Any] | None = None
    structured_outputs: Any = None
    guided_json: Any = None
    guided_regex: Any = None
    guided_choice: Any = None
    guided_grammar: Any = None

    def check(self) -> None:
        """Raise `InvalidInputError`, with the field, for what this server can't do."""
        if self.n not in {None, 1}:
            raise InvalidInputError(f"is {self.n}; one answer is given", where="n", remedy="Leave it out")
        if self.tool_choice not in (None, "none", "auto"):
            raise InvalidInputError(
                "forces a call of a tool, and this model calls none", where="tool_choice", remedy="Use auto or none"
            )
        kind = (self.response_format or {}).get("type", "text")
        if kind != "text":
            raise InvalidInputError(
                f"is {str(kind)[:40]!r}; replies are text", where="response_format",
                remedy="Use text here, or POST /v1/recommend for items as JSON",
            )  # fmt: skip
        for name in SHAPED:
            if getattr(self, name) is not None:
                raise InvalidInputError(
                    "asks for an answer of a given shape; replies are text", where=name,
                    remedy="Leave it out, or POST /v1/recommend for items as JSON",
                )  # fmt: skip

    def turns(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """What users and we said before, and the last user's message. Raises `InvalidInputError` if there is none."""
        said = [(one.role, one.text()) for one in self.messages if one.role in {"user", "assistant"}]
        while said and said[-1][0] == "assistant":  # the beginning of an answer that is to be gone on with
            said.pop()
        if not said or not said[-1][1].strip():
            raise InvalidInputError(
                "hold no user's text to answer", where="messages", remedy="End with a user's message that has a text"
            )
        return tuple((role, plain(text)) for role, text in said[:-1]), plain(said[-1][1])


def plain(text: str) -> str:
    """A message without the context that Open WebUI puts before what the user typed (its RAG template), and without folded details."""
    text = _DETAILS.sub("", text)
    if not text.lstrip().startswith("### Task:"):
        return text.strip()
    query = _QUERY.search(text)
    behind = _CONTEXT.fullmatch(text)
    if behind and behind.group(1).strip():
        text = behind.group(1)
    elif query:
        text = query.group(1)
    return text.strip()


def tokens(text: str) -> int:
    """Tokens for `usage`, counted as words, marks and CJK characters: no model of ours bills by them."""
    return sum(1 for _ in _WORDS.finditer(text))
