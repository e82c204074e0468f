"""A/B tests from what was logged: is the split sound, what changed, can it be told from chance, and what to do now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tastemaker.agent.experiments import Experiment
from tastemaker.eval.ab import exposures, metrics, verdict
from tastemaker.eval.ab.compare import compare
from tastemaker.eval.ab.sequential import aa_false_positives

__all__ = ["aa_false_positives", "analyse"]


def analyse(
    experiment: Experiment, rows: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]] = (), seed: int = 0
) -> dict[str, Any]:
    """Everything that an experiment's decisions tell, as JSON values; what can't be computed is None.

    A row is a decision: `decision_id`, `user_id`, `variant`, `created_at` (aware), `seconds` (that the answer took, or None), `slate`, a list of
    `item_id`, `position`, `types` (of the events that it got) and `reward`. `before` are such rows of the same users from before `started_at`,
    the covariates of CUPED. CTR and CVR are impressions with a click and with a purchase, over all impressions: rates over clicks
    would compare other clicks in each arm.

    `srm`, and for each treatment in `comparisons`: `metrics` (this look alone), `goal` and `guardrails` (any look), `power`, `days`,
    `trend`, `path`, `verdict` and `reason`; then the experiment's `verdict` (ship, hold, stop, invalid), its `sentence`, and `notes` on what
    to doubt. Users who saw more than one variant are left out and counted in `crossed`.

    Raises:
        InvalidInputError: a row is not as it should be (see `tastemaker.eval.ab.exposures.read`).
        MissingExtraError: tea-tasting is not installed.
    """
    seen = exposures.read(experiment, rows)
    earlier = exposures.earlier(before, seen, experiment.started_at)
    counts = {name: int((seen.arm == place).sum()) for place, name in enumerate(seen.variants)}
    srm = metrics.sample_ratio(counts, {name: one.weight for name, one in experiment.variants.items()})
    comparisons = []
    for treatment in list(experiment.variants)[1:]:
        found = compare(experiment, seen, earlier, treatment, seed)
        told, reason = verdict.of_comparison(experiment, found)
        sound = {"verdict": told, "reason": reason}
        comparisons.append(
            {**found, **(sound if srm["ok"] else {"verdict": verdict.INVALID, "reason": "the split is unsound"})}
        )
    told, sentence = verdict.overall(srm, comparisons)
    plain: dict[str, Any] = _plain(
        {
            "experiment": experiment.model_dump(mode="json"), "decisions": len(seen.user), "users": len(seen.users),
            "crossed": seen.crossed, "days": [day.isoformat() for day in seen.days], "srm": srm,
            "comparisons": comparisons, "verdict": told, "sentence": sentence,
            "notes": _notes(experiment, seen, comparisons),
        }
    )  # fmt: skip
    return plain


def _notes(experiment: Experiment, seen: exposures.Exposures, comparisons: list[dict[str, Any]]) -> list[str]:
    notes = []
    if seen.crossed:
        notes.append(f"{seen.crossed:,} users saw more than one variant and are left out")
    if any(one.head is None for one in experiment.variants.values()):
        notes.append(
            "not every arm names its head: one that learns from both arms' clicks carries the treatment into the control"
        )
    for one in comparisons:
        if one["balance_p"] is not None and one["balance_p"] < metrics.LEAST_P:
            notes.append(f"{one['treatment']} and control differed before they began (p = {one['balance_p']:.2g})")
        if one["trend"]["estimable"] and one["goal"]["better"] and one["trend"]["ci"][1] < 0:
            notes.append(f"the effect of {one['treatment']} fades from day to day: part of it was novelty")
    return notes


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become None; and numpy's numbers become Python's."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime | str | bool) or value is None:
        return value
    number = value.item() if hasattr(value, "item") else value
    return number if isinstance(number, bool | int) or math.isfinite(number) else None
