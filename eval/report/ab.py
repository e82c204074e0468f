"""The report of an A/B test: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tastemaker.errors import MissingExtraError


def write_html(found: dict[str, Any], file: Path) -> None:
    """Write what `tastemaker.eval.ab.analyse` gives, with plots. Raises `MissingExtraError` if matplotlib is not installed.

    Names and texts are data: they are escaped, and none of them is in a plot.
    """
    try:
        from tastemaker.eval.report.plots import STYLE  # first, for it says how matplotlib draws
        from matplotlib import pyplot  # isort: skip
    except ImportError as error:
        raise MissingExtraError(
            "the report's plots need matplotlib", where=str(file), remedy="Run: pip install 'tastemaker[ab]'"
        ) from error
    environment = Environment(
        loader=PackageLoader("tastemaker.eval.report", "."), autoescape=True, undefined=StrictUndefined
    )
    with pyplot.rc_context(STYLE):
        drawn = [
            {
                "Change of each rate, of the control's (95%, one look)": _forest(one),
                "Difference of click rates as it stood each day (95%, any look)": _path(one),
                "Difference of CTR on each day (95%, one look)": _days(one),
            }
            for one in found["comparisons"]
        ]
    text = environment.get_template("ab.html.jinja").render(found=found, plots=drawn, number=number, percent=percent)
    file.write_text(text, encoding="utf-8")


def number(value: float | None, form: str = ".4f") -> str:
    """A figure in a table; a dash for None."""
    return "–" if value is None else format(value, form)


def percent(value: float | None) -> str:
    """A share in [-1, ∞) as a change in per cent; a dash for None."""
    return "–" if value is None else f"{100 * value:+.1f}%"


def _forest(one: dict[str, Any]) -> str:
    rows = [
        (name, row) for name, row in one["metrics"].items()
        if row["estimable"] and None not in (row["relative"], *row["relative_ci"])
    ]  # fmt: skip
    return _drawn(rows, _draw_forest)


def _draw_forest(axes: Any, rows: list[tuple[str, dict[str, Any]]], colour: str) -> None:
    for place, (_, row) in enumerate(rows):
        axes.plot([100 * end for end in row["relative_ci"]], [place, place], color=colour)
        axes.plot(100 * row["relative"], place, "o", color=colour)
    axes.axvline(0.0, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("Per cent")


def _path(one: dict[str, Any]) -> str:
    rows = [row for row in one["path"] if row["estimable"]]
    return _drawn(rows, _draw_path)


def _draw_path(axes: Any, rows: list[dict[str, Any]], colour: str) -> None:
    days = [date.fromisoformat(row["day"]) for row in rows]
    low, high = zip(*(row["ci"] for row in rows), strict=True)
    axes.fill_between(days, low, high, color=colour, alpha=0.2)
    axes.plot(days, [row["difference"] for row in rows], color=colour, marker="o")
    _by_day(axes)


def _days(one: dict[str, Any]) -> str:
    rows = [row for row in one["days"] if row["estimable"]]
    return _drawn(rows, _draw_days)


def _draw_days(axes: Any, rows: list[dict[str, Any]], colour: str) -> None:
    days = [date.fromisoformat(row["day"]) for row in rows]
    low, high = ([abs(row["ci"][end] - row["difference"]) for row in rows] for end in (0, 1))
    axes.errorbar(days, [row["difference"] for row in rows], yerr=[low, high], fmt="o", color=colour, elinewidth=0.8)
    _by_day(axes)


def _by_day(axes: Any) -> None:
    axes.axhline(0.0, color="grey", linewidth=0.8)
    axes.set_ylabel("Treatment − control")
    axes.tick_params(axis="x", rotation=30)


def _drawn(rows: list[Any], draw: Callable[[Any, list[Any], str], None]) -> str:
    """The plot as SVG; nothing where there is nothing to draw."""
    if not rows:
        return ""
    from tastemaker.eval.report.plots import OURS, SIZE, svg
    from matplotlib import pyplot  # isort: skip

    figure, axes = pyplot.subplots(figsize=SIZE)
    draw(axes, rows, OURS)
    return svg(figure)
