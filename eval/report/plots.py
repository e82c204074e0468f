"""The report's plots, as SVG text."""

from __future__ import annotations

import io
import math
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

SIZE = (6.4, 4.2)
OURS, PEER = "#c2410c", "#1d4ed8"
STYLE = {"svg.fonttype": "none", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


def draw(result: dict[str, Any]) -> dict[str, str]:
    """Title to SVG. A plot whose figures are missing is left out."""
    rows = [row for row in result["rows"] if "failure" not in row]
    if result["metric"] != "ndcg@10":
        return {}
    with matplotlib.rc_context(STYLE):
        drawn = {
            "Accuracy against diversity": _scatter(rows, "diversity", "Intra-list diversity"),
            "Cost against quality": _scatter(
                rows, "serve_ms", "Milliseconds a user, one thread, other systems beside it", log=True
            ),
            "Uplift over popularity by history length": _uplift(rows),
            "Hits by position": _positions(rows),
            "Does the place among the candidates sway the model?": _sweep(rows),
        }
    return {title: svg for title, svg in drawn.items() if svg}


def _scatter(rows: list[dict[str, Any]], x: str, label: str, *, log: bool = False) -> str:
    points = [row for row in rows if row.get(x) is not None and row.get("ndcg@10") is not None]
    if not points:
        return ""
    figure, axes = pyplot.subplots(figsize=SIZE)
    for row in points:
        colour = OURS if row["stage"] == "ours" else PEER
        axes.errorbar(
            row[x], row["ndcg@10"], yerr=[[row["ndcg@10"] - row["ci"][0]], [row["ci"][1] - row["ndcg@10"]]],
            fmt="o", color=colour, elinewidth=0.8,
        )  # fmt: skip
        axes.annotate(row["system"], (row[x], row["ndcg@10"]), xytext=(5, 4), textcoords="offset points", fontsize=8)
    if log:
        axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel("NDCG@10")
    return svg(figure)


def _uplift(rows: list[dict[str, Any]]) -> str:
    others = [row for row in rows if row["system"] not in {"popularity", "random"}]
    names = list(dict.fromkeys(name for row in others for name in row["groups"] if name.startswith("history ")))
    if not names:
        return ""
    figure, axes = pyplot.subplots(figsize=SIZE)
    for row in others:
        gains = [row["groups"].get(name, {}).get("uplift", math.nan) for name in names]
        axes.plot(names, gains, marker="o", label=row["system"], linestyle="-" if row["stage"] == "ours" else "--")
    axes.axhline(0.0, color="grey", linewidth=0.8)
    axes.set_ylabel("NDCG@10 above popularity, same users")
    axes.legend(fontsize=7, frameon=False, ncols=2)
    return svg(figure)


def _positions(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    figure, axes = pyplot.subplots(figsize=SIZE)
    for row in rows:
        places = range(1, len(row["hits_at"]) + 1)
        axes.plot(places, row["hits_at"], label=row["system"], linestyle="-" if row["stage"] == "ours" else "--")
    axes.set_xlabel("Position in the list")
    axes.set_ylabel("Share of users with a hit there")
    axes.legend(fontsize=7, frameon=False, ncols=2)
    return svg(figure)


def _sweep(rows: list[dict[str, Any]]) -> str:
    swept = [row for row in rows if row.get("position_sweep", {}).get("mrr")]
    if not swept:
        return ""
    figure, axes = pyplot.subplots(figsize=SIZE)
    for row in swept:
        sweep = row["position_sweep"]
        for way, values in sweep["mrr"].items():
            axes.plot(sweep["places"], values, marker="o", label=f"{row['system']}, by {way}")
    axes.set_xlabel("Place of the wanted item among those shown to the model")
    axes.set_ylabel(f"Mean reciprocal rank it is given ({swept[0]['position_sweep']['users']} users)")
    axes.set_ylim(bottom=0.0)
    axes.legend(fontsize=7, frameon=False)
    return svg(figure)


def svg(figure: Any) -> str:
    """The figure as an SVG element, and closed."""
    target = io.StringIO()
    figure.tight_layout()
    figure.savefig(target, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    text = target.getvalue()
    return text[text.index("<svg") :]
