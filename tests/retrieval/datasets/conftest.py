"""A folder of small files in a published format, opened as a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tastemaker.retrieval.datasets import Dataset, open_dataset

Opener = Callable[..., Dataset]


@pytest.fixture
def opened(tmp_path: Path) -> Opener:
    """Write `files` (names to text in UTF-8, or bytes) and open the folder, which must be known by them."""

    def write(files: Mapping[str, str | bytes], source: str = "", **options: object) -> Dataset:
        for name, body in files.items():
            (tmp_path / name).write_bytes(body if isinstance(body, bytes) else body.encode("utf-8"))
        return open_dataset(str(tmp_path / source), tmp_path, **options)  # type: ignore[arg-type]

    return write
