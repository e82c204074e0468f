"""Small talk that the model writes, streamed as it comes; a name in it that is not the catalogue's ends it before it is said."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from tastemaker.agent.conversation.vocabulary import Vocabulary, key_of
from tastemaker.agent.engines.base import Engine, Prompt

MAX_TOKENS = 80
MAX_NAME_CHARS = 120
_OPENING = {'"': '"', "“": "”", "《": "》", "「": "」", "『": "』", "‘": "’"}
_REFUSED = re.compile(r"[<>\[\]{}`*_#|@\\]|https?:|www\.", re.IGNORECASE)
_AHEAD = 24
"""Characters after a name in which it might go on with "of the" and another capital."""
_END = frozenset(".!?。！？:：\n")
_SAID = frozenset({"I", "I'm", "I'll", "I've", "I'd", "AI", "OK"})


async def talk(engine: Engine, prompt: Prompt, vocabulary: Vocabulary) -> AsyncGenerator[str, None]:
    """Yield pieces of what `engine` writes to `prompt`, each as soon as nothing in it can still turn out to be a name.

    A quoted text, or words with capitals inside of a sentence, must be the name of something in the catalogue; else, and at the first sign of
    markup or a link, the reply ends before it. Raises what the engine raises; what was yielded stays true.
    """
    guard = Guard(lambda name: _known(name, vocabulary))
    async with aclosing(engine.generate(prompt, max_tokens=MAX_TOKENS)) as pieces:
        async for piece in pieces:
            if told := guard.feed(piece):
                yield told
            if guard.closed:
                return
    if told := guard.end():
        yield told


class Guard:
    """Lets text through up to the first name that `known` does not hold true."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._held, self._begun, self._within = "", True, False
        self.closed = False

    def feed(self, piece: str) -> str:
        """What may be said now of the text so far."""
        if self.closed:
            return ""
        self._held += piece
        told = ""
        while self._held and not self.closed:
            length = self._safe()
            if not length:
                break
            taken, self._held = self._held[:length], self._held[length:]
            told += taken
            self._begun, self._within = self._begins_after(taken), taken[-1].isalnum()
        return told

    def end(self) -> str:
        """What may be said of the rest, now that nothing follows."""
        self._held += "\n"
        return "" if self.closed else self.feed("").rstrip("\n")

    def _begins_after(self, taken: str) -> bool:
        """Whether a sentence begins after `taken`: capitals say nothing there."""
        rest = taken.rstrip(" ")
        return (rest[-1] in _END) if rest else self._begun

    def _safe(self) -> int:
        """How many characters at the front may go: 0 while more must be seen, or the reply is over."""
        text = self._held
        if _REFUSED.match(text):
            self.closed = True
            return 0
        if text[0] in _OPENING:
            return self._quoted(text, _OPENING[text[0]])
        if not (text[0].isalnum()):
            return 1
        word = re.match(r"[^\W_]+(?:['’][^\W_]+)*", text)
        length = word.end() if word else 1
        if self._within:  # the rest of a word of which the beginning was said
            return length
        if self._begun and text[:4].lower() not in {"http", "www."}:
            return length
        if length == len(text) and text[0].isascii():
            return 0  # the word may go on
        return self._capitals(text, length)

    def _capitals(self, text: str, length: int) -> int:
        """A word inside of a sentence: with a capital it must be, with the capitals that follow, a name that is known."""
        if _REFUSED.match(text) or text[:4].lower() in {"http", "www."}:
            self.closed = True
            return 0
        if not text[0].isupper() or text[:length] in _SAID:
            return length
        run = re.match(r"[^\W_]+(?:['’-][^\W_]+)*(?:(?:: | (?:(?:of|the|and|in|to|a) ){0,3})[A-Z0-9][\w'’-]*)*", text)
        end = run.end() if run else length
        if len(text) - end < _AHEAD and not (text.endswith("\n") or text[end : end + 1] in _END | {",", ";"}):
            return 0  # the run may go on
        if self._known(text[:end]):
            return end
        self.closed = True
        return 0

    def _quoted(self, text: str, closing: str) -> int:
        close = text.find(closing, 1)
        if close < 0:
            self.closed = len(text) > MAX_NAME_CHARS or text.endswith("\n")
            return 0
        if self._known(text[1:close]):
            return close + 1
        self.closed = True
        return 0


def _known(name: str, vocabulary: Vocabulary) -> bool:
    key = key_of(name)
    return key in vocabulary.titles or any(key in values for values in vocabulary.values.values())
