"""Finds an encoder's folder (a local path, the hub, a packaged copy, in that order) and what revision is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from tastemaker.errors import MissingExtraError, ModelNotFoundError
from tastemaker.packages import from_hub
from tastemaker.progress import Progress, silent
from tastemaker.settings import DEFAULT_ENCODER
from tastemaker.threads import wait_patiently

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGED = {DEFAULT_ENCODER: "multilingual-e5-small-q4", MINILM: "all-minilm-l6-v2"}
"""Encoders that travel in wheels, and the folder of each in the cache."""
PATTERNS = ("*.json", "*.safetensors", "*.model", "*.txt")
"""What is fetched from the hub."""
_KINDS = {".json", ".safetensors", ".model", ".txt", ".bin"}


def locate(model: str, cache: Path, progress: Progress = silent) -> Path:
    """The folder of `model`.

    Raises:
        ModelNotFoundError: not found in any of the three places; the message says why for each.
        MissingExtraError: transformers is not installed.
    """
    path = Path(model).expanduser()
    if _holds_model(path):
        return path.resolve()
    tried = ["local path: " + ("holds no config.json" if path.exists() else "does not exist")]
    unpacked = packaged_folder(cache, model) if model in PACKAGED else None
    found = _from_hub(model, tried, ask_network=not (unpacked and unpacked.is_dir()))
    if found:
        return found
    if unpacked:
        return _unpack(model, unpacked, progress)
    raise ModelNotFoundError(
        "not found (" + "; ".join([*tried, f"packaged copy: none ({', '.join(PACKAGED)} have one)"]) + ")",
        where=f"encoder {model!r}",
        remedy="Give a folder with config.json and weights, a hub name OWNER/NAME, or a packaged model",
    )


def packaged_folder(cache: Path, model: str = DEFAULT_ENCODER) -> Path:
    """Where the packaged copy of an encoder is or will be."""
    return cache / "models" / PACKAGED[model]


def packaged(model: str, cache: Path, progress: Progress = silent) -> Path:
    """The packaged copy, unpacked. Raises `MissingExtraError` without torch and transformers."""
    return _unpack(model, packaged_folder(cache, model), progress)


def revision(folder: Path) -> str:
    """Twelve hexadecimal digits of the content of configuration, tokenizer and weights: other weights, other digits.

    Reads every byte once a process (half a second a gigabyte): a fine-tuned copy differs in nothing but those.
    """
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(_files(folder)):
        state = path.stat()
        digest.update(f"{path.relative_to(folder)}\0{_content(path, state.st_size, state.st_mtime_ns)}\0".encode())
    return digest.hexdigest()


def missing_local(what: str) -> MissingExtraError:
    """The error for a part that needs torch and transformers."""
    return MissingExtraError(
        "needs torch and transformers, which are not installed",
        where=what,
        remedy="Run: pip install 'tastemaker[local]'",
    )


def _holds_model(path: Path) -> bool:
    try:
        return (path / "config.json").is_file() or (path / "modules.json").is_file()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _from_hub(model: str, tried: list[str], *, ask_network: bool) -> Path | None:
    try:
        return from_hub(model, PATTERNS, tried, ask_network=ask_network)
    except ImportError as error:
        raise missing_local(f"encoder {model!r}") from error


def _unpack(model: str, folder: Path, progress: Progress) -> Path:
    unpack: Callable[[Path, Progress], Path]
    wait_patiently()
    try:
        if model == DEFAULT_ENCODER:
            from tastemaker.retrieval.packaged_e5 import unpack
        else:
            from tastemaker.retrieval.packaged_minilm import unpack
    except ImportError as error:
        raise missing_local(f"the encoder {model}") from error
    return unpack(folder, progress)


def _files(folder: Path) -> Iterator[Path]:
    """What the model is made of: its own files and those of sentence-transformers' modules, one level down."""
    inner = [path for path in folder.iterdir() if path.is_dir() and path.name[0].isdigit()]
    for place in (folder, *inner):
        here = [path for path in place.iterdir() if path.suffix in _KINDS and path.is_file()]
        safe = any(path.suffix == ".safetensors" for path in here)  # then an older .bin beside it is not read
        yield from (path for path in here if not (safe and path.suffix == ".bin"))


@lru_cache(maxsize=1_000)
def _content(path: Path, size: int, modified_ns: int) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "blake2b").hexdigest()
