"""The two servers that are timed without a model: ours, whose engine answers at once, and one with two bare routes. One makes the Chroma queries
that our retrieval stands for; the other searches just as ours does, which compares few vectors one by one and asks Chroma only where they are many.

Each runs in a process of its own, as `uvicorn --factory`; both are told the store by the environment.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from fastapi import FastAPI
from numpy.typing import NDArray
from pydantic import BaseModel

from tastemaker.agent.engines.base import Engine, Message
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.agent.store import Store
from tastemaker.eval.benchmarks.clustered import USERS, ClusteredVectors
from tastemaker.eval.benchmarks.retrieval import chroma_queries
from tastemaker.progress import silent
from tastemaker.retrieval.encoders import HashingEncoder, NamedEncoder
from tastemaker.retrieval.fusion import Fusion
from tastemaker.retrieval.retriever import Retriever
from tastemaker.server.access import Access
from tastemaker.server.app import create_app
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys
from tastemaker.settings import Settings

STORE = "TASTEMAKER_BENCH_STORE"


class NullEngine(Engine):
    """An engine that has read everything at once, and finds all answers equal."""

    kind, model_id, max_tokens = "null", "null", 1_000_000

    def __init__(self) -> None:
        self.tokenizer = _Characters()

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        return np.full((len(prompts), len(ids)), -float(np.log(len(ids))))

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        return [0.0] * len(texts)

    async def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        yield ""


class _Characters:
    """A token for each character; no chat template."""

    async def encode(self, text: str, *, special: bool) -> list[int]:
        return list(map(ord, text))

    async def chat(self, messages: Sequence[Message]) -> list[int] | None:
        return None


def ours() -> FastAPI:
    """Our server, with keys asked for, on the store that the environment names."""
    path = Path(os.environ[STORE])
    settings = Settings.load(path=path, mode="listwise")
    # The clustered vectors know no other texts than their items'; getting ready reads one, users with a history none.
    core = AsyncRecommender(settings, NamedEncoder(HashingEncoder(), ClusteredVectors.encoder_id), silent)
    core.use_engine(settings.ranker, NullEngine())
    return create_app(core, Access(Keys(open_server(path))))


class Asked(BaseModel):
    """Whose candidates are wanted."""

    user_id: str


def bare() -> FastAPI:
    """Routes that search for users' vectors, which are at hand, and answer with what they find: nothing is fused, ranked or logged."""
    path = Path(os.environ[STORE])
    store = Store(path, ClusteredVectors.encoder_id)
    retriever = Retriever(store.catalogue, store.index, HashingEncoder, Fusion())
    queries = {f"u{n}": chroma_queries(store, retriever, f"u{n}") for n in range(USERS)}
    searched = {"content": store.index.content, **store.index.tastes}
    client = chromadb.PersistentClient(str(path / "chroma"), settings=ChromaSettings(anonymized_telemetry=False))
    collections = {
        name: client.get_collection(name, embedding_function=None) for name in ("content", "together", "next")
    }
    app = FastAPI()

    @app.post("/v1/recommend")
    def recommend(body: Asked) -> dict[str, Any]:
        found = {}
        for name, vectors, n in queries[body.user_id]:
            answer = collections[name].query(query_embeddings=vectors, n_results=n, include=["distances"])
            found[name] = [ids[:5] for ids in answer["ids"]]
        return {"items": found}

    @app.post("/same-search")
    def search(body: Asked) -> dict[str, Any]:
        found = {name: list(searched[name].nearest(vectors, n))[:5] for name, vectors, n in queries[body.user_id]}
        return {"items": found}

    return app
