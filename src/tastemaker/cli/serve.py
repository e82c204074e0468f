"""`serve` and `keys`: the HTTP server, and the keys that open it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import Encoder, Json, Ranker, Store, Timeout, Writer, emit, out

if TYPE_CHECKING:
    from tastemaker.server.keys import Keys

app = typer.Typer(help="API keys of the server: create, list, revoke.", no_args_is_help=True)


def serve(
    host: Annotated[str, typer.Option(help="Address to bind; one that others can reach needs a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    keys: Annotated[
        bool | None,
        typer.Option("--keys/--no-keys", help="Ask for API keys; by default if there are any. Without only on loopback."),
    ] = None,
    rate: Annotated[float, typer.Option(min=0, help="Requests a second of each key, over time; 0 for no limit.")] = 50.0,
    burst: Annotated[int | None, typer.Option(help="Of those at once; twice the rate if not given.")] = None,
    max_body: Annotated[int, typer.Option(min=1_000, help="Bytes of a request.")] = 1_000_000,
    origin: Annotated[list[str] | None, typer.Option(help="A site whose pages may call from browsers; repeat.")] = None,
    alias: Annotated[list[str] | None, typer.Option(help="A further name for the model; repeat.")] = None,
    workers: Annotated[int, typer.Option(help="Processes, each with a model of its own unless that is on a server.")] = 1,
    keep_days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Delete what users left when it is older, as `expire` does, once an hour; by default never."),
    ] = None,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    encoder: Encoder = None,
    timeout: Timeout = None,
) -> None:  # fmt: skip
    """Serve a store over HTTP: recommend, rerank, chat, feedback, users, for its own page and for clients of OpenAI and Cohere."""
    from tastemaker.server.serving import Serving
    from tastemaker.server.serving import serve as run

    given = {
        "path": str(store) if store else None, "ranker": ranker, "writer": writer, "encoder": encoder,
        "timeout_s": timeout,
    }  # fmt: skip
    run(
        Serving(
            host=host,
            port=port,
            keys=keys,
            rate=rate,
            burst=burst,
            max_body=max_body,
            origins=tuple(origin or ()),
            aliases=tuple(alias or ()),
            workers=workers,
            keep_days=keep_days,
            settings={name: value for name, value in given.items() if value is not None},
        )
    )


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[str, typer.Option(help="read, write or admin; each includes the one before.")] = "write",
    tenant: Annotated[str | None, typer.Option(help="Whose users it sees; ids of tenants never meet.")] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    from tastemaker.errors import InvalidInputError
    from tastemaker.server.keys import Scope

    if scope not in {one.value for one in Scope}:
        raise InvalidInputError(f"is {scope[:40]!r}, not read, write or admin", where="--scope")
    text, made = _opened(store).create(name, Scope(scope), tenant)
    if as_json:
        emit({"id": made.id, "name": made.name, "scope": made.scope.value, "tenant": made.tenant, "key": text})
        return
    out.print(f"Key {made.id} ({made.scope.value}). It is not shown again:", highlight=False)
    out.print(Text(text))


@app.command(name="list")
def listed(store: Store = None, as_json: Json = False) -> None:
    """All keys that were made; of each only what it is for."""
    found = _opened(store).all()
    if as_json:
        rows = [
            {"id": one.id, "name": one.name, "scope": one.scope.value, "tenant": one.tenant,
             "created_at": one.created_at.isoformat(), "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None}
            for one in found
        ]  # fmt: skip
        emit({"keys": rows})
        return
    table = Table("id", "name", "scope", "tenant", "since", "revoked")
    for one in found:
        revoked = f"{one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at else ""
        table.add_row(
            one.id, Text(one.name), one.scope.value, one.tenant or "", f"{one.created_at:%Y-%m-%d %H:%M}", revoked
        )
    out.print(table)


@app.command()
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Of the key, as in the list.")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Put a key out of force, from the next request on."""
    gone = _opened(store).revoke(identity)
    emit({"id": gone.id, "revoked": True}) if as_json else out.print(f"{gone.id} is revoked.", highlight=False)


def _opened(store: Path | None) -> Keys:
    from tastemaker.server.database import open_server
    from tastemaker.server.keys import Keys
    from tastemaker.settings import Settings

    return Keys(open_server(Settings.load(path=store).path))
