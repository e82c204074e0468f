"""The vectors of the catalogue, in Chroma: in a folder that one process owns, or on a server. All can be rebuilt from the catalogue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from tastemaker.domain import item_text
from tastemaker.errors import EncoderMismatchError, StoreError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.catalogue import INDEXED, WRITTEN, Catalogue
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.rows import Space
from tastemaker.retrieval.taste import FoldIn, TasteModel
from tastemaker.retrieval.vectors import VectorCollection

ENCODE_BATCH = 128
TASTES = ("together", "next")
TRIES = 5
PLACE, FOLDER, SERVER = "vectors", "folder", "server"
"""The fact of a store that says where its vectors are, and what it may say."""
SAMPLE = 2_000
"""Vectors that speak for all where a spread is needed."""
T = TypeVar("T")


class Index:
    """Text vectors by `similarity` and taste vectors by inner product, in the Chroma folder `path`, or on the Chroma `server` at an address,
    where the collections' names begin with `name`; `path` then has copies for exact search.

    The folder belongs to one process that writes. What another one has indexed is seen by the next `refresh`; reading
    while it writes may take a second try, which is made.

    Raises:
        StoreError: the folder can't be opened by Chroma, the server can't be reached, or they were made with another similarity; or, from
            what reads, Chroma fails again and again.
    """

    def __init__(
        self, path: Path, similarity: Space = "cosine", server: str | None = None, name: str = "tastemaker"
    ) -> None:
        self._path, self.similarity, self._server = path, similarity, server
        self._prefix = f"{name}-" if server else ""
        self._fold_in: FoldIn | None = None
        self._indexed: str | None = None
        self.elsewhere: str | None = None
        self._lock = threading.Lock()
        self._connect()
        if self.content.space != similarity:
            raise StoreError(
                f"was made with the similarity {self.content.space!r}, but {similarity!r} is configured",
                where=self._where, remedy=f"Open it with similarity={self.content.space!r}, or index into another folder",
            )  # fmt: skip

    def _connect(self) -> None:
        copies = self._path / "rows"
        try:
            client = _client(self._path, self._server)
            content = VectorCollection(client, f"{self._prefix}content", self.similarity, copies)
            tastes = {kind: VectorCollection(client, f"{self._prefix}{kind}", "ip", copies) for kind in TASTES}
        except (ChromaError, ValueError, OSError, httpx.HTTPError) as error:
            remedy = "Start it with: chroma run --path FOLDER --port PORT" if self._server else "Give another folder"
            raise StoreError(f"can't be opened by Chroma ({error})", where=self._where, remedy=remedy) from error
        self._client: Any = client  # whose type lacks `close`
        self.content, self.tastes, self._fold_in = content, tastes, None

    @property
    def _here(self) -> str:
        return SERVER if self._server else FOLDER

    @property
    def _where(self) -> str:
        return self._server or str(self._path)

    def close(self) -> None:
        """Let go of Chroma's client, which this process shares by folder."""
        self._client.close()

    def refresh(self, catalogue: Catalogue) -> None:
        """See what another process has indexed since, if it has."""
        indexed = catalogue.fact(INDEXED)
        if indexed != self._indexed:
            if self._indexed is not None:
                self._reopen()
            self._indexed = indexed

    def _reopen(self) -> None:
        with self._lock:
            self.close()
            self._connect()

    def _read(self, ask: Callable[[], T]) -> T:
        """What `ask` gives, asked again with a new client where this one does not have what another process wrote."""
        self.check_place()
        for attempt in range(TRIES):
            try:
                return ask()
            except (ChromaError, KeyError, FileNotFoundError, httpx.HTTPError) as error:
                fault = error
                time.sleep(0.05 * 2**attempt)
                self._reopen()
        raise StoreError(
            f"can't be read ({type(fault).__name__}: {fault})", where=self._where,
            remedy="Is another process writing it? Try again when that is done, or delete the folder and index again",
        ) from fault  # fmt: skip

    def check_place(self) -> None:
        """Raise `StoreError` if the vectors are in the other place, the folder or a server: those that are here may be old."""
        if self.elsewhere is not None:
            known = "Set TASTEMAKER_CHROMA to its address" if self.elsewhere == SERVER else "Unset TASTEMAKER_CHROMA"
            raise StoreError(
                f"its vectors are {'on a Chroma server' if self.elsewhere == SERVER else 'in the folder'}", where=self._where,
                remedy=f"{known}, or move them here with: tastemaker index, then fit",
            )  # fmt: skip

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (ChromaError, httpx.HTTPError) as error:
            raise StoreError(
                f"can't be written by Chroma ({type(error).__name__}: {error})", where=self._where,
                remedy="Try again when it can be reached: what was written stays",
            ) from error  # fmt: skip

    def check_encoder(self, encoder_id: str) -> None:
        """Raise `EncoderMismatchError`, naming both, if the vectors here were made by another encoder."""
        made_by = self.content.metadata.get("encoder")
        if made_by is not None and made_by != encoder_id:
            raise EncoderMismatchError(
                f"its vectors were made by the encoder {made_by!r}, but {encoder_id!r} is configured",
                where=self._where,
                remedy="Open it with the encoder that made them, or index into another folder",
            )

    def update(self, catalogue: Catalogue, encoder: Encoder, progress: Progress = silent) -> int:
        """Encode the items that are new or whose text changed; returns how many.

        Works in small committed batches: after Ctrl-C the next call goes on where this one stopped.
        """
        self.check_encoder(encoder.encoder_id)
        self._move_here(catalogue)
        with self._writing():
            return self._update(catalogue, encoder, progress)

    def _move_here(self, catalogue: Catalogue) -> None:
        if self.elsewhere is not None:
            catalogue.forget_index()
            self._taste_file.unlink(missing_ok=True)
            catalogue.set_fact(PLACE, self._here)
            self.elsewhere = None

    def _update(self, catalogue: Catalogue, encoder: Encoder, progress: Progress) -> int:
        _, waiting = catalogue.size()
        if waiting and not self.content.metadata.get("encoder"):
            self.content.add_metadata(encoder=encoder.encoder_id)
        written, done, last = catalogue.fact(WRITTEN), 0, ""
        while batch := catalogue.unindexed(ENCODE_BATCH, last):
            progress("Encoding items", done, waiting)
            vectors = np.asarray(encoder.embed_documents([item_text(item) for item in batch]), dtype=np.float32)
            self._check_dimensions(vectors)
            if "dimensions" not in self.content.metadata:
                self.content.add_metadata(dimensions=vectors.shape[1])
            self.content.upsert([item.id for item in batch], vectors)
            catalogue.mark_indexed(batch)
            done, last = done + len(batch), batch[-1].id
        if waiting:
            progress("Encoding items", done, max(waiting, done))
            self.content.measure_recall()
        if written is not None:
            catalogue.set_fact(INDEXED, written)
            self._indexed = written
        return done

    def _check_dimensions(self, vectors: NDArray[np.float32]) -> None:
        known, given = self.content.metadata.get("dimensions"), vectors.shape[1]
        if known is not None and known != given:
            raise EncoderMismatchError(
                f"its vectors have {known} dimensions, but the encoder gave {given}", where=self._where,
                remedy="Open it with the encoder that made them, or index into another folder",
            )  # fmt: skip

    def reconcile(self, catalogue: Catalogue) -> None:
        """If Chroma holds fewer vectors than the catalogue believes, let all be encoded again; tastes of which it has none wait for a `fit`.

        Where the vectors are in the other place, the folder or a server, nothing is done: `update` moves them here, and what reads refuses.
        """
        kept = catalogue.fact(PLACE)
        if kept is None:
            catalogue.set_fact(PLACE, self._here)
        elif kept != self._here:
            self.elsewhere = kept
            return
        total, waiting = catalogue.size()
        if len(self.content) < total - waiting:
            catalogue.forget_index()
        if self._server and not all(map(len, self.tastes.values())):
            self._taste_file.unlink(missing_ok=True)

    def vectors(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """Text vectors of `ids` in that order, of shape (len(ids), dimensions). All must be indexed."""
        return self._read(lambda: self.content.get(ids))

    def centre(self) -> NDArray[np.float32]:
        """What the text vectors have in common: the mean of up to 2,000 of them, evenly spread, float32[dimensions]."""
        return self._read(lambda: self.content.centre())

    @property
    def place(self) -> Mapping[str, int]:
        """A number for each indexed item."""
        return self._read(lambda: self.content.rows().place if len(self.content) else {})

    def nearest(self, queries: NDArray[np.float32], n: int, **limits: Any) -> dict[str, float]:
        """Up to `n` ids by text: the highest similarity to a row of `queries`, best first; see `VectorCollection`."""
        self._check_dimensions(queries)
        return self._read(lambda: self.content.nearest(queries, n, **limits))

    def set_tastes(self, model: TasteModel) -> None:
        """Replace the taste vectors by those of `model`."""
        self.check_place()
        with self._writing():
            self._fold_in = None
            self._taste_file.unlink(missing_ok=True)
            for kind, collection in self.tastes.items():
                collection.clear()
                collection.upsert(model.ids, getattr(model, kind).outgoing)
            model.save(self._taste_file)

    def taste(self, kind: str, history: Mapping[str, float], n: int, **limits: Any) -> dict[str, float]:
        """Up to `n` ids with their scores by taste for someone who had the items of `history`, which weigh so much.

        `kind` is `together` or `next`. Empty before tastes are fitted, or where no item of the history has a vector.
        """
        query = self.fold_in(kind, history)
        return self._read(lambda: self.tastes[kind].nearest(query, n, **limits)) if query is not None else {}

    def fold_in(self, kind: str, history: Mapping[str, float]) -> NDArray[np.float32] | None:
        """The query of `taste`, float32[1, dimensions]; None where that is empty."""
        self.check_place()
        if self._fold_in is None:
            if not self._taste_file.is_file():
                return None
            self._fold_in = FoldIn.load(self._taste_file)
        return self._fold_in.query(kind, history)

    def influence(self, kind: str, history: Mapping[str, float], ids: Sequence[str]) -> NDArray[np.float32]:
        """What each item of `history`, which weigh so much, adds to the scores by taste of `ids`, float32[n_history, n_ids].

        Beside what it adds to others, and in standard deviations of the whole history's scores, both over up to 2,000 items.
        Zeros where tastes are not fitted or know none of the items.
        """
        found = np.zeros((len(history), len(ids)), dtype=np.float32)
        whole = self.fold_in(kind, history)
        if whole is None or self._fold_in is None:
            return found
        rows = self._read(lambda: self.tastes[kind].rows())
        sample = rows.matrix[:: max(1, len(rows) // SAMPLE)]
        spread = float((sample @ whole[0]).std()) or 1.0
        known = [n for n, one in enumerate(ids) if one in rows.place]
        if known:
            outgoing = rows.take([ids[n] for n in known]) - sample.mean(axis=0)
            for row, (one, weight) in enumerate(history.items()):
                own = self._fold_in.query(kind, {one: weight})
                if own is not None:
                    found[row, known] = outgoing @ own[0] / spread
        return found

    @property
    def _taste_file(self) -> Path:
        return self._path / "taste.npz"


def _client(path: Path, server: str | None) -> ClientAPI:
    quiet = ChromaSettings(anonymized_telemetry=False)
    if server is None:
        return chromadb.PersistentClient(str(path), settings=quiet)
    path.mkdir(parents=True, exist_ok=True)
    at = urlsplit(server)
    secure = at.scheme == "https"
    return chromadb.HttpClient(at.hostname or "", at.port or (443 if secure else 8000), ssl=secure, settings=quiet)
