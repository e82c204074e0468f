"""`index`, `recommend`, `rerank`, `reward`: the Python API on a store, from the shell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import (
    Budget,
    ColumnNames,
    Depth,
    Encoder,
    Format,
    Json,
    Ranker,
    Store,
    Timeout,
    Writer,
    bars,
    column_map,
    emit,
    json_object,
    log_report,
    out,
)
from tastemaker.domain import Event, Item, Recommendation, one_line
from tastemaker.errors import InvalidInputError
from tastemaker.progress import Progress
from tastemaker.settings import Settings

if TYPE_CHECKING:
    from tastemaker.retrieval.datasets import Report
    from tastemaker.retrieval.fusion import Learned

_TABLE = re.compile(r"\.(csv|tsv|parquet)(\.gz)?$")


def index(
    source: Annotated[
        str,
        typer.Argument(
            help="Items as JSON lines (id, title, …), or a folder, file or name of a data set.", metavar="ITEMS"
        ),
    ],
    events: Annotated[
        Path | None, typer.Option(help="Beside items as JSON lines: user_id, item_id, type, value, timestamp, …")
    ] = None,
    format: Format = "auto",
    columns: ColumnNames = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Add or replace items, and their events; encode what is new, learn tastes. After Ctrl-C run it again."""
    from tastemaker.agent.blocking import Recommender

    with bars() as progress:
        items, deeds, report = _opened(source, events, format, column_map(columns), progress)
        with Recommender.open(store, encoder=encoder, progress=progress) as recommender:
            encoded = recommender.index(items)
            observed = recommender.observe(deeds)
            learned = recommender.fit() if observed else None
            total, _ = recommender.core.store.catalogue.size()
            folder = str(recommender.core.settings.path)
    told = report.as_dict()
    if as_json:
        counts = {"items": total, "encoded": encoded, "events": observed, "tastes": learned.items if learned else None}
        emit({"store": folder, **counts, "report": told})
        return
    log_report(told)
    out.print(f"{folder} holds {total} items; {encoded} were encoded and {observed} events added.")
    if learned is not None:
        out.print(told_of(learned))


def _opened(
    source: str, events: Path | None, format: str, columns: dict[str, str] | None, progress: Progress
) -> tuple[Iterable[Item], Iterable[Event], Report]:
    """The items, the events, and what will be told of them.

    A file is items in our own JSON lines unless it is called a table, or its format or columns are said.
    """
    from tastemaker.retrieval.datasets import MOVIELENS_NAMES, Report, jsonl, open_dataset

    said = format != "auto" or columns is not None
    if events and said:
        raise InvalidInputError(
            "goes with items as JSON lines, and not with --format or --columns", where="--events",
            remedy="Put both files into one folder, as items.csv and events.csv, and give the folder",
        )  # fmt: skip
    path = Path(source)
    if events or not (said or source in MOVIELENS_NAMES or path.is_dir() or _TABLE.search(path.name)):
        report = Report()
        deeds = jsonl.read_events(events, report.events) if events else ()
        return jsonl.read_items(path, report.items), deeds, report
    data = open_dataset(source, Settings.load().cache, progress, format=format, columns=columns)
    return data.items(), data.events(), data.report


def fit(
    head: Annotated[
        bool, typer.Option("--head", help="Then let the ranker read a hundred rankings to learn what its scores are worth.")
    ] = False,
    store: Store = None, encoder: Encoder = None, ranker: Ranker = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Learn tastes and the weights of the sources from all events of a store, as `index` does when it is given events."""
    from tastemaker.agent.blocking import Recommender

    with bars() as progress, Recommender.open(store, encoder=encoder, ranker=ranker, progress=progress) as recommender:
        learned = recommender.fit()
        fitted = recommender.fit_head() if head else None
    if as_json:
        known = {"tastes": learned.items, "learned": learned.model_dump(mode="json")}
        emit(known | ({"head": fitted.model_dump(mode="json")} if fitted else {}))
        return
    out.print(told_of(learned))
    if fitted and not fitted.cases:
        out.print("Too few rankings tell what the model's scores are worth; they count a tenth of the prior.")
    elif fitted:
        said = " ".join(f"{weight:g}" for weight in fitted.weights) if any(fitted.weights) else "nothing"
        out.print(
            f"The model's scores count {said} (NDCG@10 {fitted.ndcg:.3f} instead of {fitted.ndcg_of_prior:.3f} "
            f"among twenty candidates, {fitted.cases} rankings, cross-validated)."
        )


def told_of(learned: Learned) -> str:
    """What `fit` chose, in words."""
    first = (
        f"{learned.items} items have a taste vector." if learned.items else "No user had two items: no taste to learn."
    )
    if learned.ndcg is None:
        return (
            f"{first} {learned.cases} users came back in the last tenth of the events: too few to learn weights from."
        )
    weights = ", ".join(f"{name} {weight:g}" for name, weight in learned.fusion.weights.items() if weight)
    gain = f"NDCG@10 {learned.ndcg:.3f} instead of {learned.ndcg_of_defaults:.3f}"
    return f"{first} Weights: {weights} ({gain} on {learned.cases} users' last events)."


def recommend(
    user: Annotated[
        str | None, typer.Argument(help="User id. Leave it out to recommend from --like and --query.")
    ] = None,
    like: Annotated[list[str] | None, typer.Option(help="Id of a liked item; repeat, oldest first.")] = None,
    query: Annotated[str | None, typer.Option(help="What is wanted now, in words.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many, 1 to 100.")] = 5,
    depth: Depth = None,
    budget_ms: Budget = None,
    tau: Annotated[float, typer.Option(help="Temperature of the draw; 0 shows the best.")] = 0.0,
    epsilon: Annotated[float, typer.Option(help="0 to 1: how often an even draw, for evaluation from the log.")] = 0.0,
    thompson: Annotated[bool, typer.Option(help="Draw the coefficients of the head that was promoted.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the draw.")] = None,
    where: Annotated[str | None, typer.Option(help='Hard filter as JSON: {"year": {"gte": 1990}}.')] = None,
    diversity: Annotated[float, typer.Option(help="0 to 1: choose items unlike each other.")] = 0.0,
    calibration: Annotated[float, typer.Option(help="0 to 1: keep the proportions of what was liked.")] = 0.0,
    cold_share: Annotated[float, typer.Option(help="0 to 1: at least this share are items that nobody had.")] = 0.0,
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
    limits = json_object(where, "--where") if where else None
    with (
        bars() as progress,
        Recommender.open(
            store, ranker=ranker, writer=writer, encoder=encoder, timeout_s=timeout, progress=progress
        ) as recommender,
    ):
        found = recommender.recommend(
            user if user is not None else like, query=query, k=k, depth=depth, budget_ms=budget_ms, tau=tau, epsilon=epsilon, thompson=thompson, seed=seed, where=limits,
            diversity=diversity, calibration=calibration, cold_share=cold_share, explain=explain, language=language,
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
    lesser = f" · degraded: {found.degraded}" if found.degraded else ""
    out.print(
        f"decision {found.decision_id} · {found.policy_version} · {found.model} ({found.engine}){lesser}",
        highlight=False,
    )


def rerank(
    query: Annotated[str, typer.Argument(help="What the documents are ranked for.")],
    documents: Annotated[list[str] | None, typer.Argument(help="Texts to rank.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read one document a line from this file.")] = None,
    depth: Depth = None,
    budget_ms: Budget = None,
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
        ranked = recommender.rerank(query, texts, depth=depth, budget_ms=budget_ms)
    if as_json:
        emit({"results": [document.model_dump(mode="json") for document in ranked]})
        return
    for document in ranked:
        out.print(f"{document.rank:3d}  {document.score:.3f}  {one_line(document.text)}", markup=False, highlight=False)


def reward(
    decision_id: Annotated[str, typer.Argument(help="The decision that recommend printed.")],
    item_id: Annotated[str, typer.Argument(help="An item of its slate.")],
    type: Annotated[str, typer.Argument(help="click, like, dislike, dwell, rating, skip, cart, purchase, …")],
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
        place = f"on place {receipt.position} of" if not receipt.orphan else "kept until there is a decision"
        out.print(f"{receipt.type} {place} {receipt.decision_id}: reward {receipt.reward:+.1f}{again}")
