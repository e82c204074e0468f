"""What every encoder is, and the one place where its texts and vectors are checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from tastemaker.errors import EncoderMismatchError, EngineError, InvalidInputError

Rows = NDArray[np.float32]
"""Vectors of shape (texts, dimensions)."""


class Encoder(Protocol):
    """LangChain's `Embeddings` with a name: vectors of two encoders must never be mixed in one index."""

    encoder_id: str

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query."""


class RowEncoder(ABC):
    """The inside of an encoder: texts in, an array out. It checks nothing; `NamedEncoder` does."""

    @abstractmethod
    def rows(self, texts: Sequence[str], *, query: bool) -> Any:
        """Anything numpy reads as floats of shape (len(texts), dimensions), in the order of `texts`.

        A row of zeros says that the model found nothing to read in that text.
        """


class _Foreign(RowEncoder):
    """Any LangChain `Embeddings`."""

    def __init__(self, inner: Embeddings) -> None:
        self._inner = inner

    def rows(self, texts: Sequence[str], *, query: bool) -> Any:
        return [self._inner.embed_query(text) for text in texts] if query else self._inner.embed_documents(list(texts))


class NamedEncoder(Embeddings):
    """An encoder with the name that the index remembers, and with its texts and vectors checked.

    `inner` is a `RowEncoder` or any LangChain `Embeddings`. With `unit` every vector is scaled to length 1.

    Raises, from every method that encodes:
        InvalidInputError: a text is empty or blank, no string, or no Unicode; says which.
        EngineError: the encoder gave too few vectors, NaN, infinity or a zero vector; says for which text.
        EncoderMismatchError: its vectors are not of the length that they were before.
    """

    def __init__(self, inner: RowEncoder | Embeddings, name: str, *, unit: bool = False) -> None:
        self.inner = inner if isinstance(inner, RowEncoder) else _Foreign(inner)
        self.encoder_id, self._unit = name, unit
        self._dimensions: int | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in the order of `texts`."""
        return list(self.encode_documents(texts).tolist())

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query."""
        self._check_texts([text])
        return list(self._encode([text], [0], query=True)[0].tolist())

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        """The same as `embed_documents`, as float32 of shape (len(texts), dimensions); (0, 0) for no text."""
        self._check_texts(texts)
        return self._encode(texts, range(len(texts))) if texts else np.empty((0, 0), np.float32)

    def _check_texts(self, texts: Sequence[str]) -> None:
        for place, text in enumerate(texts):
            fault = _fault(text)
            if fault:
                raise InvalidInputError(
                    f"text {place} of {len(texts)} {fault}",
                    where=f"encoder {self.encoder_id!r}",
                    remedy="Leave it out, or give it words (counted from 0)",
                )

    def _encode(self, texts: Sequence[str], places: Sequence[int], *, query: bool = False) -> Rows:
        """Checked vectors of `texts`, which the caller knows as number `places`."""
        raw = self.inner.rows(texts, query=query)
        try:
            with np.errstate(over="ignore"):  # a number too large becomes infinity, which is refused below
                rows = np.asarray(raw, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise self._bad(f"gave vectors of unlike lengths, or no numbers ({error})") from error
        if rows.ndim != 2 or len(rows) != len(texts) or not rows.shape[1]:
            raise self._bad(f"gave an array of shape {rows.shape} for {len(texts)} texts")
        lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
        for wrong, what in ((~np.isfinite(lengths), "NaN or infinity"), (lengths == 0, "the zero vector")):
            if wrong.any():
                first = int(wrong.argmax())
                raise self._bad(f"gave {what} for text {places[first]} ({texts[first][:60]!r})")
        self._same_length(rows.shape[1])
        return (rows / lengths[:, None]).astype(np.float32) if self._unit else rows

    def _same_length(self, dimensions: int) -> None:
        if self._dimensions not in (None, dimensions):
            raise EncoderMismatchError(
                f"gave vectors of {dimensions} numbers, but of {self._dimensions} before: it is another model now",
                where=f"encoder {self.encoder_id!r}",
                remedy="Name the encoder that made the first ones, or index into another folder",
            )
        self._dimensions = dimensions

    def _bad(self, what: str) -> EngineError:
        return EngineError(what, where=f"encoder {self.encoder_id!r}", remedy="Check the model and its weights")


def _fault(text: object) -> str:
    if not isinstance(text, str):
        return f"is {type(text).__name__}, not a string"
    if not text.strip():
        return "is empty"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "holds a lone surrogate"
    return ""
