"""Environments of their own: made once, whole or not at all, and the worker runs in them without Tastemaker's packages."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tastemaker.eval import environments
from tastemaker.eval.evaluate import evaluate
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.systems import HOMES, REQUIREMENTS
from tastemaker.eval.worlds import two_tastes

AWAY = "tastemaker.eval.systems.simple:EASE"


@pytest.fixture
def data() -> Interactions:
    return two_tastes()


@pytest.mark.slow
def test_a_system_runs_in_an_environment_of_its_own(
    data: Interactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = evaluate(data, "A", tmp_path / "evaluations", [AWAY], seeds=[1], trials=2)["rows"][0]
    monkeypatch.setitem(REQUIREMENTS, AWAY, (f"numpy=={np.__version__}",))
    for folder in (tmp_path / "evaluations").iterdir():
        (folder / "result.json").unlink()
    away = evaluate(data, "A", tmp_path / "evaluations", [AWAY], seeds=[1], trials=2)["rows"][0]
    assert away["ndcg@10"] == here["ndcg@10"] and away["params"] == here["params"]
    made = list((tmp_path / "environments").glob("*/bin/python"))
    assert len(made) == 1 and not list(made[0].parents[1].glob("lib/*/site-packages/pydantic"))


@pytest.mark.slow
def test_an_environment_is_made_once(tmp_path: Path) -> None:
    said: list[str] = []
    first = environments.interpreter(("six",), tmp_path, lambda what, done, total: said.append(what))
    assert environments.interpreter(("six",), tmp_path) == first and len(said) == 1
    assert next(tmp_path.glob("*.path")).read_text() == str(first)


@pytest.mark.slow
def test_what_cannot_be_installed_keeps_its_row_and_leaves_nothing(
    data: Interactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REQUIREMENTS, AWAY, ("no-such-package-of-anyone==7",))
    rows = evaluate(data, "A", tmp_path / "evaluations", [AWAY, "popularity"], seeds=[1], trials=0)["rows"]
    assert (
        "no-such-package" in rows[0]["failure"]
        and "can't be installed" in rows[0]["failure"]
        and "failure" not in rows[1]
    )
    assert not list((tmp_path / "environments").iterdir())


@pytest.mark.slow
def test_ctrl_c_leaves_no_half_made_environment(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from tastemaker.eval.environments import interpreter;"
        "interpreter(('six',), pathlib.Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not list(tmp_path.glob("*/bin/python")):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) != 0
    assert not list(tmp_path.iterdir())


def test_every_requirement_belongs_to_a_system_and_is_pinned() -> None:
    assert set(REQUIREMENTS) <= set(HOMES)
    for name, calls in REQUIREMENTS.items():
        assert "==" in calls[0], name
        assert HOMES[name].startswith("tastemaker.eval.systems.isolated.")
