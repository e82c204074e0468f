"""`ope`: what another policy would have earned, by a store's log."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from tastemaker.cli.output import Encoder, Json, Store, bars, emit, out


def ope(
    tau: Annotated[float, typer.Option(help="Temperature of the policy to evaluate.")] = 0.0,
    epsilon: Annotated[float, typer.Option(help="Its share of even draws.")] = 0.0,
    matured: Annotated[float, typer.Option(min=0, help="Hours after which no reward comes any more.")] = 1.0,
    head: Annotated[
        str | None, typer.Option(help="Version of a head whose scores it draws by; else those logged.")
    ] = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Estimate from logged slates and rewards what another temperature or share of even draws would have earned."""
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.feedback.heads import head_state
    from tastemaker.agent.online import OnlineHead
    from tastemaker.agent.policy import Policy
    from tastemaker.eval.replay import estimates, replay

    target = Policy(tau, epsilon)
    with bars() as progress, Recommender.open(store, encoder=encoder) as recommender:
        log = recommender.core.store.log
        scorer = OnlineHead.model_validate(head_state(log, head)) if head else None
        found = replay(log, target, timedelta(hours=matured), progress=progress, head=scorer)
    rows = [asdict(one) for one in estimates(found.logged)]
    if as_json:
        emit(
            {"policy": target.version, "decisions": len(found.logged.rewards), "left_out": found.left_out, "rows": rows}
        )
        return
    table = Table(title=f"Mean reward of a slate under {target.version}, from {len(found.logged.rewards):,} decisions")
    for heading in ("estimator", "value", "95%", "ESS", "mean weight"):
        table.add_column(heading, justify="left" if heading == "estimator" else "right")
    for row in rows:
        ci = f"{row['ci'][0]:.4f} … {row['ci'][1]:.4f}" if row["estimable"] else "not estimable"
        value = f"{row['value']:.4f}" if row["estimable"] else "–"
        table.add_row(row["estimator"], value, ci, f"{row['ess']:,.0f}", f"{row['mean_weight']:.2f}")
    out.print(table)
    for why, n in found.left_out.items():
        if n:
            out.print(f"left out {n:,}: {why}", highlight=False)
