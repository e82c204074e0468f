"""`demo`: MovieLens-100K from nothing to five films with reasons, a logged decision, and how to reward it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tastemaker.cli.output import Json, Ranker, Store, Writer, bars, counted, emit, out
from tastemaker.cli.store import show
from tastemaker.domain import one_line
from tastemaker.errors import StoreError
from tastemaker.progress import Progress
from tastemaker.settings import Settings

if TYPE_CHECKING:
    from tastemaker.agent.blocking import Recommender

RATINGS = 100_000
FACT = "movielens-100k"


def demo(
    user: Annotated[
        str | None, typer.Option(help="MovieLens user, 1 to 943; one with 30 to 60 ratings if not given.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="What is wanted now, in words.")] = None,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    as_json: Json = False,
) -> None:
    """Recommend five real films to a real user. Fetches data and models once; a second run is quick."""
    from tastemaker.agent.blocking import Recommender

    folder = store or Settings.load().cache / "demo"
    with (
        bars() as progress,
        Recommender.open(folder, ranker=ranker, writer=writer, progress=progress) as recommender,
    ):
        _fill(recommender, progress)
        catalogue = recommender.core.store.catalogue
        chosen = user or catalogue.some_user(30, 60)
        if chosen is None:
            raise StoreError(
                "holds no user with 30 to 60 events", where=str(folder), remedy="Give --user, or another --store"
            )
        liked = [event.item_id for event in catalogue.history(chosen) if event.weight > 0 and event.item_id is not None]
        history = catalogue.items(liked[-5:])
        found = recommender.recommend(chosen, query=query, k=5)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    out.print(f"User {chosen} rated {len(liked)} films 4 or 5 stars, the last of them:", highlight=False)
    for item in history:
        out.print(f"  {one_line(item.title)} ({', '.join(item.categories)})", markup=False, highlight=False)
    show(found)
    out.print(
        "Tell it what you think of one:\n"
        f"  tastemaker reward {found.decision_id} {found.items[0].id} like --store {folder}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _fill(recommender: Recommender, progress: Progress) -> None:
    """Index MovieLens-100K unless this store has it already; goes on where an earlier run was stopped."""
    from tastemaker.agent import store as stores
    from tastemaker.retrieval.datasets import movielens

    core = recommender.core
    if stores.Store.exists(core.settings.path) and core.store.catalogue.fact(FACT) == "complete":
        return
    data = movielens.fetch(core.settings.cache, progress)
    recommender.index(movielens.read_items(data))
    recommender.observe(counted(movielens.read_events(data), "Reading ratings", RATINGS, progress))
    recommender.fit()
    core.store.catalogue.set_fact(FACT, "complete")
