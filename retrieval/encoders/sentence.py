"""Models in sentence-transformers' layout (Reimers and Gurevych 2019): its modules say how to pool."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tastemaker.errors import MissingExtraError, ModelNotFoundError
from tastemaker.progress import quiet_transformers
from tastemaker.retrieval.encoders.base import RowEncoder, Rows
from tastemaker.retrieval.encoders.threads import single_thread
from tastemaker.threads import wait_patiently

BATCH = 32


class SentenceEncoder(RowEncoder):
    """The model in `folder`, by the library sentence-transformers, in float32 on the processor.

    Pooling, length and the words before queries and documents are the model's own, from its configuration.

    Raises:
        MissingExtraError: sentence-transformers is not installed.
        ModelNotFoundError: it can't be loaded, or is not in that layout.
    """

    def __init__(self, folder: Path) -> None:
        where = f"encoder {str(folder)!r}"
        if not (folder / "modules.json").is_file():  # the library would choose a pooling of its own
            raise ModelNotFoundError(
                "holds no modules.json, so it is no model of sentence-transformers",
                where=where,
                remedy="Write hf: and a pooling for a raw checkpoint",
            )
        wait_patiently()
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtraError(
                "needs sentence-transformers, which is not installed",
                where=where,
                remedy="Run: pip install 'tastemaker[encoders]'",
            ) from error
        quiet_transformers()
        options = {"dtype": "float32"}
        try:
            self._model: Any = SentenceTransformer(
                str(folder), device="cpu", local_files_only=True, model_kwargs=options
            )
        except Exception as error:  # its own errors and those of transformers have no common root
            raise ModelNotFoundError(
                f"can't be loaded ({error})", where=where, remedy="Give a folder of sentence-transformers"
            ) from error
        self._alone = single_thread()
        self._lock = threading.Lock()

    def rows(self, texts: Sequence[str], *, query: bool) -> Rows:
        """See `RowEncoder`. Float32."""
        encode = self._model.encode_query if query else self._model.encode_document

        def run() -> Rows:
            with self._lock:  # its tokenizer may not be used by two threads at once
                vectors: Rows = encode(list(texts), batch_size=BATCH, show_progress_bar=False)
            return vectors

        return self._alone.submit(run).result() if len(texts) == 1 else run()
