"""Reports from what `tastemaker.eval.evaluate` gives: one HTML file that needs nothing else, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tastemaker.errors import MissingExtraError

COLUMNS = {
    "users": "users", "ndcg@10": "NDCG@10", "recall@20": "recall@20", "mrr@10": "MRR@10", "coverage": "coverage", "diversity": "diversity",
    "novelty": "novelty, bits", "fit_seconds": "fit, s", "serve_ms": "ms a user",
}  # fmt: skip


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
        {"result": result, "rows": ranked(result["rows"]), "verdicts": verdicts(result), "plots": plots.draw(result)}
        for result in results
    ]
    text = environment.get_template("report.html.jinja").render(sections=sections, columns=COLUMNS, cell=cell)
    file.write_text(text, encoding="utf-8")


def write_markdown(results: Sequence[dict[str, Any]], file: Path) -> None:
    """Write the tables alone."""
    file.write_text("\n\n".join(markdown(result) for result in results) + "\n", encoding="utf-8")


def markdown(result: dict[str, Any]) -> str:
    """One table, best first, and how it was made."""
    made = f"{len(result['seeds'])} seeds, {result['date'][:10]}, {result['machine']['processor']}"
    lines = [
        f"**{result['dataset']['name']}, track {result['track']}** ({result['split'][0]['users']} users, {made})",
        "",
        "| system | " + " | ".join(COLUMNS.values()) + " |",
        "|---|" + "--:|" * len(COLUMNS),
    ]
    for row in ranked(result["rows"]):
        if "failure" in row:
            lines.append(f"| {row['system']} | failed: {_plain(row['failure'])[:160]} |" + " |" * (len(COLUMNS) - 1))
        else:
            lines.append(f"| {row['system']} | " + " | ".join(cell(row, name) for name in COLUMNS) + " |")
    return "\n".join(lines)


def cell(row: dict[str, Any], name: str) -> str:
    """One figure of a row; the primary metric with its interval."""
    value = row.get(name)
    if value is None:
        return "–"
    if name == "ndcg@10":
        return f"{value:.4f} [{row['ci'][0]:.4f}, {row['ci'][1]:.4f}]"
    if name == "users":
        return str(value)
    return f"{value:.2f}" if name in {"fit_seconds", "serve_ms", "novelty"} else f"{value:.4f}"


def ranked(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Best NDCG@10 first, failures last."""
    return sorted(rows, key=lambda row: -row.get("ndcg@10", -1.0))


def verdicts(result: dict[str, Any]) -> list[str]:
    """A sentence for each system that is compared with the best of those that served everyone."""
    served = [row for row in ranked(result["rows"]) if "failure" not in row]
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
