"""A store of MovieLens-100K that talks: made once in the cache folder, copied for each run, so that runs don't change each other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from tastemaker.agent.conversation.pieces import Reply, whole
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.eval.benchmarks.conversation.films import Films, read
from tastemaker.eval.benchmarks.conversation.playing import Chat, K
from tastemaker.progress import Progress
from tastemaker.retrieval.datasets import movielens
from tastemaker.settings import Settings

NAME = "bench-conversation"
DONE = "bench-conversation"
BUDGET_MS = 0.01
"""Too little for the model to read anything: slates are in the prior's order."""


@asynccontextmanager
async def opened(settings: Settings, progress: Progress) -> AsyncGenerator[tuple[AsyncRecommender, Films], None]:
    """A recommender on a copy of the store, which is gone afterwards, and the films by their raw rows."""
    kept = settings.cache / NAME
    given = settings.model_dump() | {"log": None}
    data = movielens.fetch(settings.cache, progress)
    async with await AsyncRecommender.open(progress=progress, **given | {"path": kept}) as recommender:
        await _fill(recommender, data)
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copytree(kept, Path(folder) / "store")
        async with await AsyncRecommender.open(progress=progress, **given | {"path": copied}) as recommender:
            yield recommender, read(data)


async def _fill(recommender: AsyncRecommender, data: Path) -> None:
    """Index and learn; goes on where an earlier run was stopped."""
    await recommender.index(movielens.read_items(data))
    if recommender.store.catalogue.fact(DONE) != "complete":
        await recommender.observe(movielens.read_events(data))
        await recommender.fit()
        recommender.store.catalogue.set_fact(DONE, "complete")


def chat_of(recommender: AsyncRecommender, k: int = K) -> Chat:
    """Turns of `k` films without reasons, in the prior's order."""

    async def chat(message: str, conversation_id: str | None, user_id: str | None) -> Reply:
        pieces = recommender.chat(message, conversation_id, user_id=user_id, k=k, budget_ms=BUDGET_MS, explain=False)
        async with aclosing(pieces) as told:
            return await whole(told)

    return chat
