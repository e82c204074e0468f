"""The online head: a Bayesian logistic model of what makes an impression pay, fitted on matured outcomes alone.

A version of it is a function of the log up to an outcome's number: fitted again, it comes out the same to the last bit.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.feedback.heads import add_head, count_outcomes
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import batches, newest
from tastemaker.domain import Shape
from tastemaker.errors import InvalidInputError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.fusion import standardise

Floats = NDArray[np.float64]
SOURCES = {
    "content": ("content", "query"), "taste": ("together", "next"), "popularity": ("popular", "recent"),
    "recency": ("new",),
}  # fmt: skip
SIMPLE = ("llm", "prior")
FEATURES = (*SIMPLE, *SOURCES)
LLM_BOUND = 3.0
"""Most that the model's score may count, and it never counts against an item: its text is written by sellers, who may learn what a model
likes to read."""
HALF_LIFE = 2_000
"""Impressions after which an older one counts half, so that the head follows a change: four hundred slates of five."""
ERRORS = 3.0
"""Standard errors by which all features must foretell better than the model's score and the prior alone, to be taken."""
LARGEST_LABEL = 10.0
"""Most that a reward far down the slate is scaled up to."""
MIN_CLICKS = 10
"""Rewards in evenly drawn slates under which nothing is said of positions."""
_EXPONENTS = np.linspace(0.0, 3.0, 301)


@dataclass(frozen=True, slots=True)
class Batch:
    """Impressions of an hour: `columns` float64[m, f], standardised; `rewards` float64[m] in [-1, 1]; `weights` float64[m], 0 to 1;
    `positions` int64[m] from 1; `even` bool[m], of a slate that was drawn evenly."""

    columns: Floats
    rewards: Floats
    weights: Floats
    positions: NDArray[np.int64]
    even: NDArray[np.bool_]


class OnlineHead(Shape):
    """Logit of a candidate = Σ of coefficient times feature, with a normal posterior of the coefficients.

    `mean` has one more than `features`, the intercept, and so has `covariance`, by rows. `eta` is the position exponent: place j is looked
    at with j^−eta of the chance of the first. Fitted on `impressions` up to the outcome of the number `outcomes_until`.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    eta: float = 0.0
    impressions: int = 0
    outcomes_until: int = 0

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that its contents settle."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def theta(self, seed: int | None = None) -> Floats:
        """float64[f]: the mean coefficients, or with a seed a draw of them (Thompson 1933); the model's in [0, 3]."""
        mean = np.array(self.mean)
        if seed is not None:
            # A generator of its own: the slate's must not depend on whether coefficients were drawn before.
            rng = np.random.default_rng([seed, 1])
            root = np.linalg.cholesky(np.array(self.covariance))
            mean = mean + root @ rng.standard_normal(len(mean))
        found: Floats = mean[: len(self.features)]
        if "llm" in self.features:
            at = self.features.index("llm")
            found[at] = min(max(found[at], 0.0), LLM_BOUND)
        return found

    def logits(self, signals: Mapping[str, Floats], theta: Floats | None = None) -> Floats:
        """float64[n] for the candidates of one decision. Raises `InvalidInputError` if a feature is missing."""
        found: Floats = columns_of(signals, self.features) @ (self.theta() if theta is None else theta)
        return found


def signals_of(candidates: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    """By feature float64[n], from logged candidates: the model's score (NaN where it was not read), the prior, and of each kind of source
    1 / log2(1 + the best rank), 0 where it did not propose the item."""
    found = {
        "llm": np.array([np.nan if (one := row.get("llm_logprob")) is None else one for row in candidates]),
        "prior": np.array([float(row["prior"]) for row in candidates]),
    }
    for name, sources in SOURCES.items():
        ranks = [[row["sources"][one] for one in sources if one in row.get("sources", {})] for row in candidates]
        found[name] = np.array([1 / np.log2(1 + min(told)) if told else 0.0 for told in ranks])
    return found


def columns_of(signals: Mapping[str, Floats], features: Sequence[str]) -> Floats:
    """float64[n, f]: each feature standardised among the candidates of its decision; what is not known counts as the mean."""
    if missing := [name for name in features if name not in signals]:
        raise InvalidInputError(
            f"needs the features {', '.join(missing)}, which these candidates lack", where="head",
            remedy="Learn a head anew from this log",
        )  # fmt: skip
    return np.stack([_standardised(np.asarray(signals[name], np.float64)) for name in features], axis=1)


def _standardised(values: Floats) -> Floats:
    known = np.isfinite(values)
    found = np.zeros(len(values))
    if known.any():
        found[known] = standardise(values[known])
    return found


def fit(batches: Iterable[Batch], features: Sequence[str], outcomes_until: int = 0) -> OnlineHead:
    """The head after these batches, in order.

    Label: the reward, 0 where it is negative, over the chance that its place was looked at; so the expected gradient is that of relevance
    under the position-based model (Joachims, Swaminathan and Schnabel, WSDM 2017). A negative reward weighs more than none. The posterior
    is Laplace's (Murphy 2012, section 8.4), older rows forgotten towards the prior N(0, 1) (Kulhavý and Zarrop 1993).

    Two are fitted: of the model's score and the prior alone, and of all features. Each batch is foretold before it is learned from (Dawid 1984,
    prequential), and all features are taken only if they foretell better by more than two standard errors: what adds nothing that
    can be told has no say.

    Raises `InvalidInputError` if no impression weighs anything.
    """
    told = [one for one in (_learnable(batch) for batch in batches) if one is not None]
    if not told:
        raise InvalidInputError(
            "holds no matured impression to learn from", where="log",
            remedy="Recommend, send rewards, and wait for them to mature",
        )  # fmt: skip
    eta = position_exponent(told)
    every = list(range(len(features)))
    few = [n for n in every if features[n] in SIMPLE]
    model, foretold = _fitted(told, every, eta)
    chosen = every
    if few and few != every:
        simple, simply = _fitted(told, few, eta)
        gain = foretold - simply
        age = 0.5 ** (np.arange(len(gain))[::-1] / HALF_LIFE)
        mean = float(np.average(gain, weights=age))
        error = float(np.sqrt((age**2 * (gain - mean) ** 2).sum()) / age.sum())
        if mean <= ERRORS * error:
            model, chosen = simple, few
    covariance = np.linalg.inv(np.asarray(model.cov_inv_))
    return OnlineHead(
        features=tuple(features[n] for n in chosen), mean=tuple(map(float, model.coef_)),
        covariance=tuple(tuple(map(float, row)) for row in (covariance + covariance.T) / 2),
        eta=eta, impressions=sum(len(one.rewards) for one in told), outcomes_until=outcomes_until,
    )  # fmt: skip


def _learnable(batch: Batch) -> Batch | None:
    """The rows that weigh anything, or None: a program's rewards must not tell of positions either."""
    kept = batch.weights > 0
    if not kept.any():
        return None
    return Batch(batch.columns[kept], batch.rewards[kept], batch.weights[kept], batch.positions[kept], batch.even[kept])


def _fitted(batches: Sequence[Batch], columns: Sequence[int], eta: float) -> tuple[Any, Floats]:
    """The posterior of some columns' coefficients, and the log-likelihood of each impression foretold from those before its batch."""
    from bayesianbandits import BayesianGLM, LaplaceApproximator, StabilizedForgetting  # half a second, only here
    from sklearn.exceptions import ConvergenceWarning

    model = BayesianGLM(
        alpha=1.0, link="logit", forgetting=StabilizedForgetting(0.5 ** (1 / HALF_LIFE)),
        approximator=LaplaceApproximator(n_iter=25, tol=1e-8),
    )  # fmt: skip
    foretold, known = list[Floats](), np.zeros(len(columns) + 1)
    for batch in batches:
        rows = np.concatenate([batch.columns[:, columns], np.ones((len(batch.rewards), 1))], axis=1)
        labels = np.minimum(np.maximum(batch.rewards, 0.0) * batch.positions**eta, LARGEST_LABEL)
        odds = rows @ known
        foretold.append(batch.weights * (labels * odds - np.logaddexp(0.0, odds)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the step is far below what is read of it
            model.partial_fit(rows, labels, sample_weight=batch.weights * (1 + np.maximum(-batch.rewards, 0.0)))
        known = np.asarray(model.coef_)
    return model, np.concatenate(foretold)


def position_exponent(batches: Sequence[Batch]) -> float:
    """eta ≥ 0 of the chance j^−eta that place j is looked at, by maximum likelihood (rewards as Poisson counts) over the slates that were
    drawn evenly, where what stands at a place does not depend on the place; 0 under ten rewards there."""
    positions = np.concatenate([batch.positions[batch.even] for batch in batches]) if batches else np.zeros(0, np.int64)
    paid = np.concatenate([batch.rewards[batch.even] > 0 for batch in batches]) if batches else np.zeros(0, bool)
    if paid.sum() < MIN_CLICKS:
        return 0.0
    shown = np.bincount(positions)[1:]
    clicks = np.bincount(positions[paid], minlength=len(shown) + 1)[1:]
    logs = np.log(np.arange(1, len(shown) + 1))
    likelihood = -_EXPONENTS * (clicks @ logs) - clicks.sum() * np.log(np.exp(-_EXPONENTS[:, None] * logs) @ shown)
    return float(_EXPONENTS[int(likelihood.argmax())])


def learn(log: FeedbackLog, until: int | None = None, progress: Progress = silent) -> OnlineHead:
    """The head that the outcomes up to a number give, by default all; decisions whose model failed are another policy's and left out.

    Raises `InvalidInputError` if there are none.
    """
    until, told = newest(log) if until is None else until, list[Batch]()
    for hour, rows in batches(log, until):
        progress(f"Reading the outcomes of {hour[:13]}", len(told), None)
        usable = [row for row in rows if not row["degraded"] and row["candidates"]]
        if usable:
            told.append(_batch(usable))
    return fit(told, FEATURES, until)


def learn_and_keep(log: FeedbackLog, until: int | None = None, progress: Progress = silent) -> OnlineHead:
    """`learn`, and keep the version in the log. Raises `InvalidInputError`, and `ConflictError` if somebody it had learned from was erased meanwhile."""
    until = newest(log) if until is None else until
    outcomes = count_outcomes(log, until)
    head = learn(log, until, progress)
    add_head(log, head.version, head.model_dump(mode="json"), head.outcomes_until, outcomes)
    return head


def _batch(rows: Sequence[Mapping[str, Any]]) -> Batch:
    tables: dict[str, tuple[dict[str, int], Floats]] = {}
    columns = list[Floats]()
    for row in rows:
        if row["decision_id"] not in tables:
            places = {one["id"]: n for n, one in enumerate(row["candidates"])}
            tables[row["decision_id"]] = places, columns_of(signals_of(row["candidates"]), FEATURES)
        places, table = tables[row["decision_id"]]
        columns.append(table[places[row["item_id"]]])
    return Batch(
        np.stack(columns), np.array([row["reward"] for row in rows]), np.array([row["weight"] for row in rows]),
        np.array([row["position"] for row in rows]), np.array([bool(row["even"]) for row in rows]),
    )  # fmt: skip
