"""`evaluate redial` and `evaluate inspired`: which film a recommender names next in a dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
from rich.table import Table

from tastemaker.cli.output import bars, emit, log, out
from tastemaker.errors import InvalidInputError
from tastemaker.settings import Settings

NAMES = ("redial", "inspired")
MEASURES = ("R@1", "R@10", "R@20", "R@50", "unseen R@50", "top1")


def evaluate_dialogues(
    name: str, train: Path | None, valid: Path | None, test: Path | None, folds: int | None, beside: Sequence[Path],
    model: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Run the evaluation `name` and print it. Raises `InvalidInputError` where a file is not given."""
    from tastemaker.eval.dialogues import evaluation

    if folds is not None:
        _emit(_folded(name, train, valid, test, folds, beside), as_json)
        return
    if train is None or valid is None or test is None:
        given = {"--train": train, "--valid": valid, "--test": test}
        missing = [option for option, path in given.items() if path is None]
        raise InvalidInputError(
            "is needed",
            where=f"evaluate {name}: {' and '.join(missing)}",
            remedy="Give --train, --valid and --test, a file each",
        )
    settings = Settings.load()
    with bars() as progress:

        async def evaluated() -> dict[str, Any]:
            return await evaluation.run(
                settings, name, train, valid, test, beside=beside, model_name=model, progress=progress
            )

        result = anyio.run(evaluated)
    _emit(result, as_json)


def _folded(
    name: str, train: Path | None, valid: Path | None, test: Path | None, folds: int, beside: Sequence[Path]
) -> dict[str, Any]:
    from tastemaker.eval.dialogues import evaluation

    if train is None or valid or test:
        raise InvalidInputError(
            "are of one file, which is learned from and measured on", where="--folds", remedy="Give --train alone"
        )
    with bars() as progress:
        return evaluation.folds(Settings.load(), name, train, folds, beside=beside, progress=progress)


def _emit(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(result)
        return
    out.print(table(result))
    for bar in result["bars"]:
        log.print(
            f"{'passed' if bar['passed'] else 'missed'}: {bar['measure']} {bar['value']} (bar {bar['bar']})",
            highlight=False,
        )


def table(result: dict[str, Any]) -> Table:
    """The systems and their recall in percent, with 95% intervals."""
    drawn = Table(title=f"{result['dataset']}: {result['targets']['new']} new targets")
    for name in ("system", *MEASURES):
        drawn.add_column(name)
    for row in result["rows"]:
        drawn.add_row(row["system"], *(_cell(row[name]) for name in MEASURES))
    return drawn


def _cell(value: dict[str, Any]) -> str:
    if value["mean"] is None:
        return "–"
    return f"{value['mean']:.1f} ({value['ci'][0]:.1f}–{value['ci'][1]:.1f})"
