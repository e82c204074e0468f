"""How torch's threads wait for each other."""

from __future__ import annotations

import os


def wait_patiently() -> None:
    """Let OpenMP's threads sleep while they wait, unless the environment says how they should. Call it before torch is
    imported, as OpenMP asks only then.

    By default they spin, and beside one busy process on two cores a request took 6 s in place of 0.5 s
    (docs/experiments.md); in a quiet machine sleeping costs less than a tenth.
    """
    if not os.environ.keys() & {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
