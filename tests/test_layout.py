"""The list of folders stands in two places; these tests keep them equal."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def test_links_match_the_build_mapping() -> None:
    for module, folder in CONFIG["package-dir"].items():
        assert (ROOT / "src" / Path(*module.split("."))).resolve() == (ROOT / folder).resolve()


def test_every_package_is_in_the_wheel() -> None:
    rooms = {(ROOT / folder).resolve(): name for name, folder in CONFIG["package-dir"].items()}
    found = set()
    for folder, name in rooms.items():
        for path in folder.rglob("__init__.py"):
            inner = path.parent.relative_to(folder).parts
            if not any((folder / Path(*inner[: n + 1])).is_symlink() for n in range(len(inner))):
                found.add(".".join((name, *inner)))
    assert found == set(CONFIG["packages"])
