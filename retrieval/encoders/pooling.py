"""From a vector a token to a vector a text.

States are float tensors of shape (texts, tokens, dimensions); masks are of shape (texts, tokens), 1 for a token and 0
for padding, which always stands on the right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tastemaker.errors import InvalidInputError, ModelNotFoundError
from tastemaker.retrieval.encoders.names import POOLINGS

if TYPE_CHECKING:
    from torch import Tensor

_MEAN = "albert bert camembert deberta deberta-v2 distilbert electra modernbert mpnet roberta xlm-roberta"
_MEAN_OF_ENCODER = "longt5 mt5 t5 umt5"
_LAST = "gemma gemma2 gemma3_text gpt2 gpt_neo gpt_neox gptj llama mistral olmo opt phi phi3 qwen2 qwen3 smollm3"
DEFAULT_POOLING = dict.fromkeys((*_MEAN.split(), *_MEAN_OF_ENCODER.split()), "mean") | dict.fromkeys(
    _LAST.split(), "last"
)
"""`model_type` of config.json → pooling.

- Models that read both ways: the mean of all tokens, the best of three in Reimers and Gurevych 2019 (Sentence-BERT).
- T5: the mean over its encoder, the best of three in Ni et al. 2022 (Sentence-T5); the decoder is not run.
- Models that read left to right: the last token, the only one that has seen all (Neelakantan et al. 2022).
"""


def default_pooling(folder: Path) -> str:
    """The pooling of the checkpoint in `folder`, by its architecture.

    Raises:
        ModelNotFoundError: its config.json can't be read.
        InvalidInputError: an architecture that is not in the table; its user must choose.
    """
    kind = model_type(folder)
    if kind not in DEFAULT_POOLING:
        raise InvalidInputError(
            f"has the architecture {kind!r}, for which no pooling is the rule",
            where=f"encoder {str(folder)!r}",
            remedy=f"Add ?pooling= and one of {', '.join(POOLINGS)} to its name",
        )
    return DEFAULT_POOLING[kind]


def model_type(folder: Path) -> str:
    """`model_type` of config.json. Raises `ModelNotFoundError` if that can't be read."""
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type"))
    except (OSError, ValueError, AttributeError) as error:
        raise ModelNotFoundError(
            f"has no config.json that can be read ({error})",
            where=f"encoder {str(folder)!r}",
            remedy="Give a folder that transformers can load",
        ) from error


def pool(states: Tensor, mask: Tensor, how: str) -> Tensor:
    """Vectors of shape (texts, dimensions): the mean or the maximum of the tokens, or the first or the last of them."""
    if how == "cls":
        return states[:, 0]
    if how == "last":
        return states[range(len(states)), mask.sum(1) - 1]
    inside = mask.unsqueeze(-1)
    if how == "max":
        return states.masked_fill(inside == 0, float("-inf")).amax(1)
    return (states * inside).sum(1) / inside.sum(1)
