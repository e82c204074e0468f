"""`evaluate`: ours beside other people's libraries, on one data set and one track."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tastemaker.cli import dialogues
from tastemaker.cli.output import ColumnNames, Format, Json, bars, column_map, emit, log, log_report, out
from tastemaker.errors import InvalidInputError
from tastemaker.settings import Settings


def evaluate(
    dataset: Annotated[
        str, typer.Argument(help="movielens-100k, a folder or file in a known format; redial or inspired.")
    ],
    track: Annotated[
        str, typer.Option(help="A: random fifth; B: next item; C: time cut; cold-items; hidden-items; ratings.")
    ] = "A",
    systems: Annotated[
        str | None, typer.Option(help="Names with commas between, or MODULE:CLASS; by default all fast ones.")
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="In place of --systems: peers, retriever, sources or reranker.")
    ] = None,
    trials: Annotated[int, typer.Option(min=0, max=1_000, help="Settings tried for each system.")] = 30,
    seeds: Annotated[int | None, typer.Option(min=1, max=100, help="How many of the track's seeds to use.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one system.")] = 900.0,
    jobs: Annotated[int | None, typer.Option(min=1, max=256, help="Systems at once; by default one a core.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a report with plots here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write the table as Markdown here.")] = None,
    format: Format = "auto",
    columns: ColumnNames = None,
    train: Annotated[Path | None, typer.Option(help="Of redial and inspired: the dialogues to learn from.")] = None,
    valid: Annotated[Path | None, typer.Option(help="Of the same: those that the model's say is weighed on.")] = None,
    test: Annotated[Path | None, typer.Option(help="Of the same: those that are measured.")] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Of the same: measure on --train itself, in so many parts; no model.")
    ] = None,
    beside: Annotated[
        list[Path] | None, typer.Option(help="Of the same: folders of data that help; those next to --train are found.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Of the same: the language model; by default the ranker; none.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare systems under one protocol, with intervals and paired tests. A stopped run goes on where it was."""
    if dataset in dialogues.NAMES:
        dialogues.evaluate_dialogues(dataset, train, valid, test, folds, beside or (), model, as_json)
        return
    given = {"--train": train, "--valid": valid, "--test": test, "--folds": folds, "--beside": beside, "--model": model}
    if unfit := [option for option, value in given.items() if value]:
        raise InvalidInputError("is only for redial and inspired", where=unfit[0], remedy="Leave it out")
    from tastemaker.eval import evaluate as evaluation
    from tastemaker.eval.interactions import gather
    from tastemaker.eval.report import write_html, write_markdown
    from tastemaker.eval.splits import SEEDS
    from tastemaker.retrieval.datasets import open_dataset

    if track not in SEEDS:
        raise InvalidInputError(f"is {track!r}", where="--track", remedy=f"Give one of {', '.join(SEEDS)}")
    if stage is not None and (systems or stage not in evaluation.STAGES):
        raise InvalidInputError(
            "is given beside --systems" if systems else f"is {stage!r}", where="--stage",
            remedy=f"Give one of {', '.join(evaluation.STAGES)}, and no --systems",
        )  # fmt: skip
    for file in filter(None, (html, markdown)):
        if not file.resolve().parent.is_dir():
            raise InvalidInputError("is in a folder that does not exist", where=str(file))
    cache = Settings.load().cache
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the systems that run end with this process
    sys.path.insert(0, os.getcwd())  # where MODULE:CLASS is looked for, as `python -m` does
    with bars() as progress:
        found = open_dataset(dataset, cache, progress, format=format, columns=column_map(columns))
        progress(f"Reading {found.name}", 0, None)
        data = gather(found.name, found.items(), found.events())
        names = [name.strip() for name in systems.split(",")] if systems else evaluation.STAGES.get(stage or "")
        result = evaluation.evaluate(
            data, track, cache / "evaluations", names, seeds=SEEDS[track][:seeds], trials=trials, timeout=timeout,
            jobs=jobs, progress=progress,
        )  # fmt: skip
        result["dataset"]["report"] = found.report.as_dict()
    if html:
        write_html([result], html)
    if markdown:
        write_markdown([result], markdown)
    if as_json:
        emit(result)
        return
    out.print(table(result))
    if result["changes"]:
        out.print(changed(result["changes"]))
    log_report(result["dataset"]["report"])
    for file in filter(None, (html, markdown)):
        log.print(f"Written: {file}", highlight=False, markup=False)


def changed(rows: list[dict[str, Any]]) -> Table:
    """What the model changed, for whom, and whether it was right."""
    drawn = Table(title="What the model changed in the first ten")
    for name in (
        "users with",
        "users",
        "lists changed",
        "better",
        "worse",
        "NDCG@10 of the prior",
        "with the model (95% of the difference)",
    ):
        drawn.add_column(name)
    for row in rows:
        shares = (f"{row[name]:.0%}" for name in ("changed", "better", "worse"))
        low, high = row["ci"]
        after = f"{row['model']:.4f} ({low:+.4f} to {high:+.4f})"
        drawn.add_row(row["group"], str(row["users"]), *shares, f"{row['prior']:.4f}", after)
    return drawn


def table(result: dict[str, Any]) -> Table:
    """The rows, best first, failures last."""
    from tastemaker.eval.report import COLUMNS, cell, ranked

    columns = COLUMNS[result["metric"]]
    drawn = Table(title=f"{result['dataset']['name']}, track {result['track']}")
    for name in ("system", *columns.values()):
        drawn.add_column(name)
    for row in ranked(result):
        if "failure" in row:
            drawn.add_row(row["system"], "", f"failed: {row['failure'][:120]}")
        else:
            drawn.add_row(row["system"], *(cell(row, name) for name in columns))
    return drawn
