"""The house rules, checked by machine: style, types, import order, sizes, docstrings, true names in the docs."""

from __future__ import annotations

import ast
import importlib
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tastemaker
from tastemaker import errors

ROOT = Path(__file__).parents[1]
ROOMS = ("src/tastemaker", "agent", "prompts", "retrieval", "eval")


def modules() -> list[Path]:
    paths = {path.resolve() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    return sorted(paths)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_static_gate(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_small() -> None:
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in modules()]
    assert max(lines) <= 500
    assert statistics.median(lines) <= 180


def test_functions_are_short() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules()
        for node in functions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert sum(length <= 50 for length in lengths) / len(lengths) >= 0.95


def test_public_names_have_docstrings() -> None:
    bare = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in [
            *tree.body,
            *(inner for outer in tree.body if isinstance(outer, ast.ClassDef) for inner in outer.body),
        ]:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert [name for name in bare if not _is_private(name)] == []


def _is_private(name: str) -> bool:
    """Methods of a class whose own name is private."""
    path, line = name.split(" ")[0].rsplit(":", 1)
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("_")]
    return any(owner.lineno <= int(line) <= (owner.end_lineno or 0) for owner in owners)


def test_no_mock_library() -> None:
    words = ("unittest." + "mock", "pytest_" + "mock", "Magic" + "Mock", "monkeypatch." + "setattr")
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in words), path


def test_no_work_at_import() -> None:
    """`import tastemaker` and the command's own modules load none of the heavy libraries."""
    heavy = ("torch", "transformers", "chromadb", "vllm", "sqlalchemy", "langchain_core")
    code = f"import sys, tastemaker, tastemaker.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists_and_is_documented() -> None:
    readme = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in tastemaker.__all__:
        assert getattr(tastemaker, name) is not None
        assert f"`{name}`" in readme, name


def test_error_tree_in_the_docstring_is_the_real_one() -> None:
    doc = errors.__doc__ or ""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.TastemakerError):
            assert name in doc, name
    assert "TastemakerError" in doc


def test_every_error_is_in_the_tree() -> None:
    kinds = "|".join(name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.TastemakerError))  # fmt: skip
    elsewhere = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in modules()
        if path.name != "errors.py"
        for found in re.findall(rf"^class (\w+)\((?:{kinds})\)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert elsewhere == []


def test_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == tastemaker.__version__
    assert f"## {tastemaker.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_fixed_package_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules())
    for package in ("vllm", "transformers", "torch", "langchain", "chromadb", "pydantic", "jinja2"):
        assert f"from {package}" in text or f"import {package}" in text, package


def test_rooms_import() -> None:
    for name in ("agent", "prompts", "retrieval", "eval"):
        assert importlib.import_module(f"tastemaker.{name}").__doc__
