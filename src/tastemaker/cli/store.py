"""`index`, `recommend`, `rerank`, `reward`: the Python API on a store, from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import Encoder, Json, Ranker, Store, Timeout, Writer, bars, emit, out
from tastemaker.domain import Recommendation, one_line
from tastemaker.errors import InvalidInputError


def index(
    items: Annotated[
        Path, typer.Argument(help="Items as JSON lines: id, title, description, categories, attributes, …")
    ],
    events: Annotated[
        Path | None, typer.Option(help="Events as JSON lines: user_id, item_id, type, value, timestamp, …")
    ] = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Add or replace items, and their events; encode what is new, learn tastes. After Ctrl-C run it again."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.retrieval.datasets import jsonl

    with bars() as progress, Recommender.open(store, encoder=encoder, progress=progress) as recommender:
        encoded = recommender.index(jsonl.read_items(items))
        observed = recommender.observe(jsonl.read_events(events)) if events else 0
        tastes = recommender.fit() if observed else None
        total, _ = recommender.core.store.catalogue.size()
        folder = str(recommender.core.settings.path)
    if as_json:
        emit({"store": folder, "items": total, "encoded": encoded, "events": observed, "tastes": tastes})
        return
    out.print(f"{folder} holds {total} items; {encoded} were encoded and {observed} events added.")
    if tastes is not None:
        out.print(f"{tastes} items have a taste vector.")


def fit(store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """Learn tastes from all events of a store, as `index` does when it is given events."""
    from tastemaker.agent.blocking import Recommender

    with bars() as progress, Recommender.open(store, encoder=encoder, progress=progress) as recommender:
        tastes = recommender.fit()
    if as_json:
        emit({"tastes": tastes})
    else:
        out.print(f"{tastes} items have a taste vector." if tastes else "No user had two items: nothing to learn.")


def recommend(
    user: Annotated[
        str | None, typer.Argument(help="User id. Leave it out to recommend from --like and --query.")
    ] = None,
    like: Annotated[list[str] | None, typer.Option(help="Id of a liked item; repeat, oldest first.")] = None,
    query: Annotated[str | None, typer.Option(help="What is wanted now, in words.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many, 1 to 100.")] = 5,
    tau: Annotated[float, typer.Option(help="Temperature of the draw; 0 shows the best.")] = 0.0,
    seed: Annotated[int | None, typer.Option(help="Seed of the draw.")] = None,
    where: Annotated[str | None, typer.Option(help='Hard filter as JSON: {"year": {"gte": 1990}}.')] = None,
    diversity: Annotated[float, typer.Option(help="0 to 1: choose items unlike each other.")] = 0.0,
    calibration: Annotated[float, typer.Option(help="0 to 1: keep the proportions of what was liked.")] = 0.0,
    explain: Annotated[bool, typer.Option(help="Write a reason for each item.")] = True,
    language: Annotated[str | None, typer.Option(help="Of the reasons: en or zh.")] = None,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    encoder: Encoder = None,
    timeout: Timeout = None,
    as_json: Json = False,
) -> None:
    """Recommend items to a user, or from a history and a query."""
    from tastemaker.agent.blocking import Recommender

    if user is not None and like:
        raise InvalidInputError("a user and --like were both given", remedy="Give one of them")
    try:
        limits = json.loads(where) if where else None
    except ValueError as error:
        raise InvalidInputError(f"is no JSON ({error})", where="--where") from error
    if limits is not None and not isinstance(limits, dict):
        raise InvalidInputError("is no JSON object", where="--where")
    with (
        bars() as progress,
        Recommender.open(
            store, ranker=ranker, writer=writer, encoder=encoder, timeout_s=timeout, progress=progress
        ) as recommender,
    ):
        found = recommender.recommend(
            user if user is not None else like, query=query, k=k, tau=tau, seed=seed, where=limits,
            diversity=diversity, calibration=calibration, explain=explain, language=language,
        )  # fmt: skip
    if as_json:
        emit(found.model_dump(mode="json"))
    else:
        show(found)


def show(found: Recommendation) -> None:
    """Print a slate as a table."""
    table = Table(show_lines=True)
    for heading in ("#", "id", "title", "why", "prior"):
        table.add_column(heading, justify="right" if heading in {"#", "prior"} else "left")
    for item in found.items:
        cells = (str(item.rank), item.id, item.title, item.explanation, str(item.prior_rank))
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    out.print(table)
    out.print(
        f"decision {found.decision_id} · {found.policy_version} · {found.model} ({found.engine})", highlight=False
    )


def rerank(
    query: Annotated[str, typer.Argument(help="What the documents are ranked for.")],
    documents: Annotated[list[str] | None, typer.Argument(help="Texts to rank.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read one document a line from this file.")] = None,
    store: Store = None,
    ranker: Ranker = None,
    encoder: Encoder = None,
    timeout: Timeout = None,
    as_json: Json = False,
) -> None:
    """Rank documents for a query; all of them come back."""
    from tastemaker.agent.blocking import Recommender

    texts = list(documents or ())
    if file is not None:
        try:
            texts += [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"can't be read ({error})", where=str(file)) from error
    with (
        bars() as progress,
        Recommender.open(store, ranker=ranker, encoder=encoder, timeout_s=timeout, progress=progress) as recommender,
    ):
        ranked = recommender.rerank(query, texts)
    if as_json:
        emit({"results": [document.model_dump(mode="json") for document in ranked]})
        return
    for document in ranked:
        out.print(f"{document.rank:3d}  {document.score:.3f}  {one_line(document.text)}", markup=False, highlight=False)


def reward(
    decision_id: Annotated[str, typer.Argument(help="The decision that recommend printed.")],
    item_id: Annotated[str, typer.Argument(help="An item of its slate.")],
    type: Annotated[str, typer.Argument(help="like, dislike, view, dwell, rating, skip, cart, purchase, …")],
    value: Annotated[float | None, typer.Option(help="Of a rating, 0.5 to 5.")] = None,
    event_id: Annotated[str | None, typer.Option(help="Makes a repeated call harmless.")] = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Store what came of a shown item."""
    from tastemaker.agent.blocking import Recommender

    with Recommender.open(store, encoder=encoder) as recommender:
        receipt = recommender.reward(decision_id, item_id, type, value=value, event_id=event_id)
    if as_json:
        emit(receipt.model_dump(mode="json"))
    else:
        again = " (was stored before)" if receipt.duplicate else ""
        out.print(
            f"{receipt.type} on place {receipt.position} of {receipt.decision_id}: reward {receipt.reward:+.1f}{again}"
        )
