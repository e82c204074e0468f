"""`explain` and `why-not`: reasons for what a decision showed, and for what it did not."""

from __future__ import annotations

from typing import Annotated

import typer

from tastemaker.cli.output import Encoder, Json, Ranker, Store, Writer, bars, emit, out
from tastemaker.domain import one_line

Decision = Annotated[str, typer.Argument(help="The decision that recommend printed.")]
Language = Annotated[str | None, typer.Option(help="en, zh or zh-hant; by default the decision's.")]


def explain(
    decision_id: Decision,
    language: Language = None,
    tone: Annotated[str, typer.Option(help="plain, friendly or formal.")] = "plain",
    length: Annotated[str, typer.Option(help="short (one sentence) or full.")] = "full",
    counterfactual: Annotated[
        bool | None,
        typer.Option(
            help="Cite what the item's prior falls without, and tell by how much; by default up to 20,000 items."
        ),
    ] = None,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Say why each item of a decision was shown; every statement is checked."""
    from tastemaker.agent.blocking import Recommender

    with (
        bars() as progress,
        Recommender.open(store, ranker=ranker, writer=writer, encoder=encoder, progress=progress) as recommender,
    ):
        reasons = recommender.explain(
            decision_id, language=language, tone=tone, length=length, counterfactual=counterfactual
        )
        told = []
        for one in reasons:
            told.append(one)
            if not as_json:
                out.print(f"{one.rank:3d}  {one_line(one.text)}", markup=False, highlight=False)
                for entry in (entry for entry in one.evidence if entry.drop is not None):
                    fall = f"without {entry.text}: {-entry.drop:+.2f}, place {entry.rank_without}"  # type: ignore[operator]
                    out.print(f"     {one_line(fall)}", markup=False, highlight=False, style="dim")
    if as_json:
        emit({"decision_id": decision_id, "items": [one.model_dump(mode="json") for one in told]})


def why_not(
    decision_id: Decision,
    item_id: Annotated[str, typer.Argument(help="An item that was not shown.")],
    language: Language = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Say why an item was not shown: a condition it fails, that the user had it, or its place and scores."""
    from tastemaker.agent.blocking import Recommender

    with Recommender.open(store, encoder=encoder) as recommender:
        found = recommender.why_not(decision_id, item_id, language=language)
    if as_json:
        emit(found.model_dump(mode="json"))
    else:
        out.print(one_line(found.text), markup=False, highlight=False)
