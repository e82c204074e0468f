"""`learn`, `promote`, `rollback`, `metrics`: from logged rewards to a better ranking, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from tastemaker.cli.output import Encoder, Json, Store, bars, emit, out

Wait = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Hours until a decision has earned what it earns; by default the longest window of the types received.",
    ),
]
Matured = Annotated[float, typer.Option(min=0, help="Hours after which no reward comes any more.")]


def learn(wait: Wait = None, store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """Learn a head from what matured: what the model's score, the prior and the sources are worth. It serves once it is promoted."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.feedback.outcomes import mature
    from tastemaker.agent.online import learn_and_keep

    with bars() as progress, Recommender.open(store, encoder=encoder) as recommender:
        log = recommender.core.store.log
        matured = mature(log, wait=timedelta(hours=wait) if wait is not None else None, progress=progress)
        head = learn_and_keep(log, progress=progress)
    if as_json:
        emit({"version": head.version, "matured": asdict(matured), "head": head.model_dump(mode="json")})
        return
    weights = ", ".join(f"{name} {value:+.2f}" for name, value in zip(head.features, head.mean, strict=False))
    out.print(f"Matured {matured.decisions:,} decisions, {matured.impressions:,} impressions.", highlight=False)
    for why, n in matured.left_out.items():
        if n:
            out.print(f"rewards that did not count, {why}: {n:,}", highlight=False)
    out.print(f"Head {head.version} from {head.impressions:,} impressions: {weights}.", highlight=False)
    out.print(f"Run: tastemaker promote {head.version}", highlight=False)


def promote(
    version: Annotated[str | None, typer.Argument(help="Of the head; by default the newest.")] = None,
    tau: Annotated[float, typer.Option(help="Temperature of the policy that it is judged with.")] = 0.0,
    epsilon: Annotated[float, typer.Option(help="Its share of even draws.")] = 0.0,
    matured: Matured = 1.0,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Let a head serve if the log shows that it earns more and harms nothing; else exit status 1."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.feedback.heads import newest_head
    from tastemaker.agent.policy import Policy
    from tastemaker.errors import InvalidInputError
    from tastemaker.eval.gate import promote as promoted

    with bars() as progress, Recommender.open(store, encoder=encoder) as recommender:
        log = recommender.core.store.log
        if (chosen := version or newest_head(log)) is None:
            raise InvalidInputError("holds no head", where="log", remedy="Run tastemaker learn")
        verdict = promoted(log, chosen, Policy(tau, epsilon), timedelta(hours=matured), progress)
    if as_json:
        emit({"version": chosen} | asdict(verdict))
        return
    low, high = verdict.difference
    out.print(
        f"Head {chosen} serves: {verdict.value:.4f} a slate instead of {verdict.today:.4f} ({low:+.4f} to {high:+.4f}, "
        f"{verdict.decisions:,} decisions).", highlight=False,
    )  # fmt: skip


def rollback(store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """Go back to what served before the present head."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.feedback.heads import rollback as go_back

    with Recommender.open(store, encoder=encoder) as recommender:
        version = go_back(recommender.core.store.log)
    if as_json:
        emit({"version": version})
        return
    out.print(f"Head {version} serves again." if version else "The fixed fusion of prior and model serves again.")


def metrics(matured: Matured = 1.0, store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """CTR, CVR, coverage and satisfaction of what was shown, with 95% intervals and what each was divided by."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.eval.live import live_metrics

    with Recommender.open(store, encoder=encoder) as recommender:
        opened = recommender.core.store
        rows = [asdict(one) for one in live_metrics(opened.log, opened.catalogue.size()[0], timedelta(hours=matured))]
    if as_json:
        # What nothing was divided by has no value: null, as JSON has no NaN.
        known = [row if row["denominator"] else row | {"value": None, "ci": None} for row in rows]
        emit({"rows": known})
        return
    table = Table()
    for heading in ("metric", "value", "95%", "of"):
        table.add_column(heading, justify="left" if heading in {"metric", "of"} else "right")
    for row in rows:
        none = not row["denominator"]
        ci = "" if none else f"{row['ci'][0]:.4f} … {row['ci'][1]:.4f}"
        table.add_row(row["name"], "–" if none else f"{row['value']:.4f}", ci, f"{row['denominator']:,} {row['unit']}")
    out.print(table)
