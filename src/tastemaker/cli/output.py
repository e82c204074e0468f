"""What all commands share: one JSON object on stdout, everything else on stderr, and the common options."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from tastemaker.errors import InvalidInputError
from tastemaker.progress import Progress

T = TypeVar("T")
out = Console()
log = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
Store = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store.  [env: TASTEMAKER_PATH; default: store]")
]
Ranker = Annotated[
    str | None,
    typer.Option("--ranker", help="embedded:MODEL, vllm:MODEL or http://HOST:PORT#MODEL.  [env: TASTEMAKER_RANKER]"),
]
Writer = Annotated[
    str | None,
    typer.Option("--writer", help="Model that writes the reasons; the ranker if not given.  [env: TASTEMAKER_WRITER]"),
]
Encoder = Annotated[str | None, typer.Option("--encoder", help="Text encoder.  [env: TASTEMAKER_ENCODER]")]
Format = Annotated[str, typer.Option("--format", help="Of the data: auto, or a name from docs/datasets.md.")]
ColumnNames = Annotated[
    list[str] | None,
    typer.Option("--columns", help="Of plain files, FIELD=COLUMN with commas between: user_id=uid,item.title=name."),
]
Depth = Annotated[int | None, typer.Option(help="How many of the prior's best the model reads.")]
Budget = Annotated[float | None, typer.Option(help="Milliseconds to answer in; the model reads what it can till then.")]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Seconds for one request to a model server.")]


def emit(data: Any) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def json_object(text: str, option: str) -> dict[str, Any]:
    """The JSON object that an option was given. Raises `InvalidInputError` for anything else."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInputError(f"is no JSON ({error})", where=option) from error
    if not isinstance(found, dict):
        raise InvalidInputError("is no JSON object", where=option)
    return found


def column_map(given: list[str] | None) -> dict[str, str] | None:
    """The fields of `--columns` and their columns; None where the option was not given."""
    if given is None:
        return None
    found: dict[str, str] = {}
    for part in ",".join(given).split(","):
        name, _, column = (text.strip() for text in part.partition("="))
        if not (name and column) or name in found:
            fault = f"names {name} twice" if name in found else f"is no FIELD=COLUMN: {part!r}"
            raise InvalidInputError(fault, where="--columns", remedy="Write --columns user_id=customer,item_id=sku")
        found[name] = column
    return found


def log_report(report: dict[str, Any]) -> None:
    """Tell on stderr how many rows were read of each file, and what was dropped and repaired."""
    for part in ("items", "events"):
        for file, tally in report.get(part, {}).items():
            log.print(f"{file}: {tally['read']} rows read for {part}", highlight=False, markup=False)
            for what in ("dropped", "repaired"):
                for kind, count in tally.get(what, {}).items():
                    log.print(f"  {what} {count}: {kind}", highlight=False, markup=False)


@contextmanager
def bars() -> Iterator[Progress]:
    """A progress callable that draws bars on stderr, on a terminal; elsewhere a line for each new step."""
    if not log.is_terminal:
        yield _lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=log, transient=True) as drawn:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                for task in tasks.values():
                    drawn.update(task, visible=False)
                tasks[what] = drawn.add_task(what, total=total)
            drawn.update(tasks[what], completed=done, total=total)

        yield tell


def _lines() -> Progress:
    said: dict[str, float] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - said.get(what, 0.0) >= 2.0 or done == total:
            log.print(f"{what} {done}/{total}" if total else f"{what} …", highlight=False, markup=False)
            said[what] = now

    return tell


def counted(values: Iterable[T], what: str, total: int, progress: Progress) -> Iterator[T]:
    """Pass `values` on, telling of every thousandth."""
    for number, value in enumerate(values):
        if number % 1000 == 0:
            progress(what, number, total)
        yield value
    progress(what, total, total)
