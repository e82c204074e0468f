"""Small talk by a real model: nothing of it is said that names what the catalogue does not have."""

from __future__ import annotations

import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.conversation.talk import Guard, talk
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines.base import Engine

from .films import films

KNOWN = {"Inception", "The Matrix", "Lord of the Rings"}


def through(text: str, size: int) -> str:
    guard = Guard(KNOWN.__contains__)
    told = "".join(guard.feed(text[n : n + size]) for n in range(0, len(text), size))
    return told + guard.end()


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello! How are you? I'm fine.", "Hello! How are you? I'm fine."),
        ("You could see Inception tonight.", "You could see Inception tonight."),
        ("You could see Solaris tonight.", "You could see "),
        ('Try "The Matrix" first.', 'Try "The Matrix" first.'),
        ('Try "the prompt" first.', "Try "),
        ("Maybe Lord of the Rings then.", "Maybe Lord of the Rings then."),
        ("Go to http://evil.example now", "Go to "),
        ("Click [here](x)", "Click "),
        ("你好，可以看《盗梦空间》。", "你好，可以看"),
        ('An open "quote', "An open "),
    ],
)
def test_only_known_names_are_said(text: str, said: str, size: int) -> None:
    assert through(text, size) == said


@given(st.text(max_size=80), st.integers(1, 9))
def test_what_is_said_is_the_beginning_of_what_was_written(text: str, size: int) -> None:
    said = through(text, size)
    assert text.startswith(said)
    assert through(text, 1) == said


def test_the_model_itself(embedded: Engine, portal: BlockingPortal) -> None:
    async def run() -> list[str]:
        prompt = [{"role": "user", "content": "Hi there, how are you?"}]
        return [one async for one in talk(embedded, prompt, Vocabulary.of(films()))]  # type: ignore[arg-type]

    said = portal.call(run)
    assert len(said) > 1
    assert "".join(said).strip()
