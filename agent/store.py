"""A store folder: `store.sqlite3` with catalogue, events, feedback log and conversations (unless these two are on a server), and
`chroma/`, which can be rebuilt from it and may be on a server too."""

from __future__ import annotations

import os
from pathlib import Path

from anyio import CapacityLimiter

from tastemaker.agent.conversation.memory import Memory
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.database import open_database, open_postgres
from tastemaker.errors import EmptyCatalogueError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.rows import Space
from tastemaker.settings import Settings

DATABASE = "store.sqlite3"
RETRIEVALS = min(4, os.cpu_count() or 1)
"""Retrievals at once. They compute; more threads than that only wait for Python's lock, and let the event loop wait too."""


class Store:
    """The parts of the folder `path`, opened; made if it is not there.

    Texts are compared by `similarity`: cosine, inner product, or distance. `log` is the address of a PostgreSQL database for log and
    `memory`, which holds the conversations; `chroma` that of a Chroma server for the vectors, `http://HOST:PORT`. `retrieving` bounds
    how many threads retrieve at once.

    Raises:
        StoreError: the folder can't be used, or was made with another similarity.
        EncoderMismatchError: its vectors were made by another encoder than `encoder_id`.
    """

    def __init__(
        self, path: Path, encoder_id: str, similarity: Space = "cosine", log: str | None = None,
        chroma: str | None = None,
    ) -> None:  # fmt: skip
        database = open_database(path / DATABASE)
        self.catalogue = Catalogue(database)
        self.index = Index(path / "chroma", similarity, chroma, self.catalogue.own_id() if chroma else "")
        self.index.check_encoder(encoder_id)
        self.log = FeedbackLog(open_postgres(log) if log else database)
        self.memory = Memory(self.log)
        self.retrieving = CapacityLimiter(RETRIEVALS)
        self.index.reconcile(self.catalogue)

    @classmethod
    def of(cls, settings: Settings, encoder_id: str) -> Store:
        """The store that `settings` name. Raises what opening it does."""
        log = settings.log.get_secret_value() if settings.log else None
        return cls(settings.path, encoder_id, settings.similarity, log, settings.chroma)

    def close(self) -> None:
        """Let go of index and log: everything acknowledged is on disk."""
        self.index.close()
        self.log.close()

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether a store was begun in this folder."""
        return (path / DATABASE).is_file()


def no_store(path: Path) -> EmptyCatalogueError:
    """The error for reading from a folder that holds no store."""
    return EmptyCatalogueError(
        "there is no store in this folder", where=str(path), remedy="Index some items first, or give another folder"
    )
