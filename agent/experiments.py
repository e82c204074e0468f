"""Controlled experiments: who is shown which policy. Users are assigned by hashes alone, so that every process agrees and none remembers.

A layer is all users in an order of its own. Each of its experiments owns a stretch of that order, so a user is in at most one experiment
of a layer; two layers' orders have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import accumulate
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tastemaker.domain import Id, Shape, Text, Time
from tastemaker.errors import InvalidInputError

ROUNDING = 1e-9
"""Shares are decimal fractions that float64 rounds: ten times 0.1 fill a layer."""

Real = Annotated[float, Field(allow_inf_nan=False)]


class Variant(Shape):
    """One arm. What is None is as the call to `recommend` has it.

    `weight` in (0, 1e6] is its part of the experiment's users, relative to the other arms' weights. `tau` in [0, 100] and `epsilon` in [0, 1] are
    those of `tastemaker.agent.policy.Policy`. `head` is the version of a head, which stays as it is. Each arm needs its own learner or a frozen one: a
    head that learns from both arms' clicks carries the treatment into the control, and what is measured is too small. So name one in each arm.
    """

    weight: Real = Field(default=1.0, gt=0, le=1e6)
    tau: Real | None = Field(default=None, ge=0, le=100)
    epsilon: Real | None = Field(default=None, ge=0, le=1)
    head: Id | None = None


class Experiment(Shape):
    """Two or more arms of which the first is the control, written down before anyone is shown anything.

    Its users are the stretch [`offset`, `offset` + `share`) of its layer's order, in [0, 1]. `mde` is the smallest relative change of the
    click rate worth finding, in (0, 1]: 0.05 is five per cent of the control's. The unit is the user; decisions without one take no part.
    Raises `InvalidInputError` for fewer than two arms, a stretch that ends beyond 1, or any number out of its range.
    """

    name: Id
    hypothesis: Text = ""
    layer: Id = "default"
    offset: Real = Field(default=0.0, ge=0, lt=1)
    share: Real = Field(default=1.0, gt=0, le=1)
    variants: dict[Id, Variant] = Field(min_length=2)
    mde: Real = Field(default=0.05, gt=0, le=1)
    started_at: Time = Field(default_factory=lambda: datetime.now(UTC))

    @model_validator(mode="after")
    def _within_the_layer(self) -> Experiment:
        if self.end > 1 + ROUNDING:
            raise PydanticCustomError("share", f"offset and share end at {self.end:g}, beyond the layer's 1")
        return self

    @property
    def end(self) -> float:
        """Where its stretch of the layer ends, in (0, 1]."""
        return self.offset + self.share

    @property
    def control(self) -> str:
        """The name of the first arm."""
        return next(iter(self.variants))


def assign(experiments: Iterable[Experiment], user_id: str | None) -> dict[str, str]:
    """The name of the variant by the name of each experiment that a user is in; empty without a user id.

    BLAKE2b of the layer and the user gives the place in the layer, that of the experiment and the user the arm: even in [0, 1), and
    independent of each other. Experiments of one layer must have been `placed`, else a user may be in two.
    """
    if user_id is None:
        return {}
    return {
        one.name: _arm(one, user_id)
        for one in experiments
        if one.offset <= uniform("layer", one.layer, user_id) < one.end
    }


def uniform(kind: str, salt: str, user_id: str) -> float:
    """A number in [0, 1), always the same for the same three texts and even over users: 53 bits of BLAKE2b."""
    # Ids have no NUL, so no two triples are the same bytes.
    text = f"{kind}\0{salt}\0{user_id}".encode("utf-8", "surrogatepass")
    return (int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 11) / 2**53


def _arm(experiment: Experiment, user_id: str) -> str:
    ends = list(accumulate(one.weight for one in experiment.variants.values()))
    at = uniform("variant", experiment.name, user_id) * ends[-1]
    return next(name for name, end in zip(experiment.variants, ends, strict=True) if at < end)


def placed(running: Iterable[Experiment], new: Experiment, taken: Collection[str] = ()) -> Experiment:
    """`new` with the first free `offset` of its layer; `running` are the experiments that hold theirs.

    `taken` are further names that are not free any more: a stopped experiment gives its place back, but its log keeps its name.
    Raises `InvalidInputError` if no gap of the layer is as wide as `new.share`, or the name is taken.
    """
    held = list(running)
    if new.name in {one.name for one in held} or new.name in taken:
        raise InvalidInputError(
            "is the name of another experiment, running or stopped", where=f"experiment {new.name!r}",
            remedy="Give each experiment a name of its own",
        )  # fmt: skip
    start, widest = 0.0, 0.0
    beside = sorted((one.offset, one.end) for one in held if one.layer == new.layer)
    for offset, end in [*beside, (1.0, 1.0)]:
        if new.share <= offset - start + ROUNDING and start < 1:
            return new.model_copy(update={"offset": start, "share": min(new.share, offset - start)})
        widest, start = max(widest, offset - start), max(start, end)
    raise InvalidInputError(
        f"has no free stretch of {new.share:g}", where=f"layer {new.layer!r}",
        remedy=f"Take a share of at most {int(widest * 1000) / 1000:g}, stop an experiment, or use another layer",
    )  # fmt: skip
