"""From an experiment's figures to one sentence: ship, hold, stop, or invalid, and why."""

from __future__ import annotations

from typing import Any

from tastemaker.agent.experiments import Experiment

SHIP, HOLD, STOP, INVALID = "ship", "hold", "stop", "invalid"


def of_comparison(experiment: Experiment, found: dict[str, Any]) -> tuple[str, str]:
    """The verdict on a treatment and its reason, by the sequences, which hold at any look.

    Stop for a lower click rate, a worse guardrail, or a rise that is smaller than `mde` whatever it is; ship for a higher click rate where
    no guardrail is worse; hold else. A guardrail that can't be estimated stops nothing, and a Gini index that is only for one
    look holds.
    """
    goal = found["goal"]
    worse = [one for one in found["guardrails"].values() if one["worse"]]
    harm = next((one for one in worse if "ci" in one), None)
    if goal["worse"]:
        return STOP, f"its click rate is lower: {_told(goal)}"
    if harm:
        return STOP, f"its {harm['name']} is worse: {_told(harm)}"
    if not goal["estimable"]:
        return HOLD, goal["why"]
    if goal["better"] and worse:
        return HOLD, (
            f"its click rate is higher ({_told(goal)}), but it shows fewer items to everybody: {worse[0]['name']} "
            f"{worse[0]['treatment']:.3f} instead of {worse[0]['control']:.3f}, p = {worse[0]['p']:.3f}"
        )
    if goal["better"]:
        return SHIP, f"its click rate is higher and no guardrail is worse: {_told(goal)}"
    if goal["ci"][1] < experiment.mde * goal["control"]:
        return STOP, f"it raises the click rate by less than {experiment.mde:.3g} of the control's: {_told(goal)}"
    return HOLD, f"its click rate can't be told from the control's yet: {_told(goal)}{_needed(found['power'])}"


def overall(srm: dict[str, Any], comparisons: list[dict[str, Any]]) -> tuple[str, str]:
    """The verdict on the experiment, and one sentence. Invalid if the arms did not get the users that they were to get."""
    if not srm["ok"]:
        arms = ", ".join(f"{name} {n:,} (not {srm['expected'][name]:,.0f})" for name, n in srm["users"].items())
        return INVALID, (
            f"Invalid: users of {arms}, which chance does not do (p = {srm['p']:.2g}); find what loses users, "
            "and read no other figure."
        )
    order = (SHIP, HOLD, STOP)
    ranked = sorted(comparisons, key=lambda one: (order.index(one["verdict"]), -one["goal"].get("difference", 0.0)))
    sentence = "; ".join(f"{one['verdict']} {one['treatment']}: {one['reason']}" for one in ranked)
    return ranked[0]["verdict"], f"{sentence[:1].upper()}{sentence[1:]}."


def _told(one: dict[str, Any]) -> str:
    low, high = one["ci"]
    return f"{one['treatment']:.4g} instead of {one['control']:.4g}, {one['difference']:+.4g} ({low:+.4g} to {high:+.4g} at any look)"


def _needed(power: dict[str, Any]) -> str:
    if not power["estimable"] or not power["needed_at_any_look"]:
        return ""
    return f"; it has {power['users']:,} of the {power['needed_at_any_look']:,} users that its least effect takes"
