"""Vectors of public dialogues' words, kept on disk: an evaluation asks for the same ones every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tastemaker.progress import Progress, silent
from tastemaker.retrieval.encoders import Encoder, VectorCache
from tastemaker.retrieval.encoders.base import Rows
from tastemaker.retrieval.encoders.cache import FILE, content_key

BATCH = 64


class KeptQueries:
    """Queries to vectors by `encoder`, float32[n, d]. What users write never goes to disk; what is published may."""

    def __init__(self, encoder: Encoder, cache: Path, progress: Progress = silent) -> None:
        self._encoder, self._progress = encoder, progress
        cache.mkdir(parents=True, exist_ok=True)
        self._kept = VectorCache(cache / FILE)

    def __call__(self, texts: Sequence[str]) -> Rows:
        """The vectors of `texts`, in their order."""
        keys = [content_key(self._encoder.encoder_id, f"query\0{text}") for text in texts]
        found = self._kept.get(list(dict.fromkeys(keys)))
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        for start in range(0, len(new), BATCH):
            if len(new) > 1:
                self._progress("Encoding what was said", start, len(new))
            part = list(new.items())[start : start + BATCH]
            made = {key: np.asarray(self._encoder.embed_query(text), dtype=np.float32) for key, text in part}
            self._kept.put(made)
            found |= made
        return np.stack([found[key] for key in keys])
