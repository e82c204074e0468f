"""Reports from what `tastemaker.eval.evaluate` gives: one HTML file that needs nothing else, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tastemaker.errors import MissingExtraError

COSTS = {"trials": "trials", "fit_seconds": "fit, s", "serve_ms": "ms a user"}
COLUMNS = {
    "ndcg@10": {
        "users": "users", "ndcg@10": "NDCG@10", "recall@20": "recall@20", "mrr@10": "MRR@10", "coverage": "coverage",
        "diversity": "diversity", "novelty": "novelty, bits", **COSTS,
    },
    "rmse": {"users": "users", "rmse": "RMSE", "mae": "MAE", **COSTS},
}  # fmt: skip
"""By the metric that a track is judged by."""
LOWER_IS_BETTER = {"rmse"}


def write_html(results: Sequence[dict[str, Any]], file: Path) -> None:
    """Write one section for each result, with plots. Raises `MissingExtraError` if matplotlib is not installed."""
    try:
        from tastemaker.eval.report import plots
    except ImportError as error:
        raise MissingExtraError(
            "the report's plots need matplotlib", where=str(file), remedy="Run: pip install 'tastemaker[bench]'"
        ) from error
    environment = Environment(
        loader=PackageLoader("tastemaker.eval.report", "."), autoescape=True, undefined=StrictUndefined
    )
    sections = [
        {
            "result": result, "rows": ranked(result), "columns": COLUMNS[result["metric"]],
            "verdicts": verdicts(result), "plots": plots.draw(result),
        }
        for result in results
    ]  # fmt: skip
    text = environment.get_template("report.html.jinja").render(sections=sections, cell=cell)
    file.write_text(text, encoding="utf-8")


def write_markdown(results: Sequence[dict[str, Any]], file: Path) -> None:
    """Write the tables alone."""
    file.write_text("\n\n".join(markdown(result) for result in results) + "\n", encoding="utf-8")


def markdown(result: dict[str, Any]) -> str:
    """One table, best first, and how it was made."""
    columns = COLUMNS[result["metric"]]
    made = f"{len(result['seeds'])} seeds, {result['date'][:10]}, {result['machine']['processor']}"
    lines = [
        f"**{result['dataset']['name']}, track {result['track']}** ({result['split'][0]['users']} users, {made})",
        "",
        "| system | " + " | ".join(columns.values()) + " |",
        "|---|" + "--:|" * len(columns),
    ]
    for row in ranked(result):
        if "failure" in row:
            lines.append(f"| {row['system']} | failed: {_plain(row['failure'])[:160]} |" + " |" * (len(columns) - 1))
        else:
            lines.append(f"| {row['system']} | " + " | ".join(cell(row, name) for name in columns) + " |")
    return "\n".join(lines)


def cell(row: dict[str, Any], name: str) -> str:
    """One figure of a row; the primary metric with its interval."""
    value = row.get(name)
    if value is None:
        return "–"
    if name in COLUMNS:
        return f"{value:.4f} [{row['ci'][0]:.4f}, {row['ci'][1]:.4f}]"
    if name in {"users", "trials"}:
        return str(value)
    return f"{value:.2f}" if name in {"fit_seconds", "serve_ms", "novelty"} else f"{value:.4f}"


def ranked(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows, best first by the track's metric, failures last."""
    metric = result["metric"]
    sign = 1 if metric in LOWER_IS_BETTER else -1
    rows: list[dict[str, Any]] = result["rows"]
    return sorted(rows, key=lambda row: sign * row[metric] if metric in row else float("inf"))


def verdicts(result: dict[str, Any]) -> list[str]:
    """A sentence for each system that is compared with the best of those that served everyone."""
    served = [row for row in ranked(result) if "failure" not in row]
    most = max((row["users"] for row in served), default=0)
    best = next((row["system"] for row in served if row["users"] == most), None)
    sentences = []
    for test in result["tests"]:
        if best not in (test["a"], test["b"]) or test["difference"] is None:
            continue
        other = test["b"] if test["a"] == best else test["a"]
        gap = test["difference"] if test["a"] == best else -test["difference"]
        word = "differs from" if test["p_holm"] < 0.05 else "can't be told from"
        sentences.append(
            f"{best} {word} {other}: {gap:+.4f} on {test['users']} users, p = {test['p_holm']:.4f} after Holm"
        )
    return sentences


def _plain(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
