"""`profile`: what is known of a user, to read, to export and to erase."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import Encoder, Json, Store, bars, emit, log, out
from tastemaker.domain import one_line

SHOWN = 10


def profile(
    user: Annotated[str, typer.Argument(help="User id.")],
    forget: Annotated[str | None, typer.Option(help="Delete the user's events on this item first.")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Delete all events of the user, and nothing else.")] = False,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Show what is known of a user: interests with what supports them, likes, dislikes, searches."""
    from tastemaker.agent.blocking import Recommender

    with bars() as progress, Recommender.open(store, encoder=encoder, progress=progress) as recommender:
        if erase or forget:
            gone = recommender.erase(user, None if erase else forget)
            log.print(f"{gone} events were deleted. Run `tastemaker fit` to let tastes forget them too.")
            if erase:
                if as_json:
                    emit({"user_id": user, "erased": gone})
                return
        found = recommender.profile(user)
        titles = {item.id: item.title for item in recommender.core.store.catalogue.items(found.seen)}
    if as_json:
        emit({"user_id": user, **found.model_dump(mode="json")})
        return
    table = Table(title=f"{len(found.seen)} items seen, {len(found.liked)} liked, {len(found.unwanted)} unwanted")
    for heading in ("interest", "weight", "because of"):
        table.add_column(heading, justify="right" if heading == "weight" else "left")
    for interest in found.interests:
        support = ", ".join(titles[one] for one in interest.item_ids[-3:][::-1])
        table.add_row(Text(one_line(interest.category)), f"{interest.weight:+.2f}", Text(one_line(support, 120)))
    out.print(table)
    rows = (("Liked last", found.liked), ("Unwanted", found.unwanted), ("Searched", found.searches))
    for what, values in rows:
        if values:
            last = "; ".join(one_line(titles.get(one, one)) for one in values[-SHOWN:][::-1])
            out.print(f"{what}: {last}", highlight=False, markup=False)
