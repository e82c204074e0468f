"""`chat` and `conversations`: talk with the recommender, and keep, fork, export or erase what was said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from tastemaker.cli.output import Encoder, Json, Ranker, Store, Timeout, Writer, bars, emit, log, out
from tastemaker.domain import one_line
from tastemaker.errors import InvalidInputError

if TYPE_CHECKING:
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.conversation.pieces import Piece

app = typer.Typer(help="Conversations that were had: list, export, fork, erase.", no_args_is_help=True)
User = Annotated[
    str | None, typer.Option("--user", help="Whose: their history counts, and what they say is added to it.")
]
HELP = "Say what you want; “reset” starts over, an empty line or Ctrl-D ends."


def chat(
    message: Annotated[list[str] | None, typer.Argument(help="What to say, a turn each; without any, type them.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation that goes on.")] = None,
    user: User = None,
    k: Annotated[int, typer.Option("-k", help="How many items, 1 to 100.")] = 5,
    language: Annotated[str | None, typer.Option(help="Of the reply: en, zh or zh-hant.")] = None,
    lift: Annotated[list[str] | None, typer.Option(help="Id of a condition that is dropped; repeat; all for every one.")] = None,
    explain: Annotated[bool, typer.Option(help="Write a reason for each item.")] = True,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    encoder: Encoder = None,
    timeout: Timeout = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Talk with the recommender: say what you want, criticise what you get, ask why. Conversations are kept."""
    from tastemaker.agent.blocking import Recommender

    if as_json and not message:
        raise InvalidInputError("needs the turns as arguments", where="--json", remedy="Give one message or more")
    options: dict[str, Any] = {"user_id": user, "k": k, "language": language, "explain": explain}
    replies = []
    with bars() as progress:
        recommender = Recommender.open(
            store, ranker=ranker, writer=writer, encoder=encoder, timeout_s=timeout, progress=progress
        )
    with recommender:
        for n, text in enumerate(message or _typed()):
            pieces = recommender.chat(text, conversation, lift=tuple(lift or ()) if n == 0 else (), **options)
            reply = _gathered(pieces) if as_json else _printed(pieces)
            conversation = reply["conversation_id"]
            replies.append(reply)
    if as_json:
        emit({"conversation_id": conversation, "replies": replies})
    elif conversation:
        log.print(f"Go on with: tastemaker chat --conversation {conversation}", highlight=False, markup=False)


def _typed() -> Iterator[str]:
    """Turns from standard input, a line each, up to an empty one."""
    if sys.stdin.isatty():
        log.print(HELP)
    while True:
        if sys.stdin.isatty():
            out.print("[bold]you[/] ", end="")
        line = sys.stdin.readline()
        if not line.strip():
            return
        yield line.strip()


def _gathered(pieces: Iterator[Piece]) -> dict[str, Any]:
    from tastemaker.agent.conversation.pieces import Gathering

    made = Gathering()
    for piece in pieces:
        made.add(piece)
    return made.reply().model_dump(mode="json")


def _printed(pieces: Iterator[Piece]) -> dict[str, Any]:
    """Print a reply as it comes; returns its last piece."""
    last: dict[str, Any] = {}
    titles: dict[str, str] = {}
    for piece in pieces:
        if piece.kind == "text":
            out.print(Text(piece.text), end="")
        elif piece.kind == "slate":
            for item in piece.items:
                titles[item.id] = f"{item.rank}. {one_line(item.title)}"
                out.print(Text(f"  {titles[item.id]}", style="bold"))
        elif piece.kind == "reason":
            number = titles.get(piece.item_id or "", "").partition(".")[0]
            out.print(Text(f"  {number}: {one_line(piece.text)}", style="dim"))
        else:
            last = piece.model_dump(mode="json")
            if piece.chips:
                told = "  ".join(f"[{one.text}]" for one in piece.chips)
                out.print(Text(told, style="cyan"))
    return last


@app.command(name="list")
def listed(
    user: Annotated[str, typer.Argument(help="Whose conversations.")],
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    store: Store = None, encoder: Encoder = None, as_json: Json = False,
) -> None:  # fmt: skip
    """The conversations of a user, newest first."""
    with _opened(store, encoder) as recommender:
        found = recommender.core.store.memory.conversations(user, limit)
    if as_json:
        told = [{"id": one.id, "created_at": one.created_at.isoformat(), "turns": one.turns, "message": one.message} for one in found]  # fmt: skip
        emit({"conversations": told})
        return
    table = Table("id", "begun", "turns", "last said")
    for one in found:
        table.add_row(one.id, f"{one.created_at:%Y-%m-%d %H:%M}", str(one.turns), Text(one_line(one.message or "", 60)))
    out.print(table)


@app.command()
def export(
    conversation: Annotated[str, typer.Argument(help="Its id.")], user: User = None, store: Store = None,
    encoder: Encoder = None,
) -> None:  # fmt: skip
    """All that is kept of a conversation, as one JSON object."""
    with _opened(store, encoder) as recommender:
        emit(recommender.core.store.memory.export(conversation, user_id=user))


@app.command()
def fork(
    conversation: Annotated[str, typer.Argument(help="Its id.")],
    at: Annotated[int | None, typer.Option(min=1, help="The turn from which on it goes another way; by default the last.")] = None,
    user: User = None, store: Store = None, encoder: Encoder = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Begin another conversation that continues from a turn of this one."""
    with _opened(store, encoder) as recommender:
        made = recommender.core.store.memory.fork(conversation, at, user_id=user)
    if as_json:
        emit({"conversation_id": made})
    else:
        out.print(f"Go on with: tastemaker chat --conversation {made}", highlight=False)


@app.command()
def erase(
    conversation: Annotated[str, typer.Argument(help="Its id.")], user: User = None, store: Store = None,
    encoder: Encoder = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Erase a conversation. Slates that it showed stay in the log of decisions."""
    with _opened(store, encoder) as recommender:
        turns = recommender.core.store.memory.erase(conversation, user_id=user)
    if as_json:
        emit({"conversation_id": conversation, "turns": turns})
    else:
        out.print(f"{turns} turns were erased.")


def _opened(store: Any, encoder: str | None) -> Recommender:
    from tastemaker.agent.blocking import Recommender

    return Recommender.open(store, encoder=encoder)
