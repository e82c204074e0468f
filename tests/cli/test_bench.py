"""`bench …` without `--json`: whatever shape a benchmark's figures and bars have, a person can read them."""

from __future__ import annotations

import pytest
import typer

from tastemaker.cli.bench import _report
from tastemaker.eval.benchmarks import loading, retrieval
from tastemaker.server import benchmark


@pytest.mark.parametrize("bars", [retrieval.BARS, loading.BARS, benchmark.BARS, [{"bar": "a", "met": True}]])
def test_figures_are_printed(bars: object, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"ratio": 0.93, "bars": bars, "rows": [{"items": 2, "ms": 1.5}], "machine": {"cores": 2}, "passed": True}
    _report(found, as_json=False)
    told = capsys.readouterr().out
    assert "ratio: 0.93" in told and "items=2  ms=1.5" in told and "cores" not in told
    with pytest.raises(typer.Exit):
        _report(found | {"passed": False}, as_json=False)
