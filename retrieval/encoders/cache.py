"""Vectors by content, on disk: the same text is never encoded twice by the same encoder, in whatever store."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from tastemaker.errors import EncoderMismatchError, StoreError
from tastemaker.retrieval.encoders.base import NamedEncoder, RowEncoder, Rows

FILE = "vectors.sqlite3"
LIMIT_BYTES = 1 << 30
"""Room for about 600,000 vectors of 384 numbers."""
PROBE = "The quick brown fox jumps over the lazy dog; 敏捷的棕色狐狸跳过懒狗。"
_ASK = 500
_TABLE = "CREATE TABLE IF NOT EXISTS vector (number INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, data BLOB NOT NULL)"


class VectorCache:
    """Float32 vectors under sha256 keys in the SQLite file `path`; over `limit_bytes` the oldest go.

    Several threads and processes may share the file. It may be deleted at any time while none has it open.

    Raises:
        StoreError: the file can't be used; says why.
    """

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path, self._limit = path, limit_bytes
        self._lock = threading.Lock()
        self._open: tuple[int, sqlite3.Connection] | None = None
        self.get([])

    def __reduce__(self) -> tuple[Any, ...]:
        return VectorCache, (self.path, self._limit)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Rows]:
        """The vectors of those `keys` that are here, each of shape (dimensions,)."""
        found: dict[bytes, Rows] = {}
        with self._lock, _explained(self.path):
            connection = self._connection()
            for start in range(0, len(keys), _ASK):
                part = keys[start : start + _ASK]
                query = f"SELECT key, data FROM vector WHERE key IN ({','.join('?' * len(part))})"
                found |= {key: np.frombuffer(data, "<f4") for key, data in connection.execute(query, part)}
        return found

    def put(self, vectors: Mapping[bytes, Rows]) -> None:
        """Keep these vectors, each of shape (dimensions,). What is here already stays as it is."""
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._lock, _explained(self.path):
            connection = self._connection()
            with connection:
                connection.executemany("INSERT OR IGNORE INTO vector (key, data) VALUES (?, ?)", rows)
                while self._used(connection) > self._limit:
                    oldest = "SELECT min(number) + (max(number) - min(number)) / 10 FROM vector"
                    if not connection.execute(f"DELETE FROM vector WHERE number <= ({oldest})").rowcount:
                        break

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            if self._open and self._open[0] == os.getpid():
                self._open[1].close()
            self._open = None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None or self._open[0] != os.getpid():  # SQLite's connections do not survive a fork
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
            # A cache need not outlive a power cut; it must only never be half a row.
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute(_TABLE)
            self._open = os.getpid(), connection
        return self._open[1]

    @staticmethod
    def _used(connection: sqlite3.Connection) -> int:
        names = ("page_count", "freelist_count", "page_size")
        count, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
        return int((count - free) * size)


class CachedEncoder(NamedEncoder):
    """A `NamedEncoder` whose documents' vectors are kept in `cache`, under sha256 of the encoder's id and the text.

    Queries are not kept: what users write does not go to disk. A text given twice in one call is encoded once. With
    `probe`, for an encoder whose id can't tell what stands behind it, the first documents that are encoded take a fixed
    sentence along, and its vector is compared with that of last time.

    Raises, besides what `NamedEncoder` raises:
        EncoderMismatchError: other dimensions than the vectors kept, or the fixed sentence has another vector now.
        StoreError: the cache's file fails.
    """

    def __init__(
        self,
        inner: RowEncoder | Embeddings,
        name: str,
        cache: VectorCache,
        *,
        unit: bool = False,
        probe: bool = False,
    ) -> None:
        super().__init__(inner, name, unit=unit)
        self._cache, self._probe = cache, probe

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        """See `NamedEncoder`."""
        self._check_texts(texts)
        if not texts:
            return np.empty((0, 0), np.float32)
        keys = [content_key(self.encoder_id, text) for text in texts]
        found = self._cache.get(list(dict.fromkeys(keys)))
        new = {key: place for place, key in reversed(list(enumerate(keys))) if key not in found}
        if new:
            places = sorted(new.values())
            encoded = self._encode_new([texts[place] for place in places], places)
            found |= {keys[place]: row for place, row in zip(places, encoded, strict=True)}
        lengths = {len(row) for row in found.values()}
        for length in lengths:
            self._same_length(length)
        if new:  # not before: vectors of a changed encoder must not get in
            self._cache.put({key: found[key] for key in new})
        return np.stack([found[key] for key in keys])

    def _encode_new(self, texts: list[str], places: list[int]) -> Rows:
        if not self._probe:
            return self._encode(texts, places)
        rows = self._encode([*texts, PROBE], [*places, -1])
        key = content_key(self.encoder_id, PROBE)
        before, now = self._cache.get([key]).get(key), rows[-1]
        if before is None:
            self._cache.put({key: now})
        else:
            self._same_length(len(before))
            if before @ now < 0.999 * np.linalg.norm(before) * np.linalg.norm(now):
                raise EncoderMismatchError(
                    "gives the same text another vector than before: another model is served under this name",
                    where=f"encoder {self.encoder_id!r}",
                    remedy=f"Serve it under a new name and index again, or delete {self._cache.path}",
                )
        self._probe = False
        return rows[:-1]


def content_key(encoder_id: str, text: str) -> bytes:
    """32 bytes: sha256 of the id, a zero byte and the text, in UTF-8."""
    return hashlib.sha256(f"{encoder_id}\0{text}".encode()).digest()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"can't be used as a cache of vectors ({error})",
            where=str(path),
            remedy="Delete it, it can be made again, or give another cache folder",
        ) from error
