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
Timeout = Annotated[float | None, typer.Option("--timeout", help="Seconds for one request to a model server.")]


def emit(data: Any) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


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
