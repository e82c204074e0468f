"""Raw checkpoints (BERT, RoBERTa, T5's encoder, GPT-2 and their kin) with a stated pooling, by transformers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.errors import ModelNotFoundError
from tastemaker.progress import quiet_transformers
from tastemaker.retrieval.encoders.base import RowEncoder, Rows
from tastemaker.retrieval.encoders.folders import missing_local
from tastemaker.retrieval.encoders.pooling import model_type, pool
from tastemaker.retrieval.encoders.threads import single_thread
from tastemaker.threads import wait_patiently

MAX_TOKENS = 512
BATCH = 32
_WITH_POOLER = {"bert", "roberta", "xlm-roberta", "camembert"}
_PADDED_POSITIONS = {"roberta", "xlm-roberta", "camembert"}


class TransformerEncoder(RowEncoder):
    """The checkpoint in `folder`, in float32 on the processor.

    A text is read to its 512th token, or to where the model's own positions end. Texts of like length are encoded
    together, 32 at once; a text's vector does not depend on its company. `query` and `document` go before the texts.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ModelNotFoundError: it can't be loaded, or lacks some of its weights.
    """

    def __init__(self, folder: Path, pooling: str, *, query: str = "", document: str = "") -> None:
        wait_patiently()
        try:
            import torch
        except ImportError as error:
            raise missing_local(f"encoder {str(folder)!r}") from error
        self._torch, self._pooling, self._query, self._document = torch, pooling, query, document
        self._tokenizer, self._model = _load(folder)
        config = self._model.config
        positions = getattr(config, "max_position_embeddings", None) or MAX_TOKENS
        if model_type(folder) in _PADDED_POSITIONS:  # there, the first position is that after the padding's id
            positions -= config.pad_token_id + 1
        self._limit = min(MAX_TOKENS, positions, self._tokenizer.model_max_length)
        self._alone = single_thread()
        self._lock = threading.Lock()

    def rows(self, texts: Sequence[str], *, query: bool) -> Rows:
        """See `RowEncoder`. Float32."""
        prefix = self._query if query else self._document
        with self._lock:  # the tokenizer's truncation is a state of its own, not to be set by two threads at once
            ids = self._tokenizer([prefix + text for text in texts], truncation=True, max_length=self._limit)
        tokens: list[list[int]] = ids["input_ids"]
        if len(tokens) == 1:
            return self._alone.submit(self._by_length, tokens).result()
        return self._by_length(tokens)

    def _by_length(self, tokens: list[list[int]]) -> Rows:
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        order = order[sum(not ids for ids in tokens) :]  # a text without a token keeps its row of zeros
        found = np.zeros((len(tokens), self._model.config.hidden_size), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            found[part] = self._batch([tokens[i] for i in part])
        return found

    def _batch(self, tokens: list[list[int]]) -> Rows:
        torch = self._torch
        longest = max(map(len, tokens))
        pad = self._tokenizer.pad_token_id or 0  # GPT-2 has none; what stands there is masked
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row in tokens])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in tokens])
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
            vectors: Rows = pool(states, mask, self._pooling).numpy()
        return vectors


def _load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model."""
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast
    except ImportError as error:
        raise missing_local(f"encoder {str(folder)!r}") from error
    quiet_transformers()
    # tokenizer.json says all; the classes of the Auto kind rebuild parts of it by the model's name.
    kind = PreTrainedTokenizerFast if (folder / "tokenizer.json").is_file() else AutoTokenizer
    options = {"add_pooling_layer": False} if model_type(folder) in _WITH_POOLER else {}
    try:
        tokenizer = kind.from_pretrained(folder)
        model, told = AutoModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **options)
    except Exception as error:  # safetensors' and transformers' errors have no common root
        raise _unloadable(folder, f"can't be loaded ({error})") from error
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    lacking = [name for name in told["missing_keys"] if not name.startswith(("decoder.", "pooler."))]
    if lacking or told["mismatched_keys"]:  # transformers would go on with random numbers
        raise _unloadable(folder, f"lacks weights of its own architecture ({[*lacking, *told['mismatched_keys']][:3]})")
    return tokenizer, model.eval()


def _unloadable(folder: Path, what: str) -> ModelNotFoundError:
    return ModelNotFoundError(
        what, where=f"encoder {str(folder)!r}", remedy="Give a folder with config.json, a tokenizer and weights"
    )
