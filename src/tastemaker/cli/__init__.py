"""The command `tastemaker`. Commands call the same functions as the Python API; none holds logic of its own.

Exit status: 0; 1, something failed; 2, the command or its input was wrong; 130, stopped by Ctrl-C.
"""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from tastemaker.cli import (
    ab,
    bench,
    chat,
    demo,
    doctor,
    evaluate,
    explain,
    learn,
    mcp,
    models,
    ope,
    profile,
    prompts,
    serve,
    store,
)
from tastemaker.cli.output import emit, log
from tastemaker.errors import InvalidInputError, NotFoundError, TastemakerError

INTERRUPTED = 130
app = typer.Typer(
    name="tastemaker",
    help="A recommender that you can talk to: retrieval, a language model that ranks, reasons that are checked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(store.index)
app.command()(store.fit)
app.command()(store.recommend)
app.command()(chat.chat)
app.command()(explain.explain)
app.command()(explain.why_not)
app.command()(profile.profile)
app.command()(profile.expire)
app.command()(store.rerank)
app.command()(store.reward)
app.command()(evaluate.evaluate)
app.command()(ope.ope)
app.command()(learn.learn)
app.command()(learn.promote)
app.command()(learn.rollback)
app.command()(learn.metrics)
app.command()(mcp.mcp)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.add_typer(models.app, name="models")
app.add_typer(prompts.app, name="prompts")
app.add_typer(chat.app, name="conversations")
app.add_typer(serve.app, name="keys")
app.add_typer(ab.app, name="ab")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run())


def run() -> int:
    """Run the command line; returns the exit status."""
    try:
        app()
    except TastemakerError as error:
        if "--json" in sys.argv:
            emit({"error": error.as_dict()})
        where = f"{escape(error.where)}: " if error.where else ""
        log.print(f"[bold red]Error[/] {where}{escape(error.what)}.", highlight=False)
        if error.remedy:
            log.print(f"[bold]Try[/] {escape(error.remedy)}.", highlight=False)
        return 2 if isinstance(error, InvalidInputError | NotFoundError) else 1
    except SystemExit as left:  # typer leaves this way, with 130 for Ctrl-C
        status = left.code if isinstance(left.code, int) else 1
        if status == INTERRUPTED:
            log.print("Stopped. What was done is kept; the same command goes on from there.")
        return status
    return 0
