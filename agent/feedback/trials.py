"""Experiments in the log: which run, who was exposed to what, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.experiments import Experiment
from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import FeedbackLog, now_text
from tastemaker.agent.feedback.outcomes import with_slates
from tastemaker.agent.feedback.writer import insert

RUNNING, STOPPED = "running", "stopped"
MAX_DECISIONS = 1_000_000


def add_experiment(log: FeedbackLog, experiment: Experiment, state: str = RUNNING) -> None:
    """Write down that an experiment runs, or is `stopped`; the newest row of a name counts."""
    add = insert(schema.experiment, log.engine)
    row = {"name": experiment.name, "state": state, "definition": experiment.model_dump(mode="json"),
           "created_at": now_text()}  # fmt: skip
    log.writer.run(lambda connection: add(connection, row))


def experiments(log: FeedbackLog, state: str | None = None) -> dict[str, tuple[str, Experiment]]:
    """State and definition of every experiment, or of those in a state, by name, in the order in which they began."""
    newest = sa.select(sa.func.max(schema.experiment.c.number)).group_by(schema.experiment.c.name)
    query = sa.select(schema.experiment).where(schema.experiment.c.number.in_(newest))
    if state is not None:
        query = query.where(schema.experiment.c.state == state)
    with log.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    found = [(row["state"], Experiment.model_validate(row["definition"])) for row in rows]
    return {one.name: (told, one) for told, one in sorted(found, key=lambda row: row[1].started_at)}


def running(log: FeedbackLog) -> list[Experiment]:
    """Those that run: asked for at every decision, so those that are over are not read."""
    return [one for _, one in experiments(log, RUNNING).values()]


def exposures(log: FeedbackLog, name: str) -> list[dict[str, Any]]:
    """The decisions of an experiment, oldest first: `decision_id`, `user_id`, `variant`, `created_at`, `seconds`, and `slate`, of
    `item_id`, `position`, `types` and `reward` each."""
    query = (
        sa.select(schema.decision, schema.exposure.c.variant)
        .join(schema.exposure, schema.exposure.c.decision_id == schema.decision.c.id)
        .where(schema.exposure.c.experiment == name)
    )
    return _rows(
        with_slates(log, query.order_by(schema.decision.c.created_at, schema.decision.c.id).limit(MAX_DECISIONS))
    )


def exposures_before(log: FeedbackLog, users: Collection[str], before: datetime, days: float) -> list[dict[str, Any]]:
    """The decisions for some users in the days before a time, in the same form, without a variant."""
    query = sa.select(schema.decision).where(
        schema.decision.c.created_at < before.isoformat(),
        schema.decision.c.created_at >= (before - timedelta(days=days)).isoformat(),
        schema.decision.c.user_id.is_not(None),
    )
    rows = with_slates(log, query.order_by(schema.decision.c.created_at, schema.decision.c.id).limit(MAX_DECISIONS))
    wanted = set(users)
    return [row for row in _rows(rows) if row["user_id"] in wanted]


def _rows(found: Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]) -> list[dict[str, Any]]:
    return [
        {"decision_id": decision["id"], "user_id": decision["user_id"], "variant": decision.get("variant"),
         "created_at": datetime.fromisoformat(decision["created_at"]), "seconds": decision["seconds"],
         "slate": [{"item_id": one["item_id"], "position": one["position"], "types": list(one["types"]), "reward": one["reward"]}
                   for one in slate]}
        for decision, slate in found
    ]  # fmt: skip
