"""JSON that fits a schema, enforced while decoding: before each token those that would break it are masked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from tastemaker.errors import InvalidInputError, MissingExtraError

if TYPE_CHECKING:
    from torch import Tensor

KEPT_GRAMMARS = 32
"""Compiled schemas that are kept; the one used longest ago goes first."""


class Grammars:
    """Schemas compiled for one tokenizer, each once, by llguidance, which vLLM has as a backend too.

    `size` is how many logits the model gives, which may be more than the tokenizer has words; `ends` are the ids that end a text.
    """

    def __init__(self, tokenizer: Any, size: int, ends: list[int]) -> None:
        self._tokenizer, self._size, self._ends = tokenizer, size, ends
        self._known: Any = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def matcher(self, schema: str) -> Any:
        """A matcher at the beginning of JSON that fits `schema`.

        Raises:
            InvalidInputError: it is no JSON schema, or holds what llguidance can't enforce.
            MissingExtraError: llguidance is not installed.
        """
        with self._lock:
            if schema not in self._compiled:
                self._compiled[schema] = self._compile(schema)
                if len(self._compiled) > KEPT_GRAMMARS:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(schema)
            return self._compiled[schema].deep_copy()

    def _compile(self, schema: str) -> Any:
        try:
            from llguidance import LLMatcher
            from llguidance.hf import from_tokenizer
        except ImportError as error:
            raise MissingExtraError(
                "needs llguidance, which is not installed",
                where="schema",
                remedy="Run: pip install 'tastemaker[local]'",
            ) from error
        if self._known is None:  # a third of a second
            try:
                words = max(self._size, len(self._tokenizer))
                self._known = from_tokenizer(self._tokenizer, words, eos_token=self._ends or None)
            except ValueError as error:
                raise InvalidInputError(
                    f"can't be followed with this model's tokenizer ({error})", where="schema",
                    remedy="Use a model with a fast tokenizer (tokenizer.json)",
                ) from error  # fmt: skip
        # A small model may write spaces for ever where it may write any.
        grammar = LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
        matcher = LLMatcher(self._known, grammar, log_level=0)
        if fault := matcher.get_error():
            raise InvalidInputError(f"can't be enforced ({' '.join(fault.split())[:300]})", where="schema")
        return matcher


class Constraint:
    """Keeps the answers of one call of `generate` to what their matchers allow; one matcher for each row.

    `mask` is a logits processor of transformers, and `ended` a stopping criterion, which is called after every token.
    """

    def __init__(self, matchers: list[Any]) -> None:
        self._matchers = matchers

    def mask(self, _: Tensor, scores: Tensor) -> Tensor:
        """`scores` with minus infinity for every token that would break a row's JSON; whole ones are left alone."""
        import torch

        allowed = np.ones(scores.shape, np.bool_)
        for row, matcher in enumerate(self._matchers):
            if not matcher.is_stopped():
                bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
                allowed[row] = np.unpackbits(bits, count=scores.shape[1], bitorder="little")
        return scores.masked_fill(torch.from_numpy(~allowed).to(scores.device), -np.inf)

    def ended(self, ids: Tensor, *_: Any, **__: Any) -> Tensor:
        """Which rows are whole, or have lost their way, after the last token of each."""
        import torch

        for matcher, token in zip(self._matchers, ids[:, -1].tolist(), strict=True):
            if not matcher.is_stopped():  # else only padding follows
                matcher.consume_token(token)
        return torch.tensor([matcher.is_stopped() for matcher in self._matchers], device=ids.device)
