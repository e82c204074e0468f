"""What is compared. A system has `fit(train)` and `recommend(users, k)`, or `predict(users, items)`; here is where their names lead."""

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
    "mean-rating": "tastemaker.eval.systems.raters:MeanRating",
    "surprise-baseline": "tastemaker.eval.systems.raters:Baseline",
    "surprise-svd": "tastemaker.eval.systems.raters:SVD",
    "surprise-svdpp": "tastemaker.eval.systems.raters:SVDPlusPlus",
    "rectools-sasrec": "tastemaker.eval.systems.isolated.sasrec:SASRec",
    "lightfm": "tastemaker.eval.systems.isolated.factorisation_machine:LightFM",
    "lenskit-slim": "tastemaker.eval.systems.isolated.slim:SLIM",
    "tfrs-two-tower": "tastemaker.eval.systems.isolated.tensorflow_towers:TwoTower",
    "torchrec-two-tower": "tastemaker.eval.systems.isolated.torch_towers:TwoTower",
    "ours-popular": "tastemaker.eval.systems.ours:Popular",
    "ours-recent": "tastemaker.eval.systems.ours:Recent",
    "ours-together": "tastemaker.eval.systems.ours:Together",
    "ours-next": "tastemaker.eval.systems.ours:Next",
    "ours-content": "tastemaker.eval.systems.ours:Content",
    "ours-prior": "tastemaker.eval.systems.ours:Prior",
    "ours-without-popular": "tastemaker.eval.systems.ours:WithoutPopular",
    "ours-without-recent": "tastemaker.eval.systems.ours:WithoutRecent",
    "ours-without-content": "tastemaker.eval.systems.ours:WithoutContent",
    "ours-without-together": "tastemaker.eval.systems.ours:WithoutTogether",
    "ours-without-next": "tastemaker.eval.systems.ours:WithoutNext",
    "ours-model": "tastemaker.eval.systems.reranked:PriorAndModel",
}
"""Names for `--systems`; any other is `MODULE:CLASS`."""

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "rectools-sasrec": ("torch==2.13.0 rectools[torch]==0.19.0",),
    "lightfm": ("rectools-lightfm==1.17.3",),
    "lenskit-slim": ("torch==2.13.0 lenskit==2025.8.1",),
    "tfrs-two-tower": ("tensorflow-cpu==2.21.0 tf-keras==2.21.0 tensorflow-recommenders==0.7.7",),
    # torchrec asks for fbgemm's CUDA build, which lies in the same folder as the one for processors.
    "torchrec-two-tower": (
        "torch==2.13.0 fbgemm-gpu-cpu==1.8.0 torchmetrics==1.0.3 tensordict pyre-extensions tqdm",
        "--no-deps torchrec==1.8.0",
    ),
}
"""What is installed for the systems that run in environments of their own: the arguments of pip, call by call."""


def find_system(name: str) -> type[System]:
    """The class behind a name, or behind `MODULE:CLASS`, which is imported.

    Raises:
        InvalidInputError: no such system, or its class lacks `fit`, or both `recommend` and `predict`.
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
    answers = any(callable(getattr(found, method, None)) for method in ("recommend", "predict"))
    if not (answers and callable(getattr(found, "fit", None))):
        raise InvalidInputError(
            "has no fit, or neither recommend nor predict", where=repr(name), remedy="See docs/evaluation.md"
        )
    kind: type[System] = found
    return kind
