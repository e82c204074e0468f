"""Tiny real models made on the spot, and a small real server of embeddings."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tastemaker.retrieval.encoders import HashingEncoder

SPECIAL = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<cls>", "sep_token": "<sep>"}


def _save_tokenizer(folder: Path, kind: str) -> int:
    """A byte-level tokenizer without merges: every text has tokens of its own. Returns the size of its vocabulary."""
    from transformers import PreTrainedTokenizerFast

    special = [] if kind == "gpt2" else list(SPECIAL.values())
    tokens = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = Tokenizer(models.BPE({token: n for n, token in enumerate(tokens)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if kind != "gpt2":
        inner.post_processor = processors.TemplateProcessing(
            single="$A <sep>" if kind == "t5" else "<cls> $A <sep>", special_tokens=[("<cls>", 2), ("<sep>", 3)]
        )
    names: dict[str, str] = {} if kind == "gpt2" else SPECIAL
    PreTrainedTokenizerFast(tokenizer_object=inner, **names).save_pretrained(folder)
    return len(tokens)


def _model(kind: str, size: int) -> Any:
    """A model of two layers and 32 dimensions, with the head that such checkpoints come with."""
    import transformers as t

    bert: dict[str, Any] = {"vocab_size": size, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    bert |= {"intermediate_size": 64, "initializer_range": 0.3, "pad_token_id": 0}
    if kind == "bert":
        return t.BertForMaskedLM(t.BertConfig(**bert))
    if kind == "roberta":
        return t.RobertaForMaskedLM(t.RobertaConfig(**bert, max_position_embeddings=130, type_vocab_size=1))
    if kind == "t5":
        return t.T5ForConditionalGeneration(
            t.T5Config(vocab_size=size, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2)
        )
    ends = {"bos_token_id": None, "eos_token_id": None}
    return t.GPT2LMHeadModel(
        t.GPT2Config(vocab_size=size, n_embd=32, n_layer=2, n_head=2, initializer_range=0.3, **ends)
    )


@pytest.fixture(autouse=True)
def one_core(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tiny models gain nothing from a second core, and beside a busy neighbour they wait for it."""
    import torch

    before = torch.get_num_threads()
    if "slow" not in request.keywords:
        torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random checkpoints `bert`, `roberta`, `t5` and `gpt2`, as transformers saves them."""
    import torch

    from tastemaker.progress import quiet_transformers

    quiet_transformers()
    folders = {}
    for kind in ("bert", "roberta", "t5", "gpt2"):
        folders[kind] = tmp_path_factory.mktemp(kind)
        torch.manual_seed(7)
        _model(kind, _save_tokenizer(folders[kind], kind)).save_pretrained(folders[kind])
    return folders


class EmbeddingServer(ThreadingHTTPServer):
    """Answers as OpenAI's embeddings do, by the hashing encoder; the model's name says what goes wrong."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.texts: list[str] = []
        self.sign = 1.0
        self.encoder = HashingEncoder()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model, texts = body["model"], body["input"]
        self.server.asked[model] += 1
        self.server.texts += texts
        status = {"down": 503, "refusing": 400, "absent": 404}.get(model, 200)
        if model == "busy" and self.server.asked[model] % 2:
            status = 429
        if model == "locked" and self.headers.get("Authorization") != "Bearer sesame":
            status = 401
        if (model == "brief" and "truncate_prompt_tokens" not in body) or model == "briefest":
            status = 400
        if model == "slow":
            time.sleep(1.0)
        fault = "this model's maximum context length is 9" if "brief" in model else f"this is error {status}"
        told = {"error": {"message": fault}} if status != 200 else self._data(model, texts)
        self._answer(status, b"<html>" if model == "html" else json.dumps(told).encode(), trickle=model == "trickle")

    def _data(self, model: str, texts: list[str]) -> Any:
        rows = [[self.server.sign * number for number in self.server.encoder.embed_query(text)] for text in texts]
        if model == "nan":
            rows[-1][3] = float("nan")
        elif model == "zero":
            rows[-1] = [0.0] * len(rows[-1])
        elif model == "ragged":
            rows[-1] = rows[-1][:-1]
        elif model == "narrower":
            rows = [row[: -self.server.asked[model]] for row in rows]
        elif model == "words":
            return {"data": [{"index": n, "embedding": "many"} for n in range(len(rows))]}
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
        if model == "few":
            data.pop()
        if model == "twice":
            data[-1]["index"] = 0
        return {"object": "list", "model": model, "data": data[::-1]}  # OpenAI promises the index, not the order

    def _answer(self, status: int, told: bytes, *, trickle: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        step = 400 if trickle else len(told)
        try:
            for start in range(0, len(told), step):
                self.wfile.write(told[start : start + step])
                time.sleep(0.05 if trickle else 0)
        except (BrokenPipeError, ConnectionResetError):
            return


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    running = EmbeddingServer()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
