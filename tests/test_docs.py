"""Documents that run: the README's Python, the examples, and the commands that the README names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker import Settings

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = (
    "README.md",
    "docs/api.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/evaluation.md",
    "docs/datasets.md",
    "docs/encoders.md",
    "docs/retrieval.md",
    "docs/explanations.md",
    "docs/feedback.md",
    "docs/conversation.md",
    "docs/dialogues.md",
    "docs/serving.md",
    "docs/experiments-ab.md",
    "docs/examples.md",
    "docs/assistants.md",
)


def fences(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [body for name, body in FENCE.findall(text) if name == language]


PYTHON = [(document, n, body) for document in DOCUMENTS for n, body in enumerate(fences(document, "python"))]


@pytest.mark.parametrize(("document", "number", "body"), PYTHON, ids=[f"{d}-{n}" for d, n, _ in PYTHON])
@pytest.mark.slow
def test_python_in_the_documents_runs(document: str, number: int, body: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", body], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_example_stands_within_25_lines() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("```python"))
    end = next(n for n, line in enumerate(lines) if n > start and line.startswith("```"))
    assert end < 25


@pytest.mark.slow
def test_commands_in_the_documents_exist() -> None:
    text = "\n".join(body for document in DOCUMENTS for body in fences(document, "sh"))
    named = set(re.findall(r"^tastemaker ([a-z-]+)(?: (start|engines|retrieval|load|install))?", text, re.MULTILINE))
    assert named
    for command, sub in named:
        args = [command, sub, "--help"] if sub else [command, "--help"]
        tool = Path(sys.executable).with_name("tastemaker")
        assert subprocess.run([str(tool), *args], capture_output=True, check=False).returncode == 0, args
    targets = set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}:" in rules for target in targets)


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", text):
            assert ((ROOT / document).parent / target).exists(), (document, target)


@pytest.mark.slow
def test_chinese_quickstart_ranks_in_chinese(tmp_path: Path, settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "chinese_quickstart.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == "为你推荐:"
    assert [line[0] for line in lines] == ["1", "2", "3"]
    for candidate in ("一部关于人类探索未知世界的纪录片", "一本讲述人工智能未来的书", "一场融合多种风格的音乐会"):
        assert sum(candidate in line for line in lines) == 1
    assert list(tmp_path.iterdir()) == []
