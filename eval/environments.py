"""Environments of their own, made on demand, for peers whose packages don't go together with ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tastemaker.errors import MissingExtraError
from tastemaker.progress import Progress, silent

TIMEOUT = 1_800.0
"""Seconds for one installation."""


def interpreter(requirements: Sequence[str], folder: Path, progress: Progress = silent) -> Path:
    """The Python of a virtual environment under `folder` that holds `requirements`; made once, which takes minutes.

    Each requirement is what one call of pip is given, as "torch==2.13.0 lenskit" or "--no-deps torchrec".

    Raises `MissingExtraError` if they can't be installed, with the installer's last word. Nothing half-made is used: an
    environment counts from when the file that names it is written.
    """
    key = hashlib.sha256(f"{sys.version} {list(requirements)}".encode()).hexdigest()[:16]
    named = folder / f"{key}.path"
    if named.is_file():
        python = Path(named.read_text(encoding="utf-8"))
        if python.exists():
            return python
    made = folder / f"{key}-{os.getpid()}"
    shutil.rmtree(made, ignore_errors=True)
    python = made / "bin" / "python"
    try:
        progress(f"Installing {', '.join(requirements)}", 0, None)
        _run([sys.executable, "-m", "venv", str(made)], folder, requirements)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for requirement in requirements:
            _run([*pip, *requirement.split()], folder, requirements)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    named.with_suffix(".part").write_text(str(python), encoding="utf-8")
    named.with_suffix(".part").rename(named)
    return python


def _run(command: Sequence[str], folder: Path, requirements: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise _failed(requirements, f"took more than {TIMEOUT:g} seconds") from error
        raise
    if process.returncode:
        errors = [line for line in said.splitlines() if line.lower().startswith("error")] or said.splitlines()
        raise _failed(requirements, errors[-1] if errors else f"status {process.returncode}")


def _failed(requirements: Sequence[str], why: str) -> MissingExtraError:
    return MissingExtraError(
        f"can't be installed: {why[:300]}",
        where=", ".join(requirements),
        remedy="See whether pip installs them by hand",
    )
