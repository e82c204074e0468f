"""Wheels are taken by hash, and folders are made whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker.errors import ModelNotFoundError
from tastemaker.packages import RECBOLE, Wheel, extract, prepare


def test_a_file_is_taken_out_of_a_wheel(tmp_path: Path) -> None:
    target = extract(RECBOLE, "ml-100k.inter", tmp_path / "ratings")
    assert target.read_text(encoding="utf-8").startswith("user_id:token\titem_id:token")


def test_another_hash_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="recbole"):
        extract((Wheel("recbole==1.2.1", "0" * 64),), "ml-100k.inter", tmp_path / "ratings")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "x").write_text("whole")

    for _ in range(2):
        assert (prepare(tmp_path / "model", make) / "x").read_text() == "whole"
    assert len(made) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_folder_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def make(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise error

    with pytest.raises(error):
        prepare(tmp_path / "model", make)
    assert list(tmp_path.iterdir()) == []
