"""Other rerankers, each in an environment of its own, on the same server and model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tastemaker.errors import MissingExtraError
from tastemaker.eval.benchmarks.rerank.cases import Case
from tastemaker.eval.environments import interpreter
from tastemaker.progress import Progress

LIMIT_S = 30.0
"""Seconds for one ranking, after which it counts as failed."""
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "langchain": ("langchain_listwise.py", ("langchain-classic==1.0.8 langchain-openai==1.7.4",)),
    "llamaindex": ("llamaindex_llm.py", ("llama-index-core==0.14.25 llama-index-llms-openai-like==0.8.1",)),
    "rerankers": ("rerankers_rankgpt.py", ("rerankers[gpt]==0.10.0",)),
    # It needs a transformers of the fourth line; and vLLM, which needs the fifth, only to import it: its script stands in.
    "rankllm": (
        "rankllm_rankgpt.py",
        (
            "torch==2.13.0",
            "transformers==4.51.3 openai tiktoken litellm python-dotenv ftfy dacite tqdm pyyaml jinja2 requests protobuf",
            "--no-deps rank-llm==0.25.7",
        ),
    ),
}
"""Each peer's script and what is installed for it: the arguments of pip, call by call."""


def ask(
    name: str, given: Sequence[Case], url: str, model: str, cache: Path, progress: Progress
) -> list[dict[str, Any]]:
    """One answer a case: `order`, or `failure`; and `seconds`. A script that dies answers the rest with its last words."""
    script, requirements = PEERS[name]
    try:
        python = interpreter(requirements, cache / "environments", progress)
    except MissingExtraError as error:
        return [{"failure": str(error), "seconds": 0.0}] * len(given)
    return answers_of([str(python), str(Path(__file__).parent / script)], given, url, model, progress, name)


def answers_of(
    script: Sequence[str], given: Sequence[Case], url: str, model: str, progress: Progress, name: str,
    limit_s: float = LIMIT_S,
) -> list[dict[str, Any]]:  # fmt: skip
    """What the command `script` answers, case by case; see `ask`."""
    asked = [{"query": query(case), "documents": list(case.candidates)} for case in given]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+", encoding="utf-8") as log:
        file = Path(folder) / "cases.json"
        file.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        process = subprocess.Popen(
            [*script, str(file), url, model, str(limit_s)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, errors="replace",
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        answers: list[dict[str, Any]] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:  # it bounds its own cases
                if line.startswith("{"):
                    answers.append(json.loads(line))
                    progress(f"Ranking by {name}", len(answers), len(given))
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log.seek(0)
        said = " ".join(log.read().split())[-200:]
    lacking = len(given) - len(answers)
    return [*answers, *[{"failure": f"ended with status {process.returncode}: {said}", "seconds": 0.0}] * lacking]


def query(case: Case) -> str:
    """The history as the query that these know."""
    return "Films for somebody who liked, most recent last: " + "; ".join(case.history)


def _environment() -> dict[str, str]:
    hidden = (
        "PYTHONPATH",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
    )
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"OPENAI_API_KEY": "none", "PYTHONDONTWRITEBYTECODE": "1"}
