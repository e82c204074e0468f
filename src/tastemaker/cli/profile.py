"""`profile`: what is known of a user, to read, to export, to correct and to erase. `expire`: what is known of all, and old, goes."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import Encoder, Json, Store, bars, emit, json_object, log, out
from tastemaker.domain import Preferences, one_line
from tastemaker.errors import InvalidInputError

SHOWN = 10


def profile(
    user: Annotated[str, typer.Argument(help="User id.")],
    forget: Annotated[str | None, typer.Option(help="Delete the user's events on this item first.")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Delete all events and settings of the user.")] = False,
    only: Annotated[
        str | None,
        typer.Option(help='Set what may be shown from now on, a filter as JSON: {"price": {"lt": 50}}. {} lifts it.'),
    ] = None,
    avoid: Annotated[list[str] | None, typer.Option(help="Never show this category; repeat.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="Show this category again; repeat.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Set the user's languages, the first for reasons; repeat.")
    ] = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Show what is known of a user: interests with what supports them, likes, dislikes, searches, what they set.

    With --only, --avoid, --allow or --language it is set first, with --forget or --erase deleted.
    """
    from tastemaker.agent.blocking import Recommender

    with bars() as progress, Recommender.open(store, encoder=encoder, progress=progress) as recommender:
        if erase or forget:
            gone = recommender.erase(user, None if erase else forget)
            log.print(f"{gone.events} events were deleted. Run `tastemaker fit` to let tastes forget them too.")
            if erase:
                if as_json:
                    emit({"user_id": user, "erased": gone.events, **gone.model_dump(mode="json")})
                return
        if only is not None or avoid or allow or language:
            said = recommender.preferences(user)
            kept = [one for one in dict.fromkeys([*said.avoided, *(avoid or [])]) if one not in (allow or [])]
            changes = {
                "constraints": said.constraints if only is None else json_object(only, "--only"), "avoided": kept,
                "languages": language or said.languages,
            }  # fmt: skip
            recommender.prefer(user, Preferences.model_validate(changes))
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
    groups = Table(title="What the likes have in common, by text")
    for heading in ("near", "weight", "and"):
        groups.add_column(heading, justify="right" if heading == "weight" else "left")
    for one in found.vectors:
        others = ", ".join(titles[each] for each in one.item_ids[::-1] if each != one.item_id)
        groups.add_row(Text(one_line(titles[one.item_id])), f"{one.weight:.2f}", Text(one_line(others, 120)))
    if found.vectors:
        out.print(groups)
    set_by_them = {"Only": json.dumps(found.constraints) if found.constraints else "", "Avoids": ", ".join(found.avoided),
                   "Languages": ", ".join(found.languages)}  # fmt: skip
    for what, value in set_by_them.items():
        if value:
            out.print(f"{what}: {one_line(value)}", highlight=False, markup=False)
    rows = (("Liked last", found.liked), ("Unwanted", found.unwanted), ("Searched", found.searches))
    for what, values in rows:
        if values:
            last = "; ".join(one_line(titles.get(one, one)) for one in values[-SHOWN:][::-1])
            out.print(f"{what}: {last}", highlight=False, markup=False)


def expire(
    older_than: Annotated[str, typer.Option(help="Age in days or hours: 400d, 36h.")],
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Delete all users' events, conversations and logged decisions that are older. What they set stays. After Ctrl-C run it again."""
    from tastemaker.agent.blocking import Recommender

    age = _age(older_than)
    with bars() as progress, Recommender.open(store, encoder=encoder, progress=progress) as recommender:
        gone = recommender.expire(age)
    if as_json:
        emit(gone.model_dump(mode="json"))
        return
    out.print(
        f"{gone.events:,} events, {gone.conversations:,} conversations of {gone.turns:,} turns, {gone.log.decisions:,} decisions and "
        f"{gone.log.feedback:,} rewards were deleted. Run `tastemaker fit` to let tastes forget them too.", highlight=False,
    )  # fmt: skip


def _age(text: str) -> timedelta:
    """From 1h to 99999d. Raises `InvalidInputError` for anything else."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([dh])", text.strip())
    if found is None:
        raise InvalidInputError(
            f"is {text[:40]!r}, not a number of days or hours from 1 to 99999", where="--older-than", remedy="Write 400d or 36h"
        )  # fmt: skip
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))
