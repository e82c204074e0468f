"""What is compared. A system has `fit(train)` and `recommend(users, k)`; here is where their names lead."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tastemaker.errors import InvalidInputError, MissingExtraError
from tastemaker.eval.systems.base import System

HOMES = {
    "random": "tastemaker.eval.systems.simple:Random",
    "popularity": "tastemaker.eval.systems.simple:Popularity",
    "recent-popularity": "tastemaker.eval.systems.simple:RecentPopularity",
    "item-knn": "tastemaker.eval.systems.peers:ItemKNN",
    "ease": "tastemaker.eval.systems.simple:EASE",
    "implicit-als": "tastemaker.eval.systems.peers:ImplicitALS",
    "irspack-ials": "tastemaker.eval.systems.peers:IrspackIALS",
    "cornac-bpr": "tastemaker.eval.systems.peers:CornacBPR",
    "ours-popular": "tastemaker.eval.systems.ours:Popular",
    "ours-content": "tastemaker.eval.systems.ours:Content",
    "ours-prior": "tastemaker.eval.systems.ours:Prior",
    "ours-model": "tastemaker.eval.systems.ours:PriorAndModel",
}
"""Names for `--systems`; any other is `MODULE:CLASS`."""


def find_system(name: str) -> type[System]:
    """The class behind a name, or behind `MODULE:CLASS`, which is imported.

    Raises:
        InvalidInputError: no such system, or its class lacks `fit` or `recommend`.
        MissingExtraError: a package that it needs is not installed.
    """
    module, colon, attribute = HOMES.get(name, name).partition(":")
    if not (colon and module and attribute) or module.startswith("."):
        raise InvalidInputError(
            "is no system", where=repr(name), remedy=f"Give one of {', '.join(HOMES)}, or MODULE:CLASS"
        )
    try:
        found: Any = getattr(import_module(module), attribute)
    except ImportError as error:
        if name in HOMES:
            raise MissingExtraError(
                f"needs the package {error.name}, which is not installed", where=f"system {name!r}",
                remedy="Run: pip install 'tastemaker[bench]'",
            ) from error  # fmt: skip
        raise InvalidInputError(f"can't be imported ({error})", where=repr(name)) from error
    except AttributeError as error:
        raise InvalidInputError(f"module {module} has no {attribute}", where=repr(name)) from error
    if not (callable(getattr(found, "fit", None)) and callable(getattr(found, "recommend", None))):
        raise InvalidInputError("has no fit and recommend", where=repr(name), remedy="See docs/evaluation.md")
    kind: type[System] = found
    return kind
