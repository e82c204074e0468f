"""`prompts`: the templates that a model is asked with: shown, compared with another folder's, checked."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from tastemaker.cli.output import Json, Ranker, Store, bars, emit, out
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.library import NAMES, Templates
from tastemaker.settings import Settings

app = typer.Typer(help="Prompt templates: show, compare and check them.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder of templates that take the place of the packaged ones.")]


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="One template; all of them if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Show what each template is for and, of one that is named, its source and what it makes of a sample."""
    templates = Templates(Settings.load().prompts)
    if name is None:
        rows = [_head(templates, one) for one in NAMES]
        if as_json:
            emit({"version": templates.digest, "templates": rows})
            return
        out.print(f"version {templates.digest}", highlight=False)
        for row in rows:
            out.print(
                f"{row['name']:10} v{row['version']}  {row['use']}: {row['output']}", highlight=False, markup=False
            )
        return
    if name not in NAMES:
        raise InvalidInputError("is no template", where=name, remedy=f"There are {', '.join(NAMES)}")
    row = _head(templates, name) | {"source": templates.all[name].source, "sample": templates.sample(name)}
    if as_json:
        emit(row)
    else:
        out.print(f"{row['source']}\n--- made of a sample ---\n{row['sample']}", highlight=False, markup=False)


@app.command()
def check(folder: Folder, as_json: Json = False) -> None:
    """Check a folder of templates: heads, variables, and what the ranker relies on. Exit status 2 if something is wrong."""
    templates = Templates(folder)
    own = [name for name in NAMES if (folder / f"{name}.jinja").is_file()]
    result = {"ok": True, "version": templates.digest, "own": own}
    emit(result) if as_json else out.print(f"{', '.join(own)}: fine. Version {templates.digest}.", highlight=False)


@app.command()
def diff(
    folder: Folder,
    last: Annotated[
        int, typer.Option(min=0, help="Logged decisions to rank again with both; 0 for the texts alone.")
    ] = 20,
    store: Store = None,
    ranker: Ranker = None,
    as_json: Json = False,
) -> None:
    """Compare a folder's templates with those in use: their texts, and how logged decisions would have been ranked."""
    settings = Settings.load(path=store, ranker=ranker)
    ours, other = Templates(settings.prompts), Templates(folder)
    texts = {name: changed for name in NAMES if (changed := _changes(ours, other, name))}
    result: dict[str, Any] = {"from": ours.digest, "to": other.digest, "texts": texts, "traffic": None}
    if last and texts:
        from tastemaker.eval import templates as comparison

        with bars() as progress:
            result["traffic"] = anyio.run(comparison.run, settings, folder, last, progress)
    if as_json:
        emit(result)
        return
    out.print("\n".join(texts.values()) or "The templates are the same.", highlight=False, markup=False)
    for key, value in (result["traffic"] or {}).items():
        out.print(f"{key}: {value}", highlight=False, markup=False)


def _head(templates: Templates, name: str) -> dict[str, Any]:
    one = templates.all[name]
    return {
        "name": name, "version": one.version, "use": one.use, "variables": list(one.variables), "output": one.output
    }  # fmt: skip


def _changes(ours: Templates, other: Templates, name: str) -> str:
    before, after = ours.all[name].source.splitlines(), other.all[name].source.splitlines()
    return "\n".join(difflib.unified_diff(before, after, f"in use/{name}", f"new/{name}", lineterm=""))
