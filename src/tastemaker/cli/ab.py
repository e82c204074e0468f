"""`ab`: experiments on a store's own users: start, report, stop, list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tastemaker.cli.output import Encoder, Json, Store, emit, out
from tastemaker.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from tastemaker.agent.experiments import Experiment
    from tastemaker.agent.feedback.log import FeedbackLog

app = typer.Typer(help="A/B tests: users by a hash, figures and a verdict by the log.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the experiment.")]
BEFORE = 28
"""Days before an experiment that CUPED looks at: four whole weeks."""


@app.command()
def start(
    name: Name,
    variant: Annotated[
        list[str], typer.Option(help="NAME or NAME:tau=0.3,epsilon=0.05,head=…,weight=1; repeat, the control first.")
    ],
    layer: Annotated[str, typer.Option(help="A user is in one experiment of a layer at most.")] = "default",
    share: Annotated[float, typer.Option(help="Of the layer's users, above 0 to 1.")] = 1.0,
    hypothesis: Annotated[str, typer.Option(help="What you expect, and why.")] = "",
    mde: Annotated[float, typer.Option(help="Least change worth finding, of the control's click rate: 0.05.")] = 0.05,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Start an experiment. Name a head in each arm: one that learns from both carries the treatment into the control."""
    from tastemaker.agent.experiments import Experiment, placed
    from tastemaker.agent.feedback.heads import head_state
    from tastemaker.agent.feedback.trials import RUNNING, add_experiment, experiments

    variants = dict(_variant(one) for one in variant)
    if len(variants) < len(variant):
        raise InvalidInputError("names a variant twice", where="--variant")
    new = Experiment.model_validate(
        {"name": name, "layer": layer, "share": share, "hypothesis": hypothesis, "mde": mde, "variants": variants}
    )
    with _log(store, encoder) as log:
        for one in new.variants.values():
            if one.head:
                head_state(log, one.head)  # one that is not there would fail at every request of that arm
        known = experiments(log)
        began = placed([one for state, one in known.values() if state == RUNNING], new, known)
        add_experiment(log, began)
    if as_json:
        emit({"state": RUNNING, **began.model_dump(mode="json")})
        return
    place = f"users {began.offset:.4g} to {began.end:.4g} of layer {began.layer}"
    out.print(f"{began.name} runs: {', '.join(began.variants)} for {place}.", markup=False, highlight=False)


@app.command()
def report(
    name: Name,
    html: Annotated[Path | None, typer.Option(help="Write the report with plots to this file.")] = None,
    store: Store = None,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """What an experiment's log tells so far: is the split sound, what changed, what to do. Look as often as you like."""
    from tastemaker.agent.feedback.trials import exposures, exposures_before
    from tastemaker.eval.ab import analyse

    with _log(store, encoder) as log:
        _, experiment = _known(log, name)
        rows = exposures(log, name)
        users = {row["user_id"] for row in rows}
        before = exposures_before(log, users, experiment.started_at, BEFORE)
    found = analyse(experiment, rows, before)
    if html is not None:
        from tastemaker.eval.report.ab import write_html

        write_html(found, html)
    emit(found) if as_json else _show(found)


@app.command()
def stop(name: Name, store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """End an experiment: from now on nobody is assigned. Its log and its name stay."""
    from tastemaker.agent.feedback.trials import STOPPED, add_experiment

    with _log(store, encoder) as log:
        state, experiment = _known(log, name)
        if state == STOPPED:
            raise InvalidInputError("is stopped already", where=f"experiment {name!r}")
        add_experiment(log, experiment, STOPPED)
    emit({"name": name, "state": STOPPED}) if as_json else out.print(f"{name} is stopped.", markup=False)


@app.command("list")
def list_all(store: Store = None, encoder: Encoder = None, as_json: Json = False) -> None:
    """All experiments of a store, in the order in which they began."""
    from tastemaker.agent.feedback.trials import experiments

    with _log(store, encoder) as log:
        known = experiments(log)
    if as_json:
        emit({"experiments": [{"state": state, **one.model_dump(mode="json")} for state, one in known.values()]})
        return
    table = Table("name", "state", "layer", "users", "variants", "since", "hypothesis")
    for state, one in known.values():
        cells = (one.name, state, one.layer, f"{one.offset:.3g} to {one.end:.3g}", ", ".join(one.variants))
        table.add_row(*map(escape, (*cells, f"{one.started_at:%Y-%m-%d}", one.hypothesis)))
    out.print(table)


@contextmanager
def _log(store: Path | None, encoder: str | None) -> Iterator[FeedbackLog]:
    from tastemaker.agent.blocking import Recommender

    with Recommender.open(store, encoder=encoder) as recommender:
        yield recommender.core.store.log


def _known(log: FeedbackLog, name: str) -> tuple[str, Experiment]:
    from tastemaker.agent.feedback.trials import experiments

    known = experiments(log)
    if name not in known:
        raise NotFoundError(
            "was never started", where=f"experiment {name[:80]!r}",
            remedy=f"Known are {', '.join(known)}" if known else "Run: tastemaker ab start",
        )  # fmt: skip
    return known[name]


def _variant(text: str) -> tuple[str, dict[str, Any]]:
    name, _, settings = text.partition(":")
    found: dict[str, Any] = {}
    for part in filter(None, settings.split(",")):
        key, equals, value = (one.strip() for one in part.partition("="))
        if key not in {"tau", "epsilon", "head", "weight"} or not equals or not value or key in found:
            raise InvalidInputError(
                f"has a setting {part!r}", where=f"--variant {name}",
                remedy="Write NAME:tau=0.3,epsilon=0.05,head=VERSION,weight=1, each at most once",
            )  # fmt: skip
        found[key] = value
    return name, found


def _show(found: dict[str, Any]) -> None:
    out.print(found["sentence"], markup=False, highlight=False)
    for one in found["comparisons"]:
        table = Table(title=escape(f"{one['treatment']} against {one['control']}"))
        for heading in ("", "control", "treatment", "difference", "95%", "holds"):
            table.add_column(heading, justify="left" if heading in {"", "holds"} else "right")
        looks = [(name, row, "for one look") for name, row in one["metrics"].items()]
        looks += [(row["name"], row, "at any look") for row in (one["goal"], *one["guardrails"].values())]
        for name, row, holds in looks:
            if not row["estimable"]:
                table.add_row(name, "–", "–", "–", "–", escape(row["why"]))
                continue
            ci = f"{row['ci'][0]:+.4f} … {row['ci'][1]:+.4f}" if "ci" in row else f"p = {row['p']:.3f}"
            holds = holds if "ci" in row else "for one look"
            table.add_row(
                name, f"{row['control']:.4f}", f"{row['treatment']:.4f}", f"{row['difference']:+.4f}", ci, holds
            )
        out.print(table)
    users = ", ".join(f"{name} {n:,}" for name, n in found["srm"]["users"].items())
    p = "–" if found["srm"]["p"] is None else f"{found['srm']['p']:.3g}"
    out.print(f"{users} users, {found['decisions']:,} decisions; split p = {p}", markup=False, highlight=False)
    for note in found["notes"]:
        out.print(f"Note: {note}.", markup=False, highlight=False)
