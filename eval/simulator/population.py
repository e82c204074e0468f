"""Latent users and items: the causes of appeal, and what can be measured of them.

Five causes, each with mean 0 and standard deviation 1 over users and items: `content` (the item's theme against the
user's), `taste` (what others like who like the same), `popularity`, `recency`, and `fit` (what only a reader of the
text sees). Each is seen in part or with noise; a small rest, UNEXPLAINED, is seen in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import NamedTuple

import numpy as np

from tastemaker.eval.simulator.visits import Floats, Ints

SIZE = 8
"""Dimensions of each vector."""
CLUSTERS = 10
"""Themes that items gather round."""
SPREAD = 0.25
"""Standard deviation of an item's theme round its cluster's, in each dimension; themes have length 1."""
UNEXPLAINED = 0.12
"""Standard deviation of the log-odds of appeal that no signal shows."""
LIFE, FADE = 240.0, 72.0
"""Hours after which an item is renewed, so that the mix of ages stays as it is; and those in which recency falls to 1/e."""
THEME_NOISE, FACTOR_NOISE, READING_NOISE = 0.03, 0.07, 0.2
"""Standard deviations of the noise on each number of a theme (length 1), each factor (deviation 1), and "llm"'s view of
causes (deviation 1)."""


class Weights(NamedTuple):
    """Log-odds of a click for one standard deviation of each cause."""

    content: float
    taste: float
    popularity: float
    recency: float
    fit: float


BEFORE = Weights(content=1.0, taste=0.7, popularity=0.5, recency=0.3, fit=0.5)
AFTER = Weights(content=0.1, taste=-0.4, popularity=-0.6, recency=1.1, fit=0.5)
"""Before and after the drift: users turn from what they know and what is popular to what is new."""
BIAS = -2.0
"""Log-odds of a click on an item that is average in all causes."""


@dataclass(frozen=True)
class Population:
    """Users and items; every matrix is float64[users, items] and stays as it is all through.

    Args:
        clusters: int64[items], each item's theme, 0 to CLUSTERS − 1.
        lasting: float64[2, users, items], log-odds of appeal without recency, before and after the drift.
        content: Cosine of noisy themes.
        taste: Inner product of noisy factors.
        reading: A language model's honest view: content and fit, with noise.
        noise: Standard normal, for views of appeal itself.
        popularity: float64[items], log of 1 + a count.
        phases: float64[items], hours of age at the first visit, 0 to LIFE.
    """

    clusters: Ints
    lasting: Floats
    content: Floats
    taste: Floats
    reading: Floats
    noise: Floats
    popularity: Floats
    phases: Floats

    def recency(self, items: Ints, hours: float) -> Floats:
        """float64[n]: exp(−age / FADE) of these items, `hours` after the first visit."""
        return np.exp(-((self.phases[items] + hours) % LIFE) / FADE)


def draw_population(seed: int, users: int, items: int) -> Population:
    """The population of a seed. Time and memory grow with users × items, 64 bytes each."""
    rng = np.random.default_rng([seed])
    user_themes = _unit(rng.normal(size=(users, SIZE)))
    clusters = rng.integers(CLUSTERS, size=items)
    centres = _unit(rng.normal(size=(CLUSTERS, SIZE)))
    item_themes = _unit(centres[clusters] + SPREAD * rng.normal(size=(items, SIZE)))
    user_factors, item_factors = rng.normal(size=(users, SIZE)), rng.normal(size=(items, SIZE))
    level = rng.normal(size=items)  # of popularity
    content = sqrt(SIZE) * user_themes @ item_themes.T
    taste = user_factors @ item_factors.T / sqrt(SIZE)
    fit = rng.normal(size=(users, SIZE)) @ rng.normal(size=(items, SIZE)).T / sqrt(SIZE)
    rest = BIAS + UNEXPLAINED * rng.normal(size=(users, items))
    lasting = [w.content * content + w.taste * taste + w.popularity * level + w.fit * fit for w in (BEFORE, AFTER)]
    return Population(
        clusters=clusters,
        lasting=np.stack(lasting) + rest,
        content=_unit(_blurred(rng, user_themes, THEME_NOISE)) @ _unit(_blurred(rng, item_themes, THEME_NOISE)).T,
        taste=_blurred(rng, user_factors, FACTOR_NOISE) @ _blurred(rng, item_factors, FACTOR_NOISE).T,
        reading=0.6 * content + 0.8 * fit + READING_NOISE * rng.normal(size=(users, items)),
        noise=rng.normal(size=(users, items)),
        popularity=np.log1p(rng.poisson(np.exp(4.0 + 1.2 * level))),
        phases=rng.uniform(0, LIFE, size=items),
    )


def as_cause(recency: Floats) -> Floats:
    """Recency less its mean, over its standard deviation, for ages that are uniform from 0 to LIFE."""
    mean = FADE / LIFE * (1 - exp(-LIFE / FADE))
    square = FADE / LIFE / 2 * (1 - exp(-2 * LIFE / FADE))
    return (recency - mean) / sqrt(square - mean**2)


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _blurred(rng: np.random.Generator, vectors: Floats, deviation: float) -> Floats:
    return vectors + deviation * rng.normal(size=vectors.shape)
