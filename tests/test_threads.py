"""OpenMP is told how to wait before torch is there to ask, and not against the user's word."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("given", "policy"),
    [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE"), ({"GOMP_SPINCOUNT": "7"}, "None")],
)
def test_threads_sleep_unless_told_otherwise(given: dict[str, str], policy: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    code = "import os, sys\nfrom tastemaker.threads import wait_patiently\nwait_patiently()\n"
    code += "assert 'torch' not in sys.modules\nprint(os.environ.get('OMP_WAIT_POLICY'))"
    done = subprocess.run([sys.executable, "-c", code], env=kept | given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == policy
