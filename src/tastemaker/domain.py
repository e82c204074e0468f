"""The shapes that cross the rooms: items, events, candidates, recommendations.

Shapes that come from outside are frozen pydantic models that refuse unknown fields; a refusal is an
`InvalidInputError`. Ids are strings. Times are timezone-aware UTC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tastemaker.errors import InvalidInputError

MAX_ID_CHARS = 256
MAX_TITLE_CHARS = 2_000
MAX_TEXT_CHARS = 20_000
"""Longest description, query or history text that is accepted; longer ones are refused, not cut."""

_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
_BAD_ID = re.compile(r"[\s/\\\x00-\x1f\x7f]")


def check_text(text: Any) -> Any:
    """Return `text` unchanged, or raise if it is a string with a NUL or a lone surrogate.

    Neither survives a database, a tokenizer or UTF-8, so they are refused at the door.
    """
    for position, char in enumerate(text if isinstance(text, str) else ""):
        if char == "\x00" or "\ud800" <= char <= "\udfff":
            kind = "a NUL character" if char == "\x00" else f"a lone surrogate (U+{ord(char):04X})"
            raise PydanticCustomError("text", f"holds {kind} at position {position}; remove it")
    return text


def check_id(value: str) -> str:
    """Return `value` unchanged, or raise if it is not usable as an id in URLs, logs and shells."""
    if bad := _BAD_ID.search(value):
        raise PydanticCustomError(
            "id", f"holds {bad.group()!r} at position {bad.start()}; an id has no spaces, slashes or control characters"
        )
    return value


def check_shown(value: str) -> str:
    """Return `value` unchanged, or raise if nothing of it is seen: encoders, models and people would read nothing."""
    if blank(value):
        raise PydanticCustomError("blank", "is blank: only spaces, control or format characters")
    return value


def blank(text: str) -> bool:
    """Whether a text has nothing but spaces, control and format characters."""
    return all(char.isspace() or unicodedata.category(char) in _UNSEEN for char in text)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, or raise if that is outside of the years 1 to 9999."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time", "is outside of the years 1 to 9999 in UTC") from None


Text = Annotated[str, Field(max_length=MAX_TEXT_CHARS), BeforeValidator(check_text)]
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS), BeforeValidator(check_text), AfterValidator(check_id)]
Title = Annotated[
    str, Field(min_length=1, max_length=MAX_TITLE_CHARS), BeforeValidator(check_text), AfterValidator(check_shown)
]
Time = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A moment with a time zone, kept in UTC."""
Attribute = str | int | float | bool | tuple[str, ...]


class Shape(BaseModel):
    """Base of all shapes at the doors: frozen, no unknown fields, refusals are `InvalidInputError`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    if not TYPE_CHECKING:  # type checkers see pydantic's own signatures

        def __init__(self, /, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise invalid_input(error, type(self).__name__, data) from error

        @classmethod
        def model_validate(cls, obj: Any, **options: Any) -> Any:
            """As pydantic's; a refusal is an `InvalidInputError`."""
            try:
                return super().model_validate(obj, **options)
            except ValidationError as error:
                raise invalid_input(error, cls.__name__, obj) from error


def invalid_input(error: ValidationError, shape: str, data: Any = None) -> InvalidInputError:
    """Turn pydantic's report into one sentence that names the shape, its id if it has one, and each field."""
    named = data.get("id") if isinstance(data, Mapping) else None
    where = f"{shape} {str(named)[:80]!r}" if named else shape
    faults = "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}"
        for fault in error.errors(include_url=False)[:5]
    )
    return InvalidInputError(
        faults.encode("utf-8", "replace").decode(), where=where.encode("utf-8", "replace").decode()
    )


class Item(Shape):
    """Something that can be recommended.

    `attributes` are typed scalars or lists of strings (price, duration, author, …). The id is the catalogue's own.
    """

    id: Id
    title: Title
    description: Text = ""
    categories: tuple[Title, ...] = ()
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    created_at: Time | None = None
    url: Text | None = None
    image_url: Text | None = None
    language: Text | None = None


class EventType(StrEnum):
    """What a user did: browsing, search, social, preference, commerce."""

    VIEW = "view"
    CLICK = "click"
    DWELL = "dwell"
    SEARCH = "search"
    FOLLOW = "follow"
    SHARE = "share"
    COMMENT = "comment"
    LIKE = "like"
    DISLIKE = "dislike"
    RATING = "rating"
    SKIP = "skip"
    CART = "cart"
    PURCHASE = "purchase"


EVENT_WEIGHTS: dict[EventType, float] = {
    EventType.VIEW: 0.2,
    EventType.CLICK: 0.4,
    EventType.DWELL: 0.3,
    EventType.SEARCH: 0.5,
    EventType.FOLLOW: 0.8,
    EventType.SHARE: 0.8,
    EventType.COMMENT: 0.5,
    EventType.LIKE: 1.0,
    EventType.DISLIKE: -1.0,
    EventType.RATING: 0.0,
    EventType.SKIP: -0.3,
    EventType.CART: 0.8,
    EventType.PURCHASE: 1.0,
}
"""Sign and default weight of each event type in [-1, 1]; a rating's weight comes from its value."""
DAY_S = 86_400


class Event(Shape):
    """One thing that a user did. A `search` has `text`; all others have `item_id`; a `rating` has `value` in 0.5–5."""

    user_id: Id
    item_id: Id | None = None
    type: EventType
    value: float | None = Field(default=None, allow_inf_nan=False)
    timestamp: Time = Field(default_factory=lambda: datetime.now(UTC))
    text: Text | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _complete(self) -> Event:
        if self.type is EventType.SEARCH:
            if blank(self.text or ""):
                raise PydanticCustomError("event", "a search needs a text")
        elif self.item_id is None:
            raise PydanticCustomError("event", f"a {self.type.value} needs an item_id")
        if self.type is EventType.RATING and not 0.5 <= (self.value or 0) <= 5:
            raise PydanticCustomError("event", "a rating needs a value from 0.5 to 5")
        if self.type is EventType.DWELL and not 0 <= (self.value or 0) <= DAY_S:
            raise PydanticCustomError("event", "a dwell's value is its seconds, from 0 to 86,400")
        return self

    @property
    def weight(self) -> float:
        """Preference that this event shows, in [-1, 1]: the table's, or (rating − 3) / 2, at least −1."""
        if self.type is EventType.RATING and self.value is not None:
            return max(-1.0, (self.value - 3) / 2)
        return EVENT_WEIGHTS[self.type]


class Preferences(Shape):
    """What a user says of themselves, which wins over what their events show.

    `constraints` is a hard filter on everything they are shown, in the grammar of `tastemaker.retrieval.filters`;
    `avoided` are categories that they are never shown; `languages` are theirs, the first one that of reasons.
    """

    constraints: dict[str, Any] = Field(default_factory=dict)
    avoided: tuple[Title, ...] = ()
    languages: tuple[Text, ...] = ()


class Reason(StrEnum):
    """Why the model read fewer candidates than it was to; those that it did not read keep the prior's order.

    `budget`: there was no time for them. The others: the engine can't be reached, was too slow, or gave what is no answer.
    """

    BUDGET = "budget"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_TIMEOUT = "engine_timeout"
    ENGINE_ERROR = "engine_error"


class Evidence(Shape):
    """What supports a reason; a sentence may say nothing that none of it holds.

    `kind` is `history` (an item that the user chose), `shared` (a category or attribute that the item has in common with one
    of those), `query`, `condition` (a hard filter that the item passes), `popular`, `exploration` (drawn by chance), `unseen`
    (nobody had it yet), or `sponsored` (the catalogue says that its place is paid for). `text` is what may be said: a
    title, a value, the user's words.

    Of `history`: `event` is what the user did with `item_id`; `near` says that of what is new to the user no more
    than a tenth of the catalogue is closer to it, `together` that those who had it had the item more often than others; `drop` is what the item's fused
    score loses without it and `rank_without` the item's rank then, by counterfactual. Of `shared`: `item_id` is the item of
    the history, `field` is `category` or the attribute's name.
    """

    id: str
    kind: str
    text: str
    item_id: str | None = None
    field: str | None = None
    event: EventType | None = None
    near: bool = False
    together: bool = False
    drop: float | None = None
    rank_without: int | None = None


class RankedItem(Shape):
    """One item of a slate, with where its place came from.

    `prior_rank` and `rank` count from 1. `llm_logprob` is the model's score in nats per token, after the neutral term.
    `fused_from` holds the head's inputs: standardised prior and model score.
    """

    id: str
    title: str
    rank: int
    score: float
    prior_rank: int
    llm_logprob: float | None = None
    fused_from: dict[str, float] = Field(default_factory=dict)
    sources: dict[str, float] = Field(default_factory=dict)
    explanation: str = ""
    explanation_source: str = ""
    evidence: tuple[Evidence, ...] = ()


class Recommendation(Shape):
    """A slate, as it was logged before it was returned. `timings` are in seconds."""

    decision_id: str
    user_id: str | None
    items: tuple[RankedItem, ...]
    policy_version: str
    engine: str
    model: str
    log_propensity: float
    degraded: Reason | None = None
    truncated_ids: tuple[str, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)


class RerankedDocument(Shape):
    """One document of a `rerank`: its place in the input, its score in (0, 1), and what the prior and the model said.

    `prior` is the encoder's cosine in [-1, 1].
    """

    index: int
    text: str
    rank: int
    score: float
    prior: float
    prior_rank: int
    llm_logprob: float | None = None
    degraded: Reason | None = None


class Explanation(Shape):
    """The reason for one item of a slate, with what it rests on.

    `source` is `model` or `template`; `refused` says why sentences that the model wrote were not shown.
    """

    item_id: str
    rank: int
    text: str
    source: str
    language: str
    evidence: tuple[Evidence, ...] = ()
    refused: tuple[str, ...] = ()


class Contrast(Shape):
    """Why an item was not shown, in words and as a `kind`: `shown` (it was), `seen`, `condition`, `same_title`,
    `ranked_lower`, `not_read` or `far`.

    `place` is its rank where that says something, from 1; `failed` are the hard conditions that it does not meet.
    """

    item_id: str
    kind: str
    text: str
    place: int | None = None
    failed: tuple[str, ...] = ()


class RewardReceipt(Shape):
    """A stored reward, and the impression that it joins. `duplicate`: the same event was stored before. `orphan`: its decision is
    not in the log (yet), so it has no `position`; it counts once the decision is there."""

    event_id: str
    decision_id: str
    item_id: str
    position: int | None
    type: EventType
    reward: float
    duplicate: bool = False
    orphan: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be shown, with its prior. `sources` maps a source's name to its 1-based rank there."""

    item: Item
    prior: float
    prior_rank: int
    sources: dict[str, int] = field(default_factory=dict)


def item_text(item: Item) -> str:
    """The item in one line, as encoders and models read it: title, categories, description.

    Line breaks, control and format characters become spaces: an item's text is data and may not shape a prompt.
    """
    parts = [item.title, ", ".join(item.categories), item.description]
    return ". ".join(part for part in map(one_line, parts) if part)


def one_line(text: str, limit: int = 2_000) -> str:
    """`text` without control or format characters, in one line, cut to `limit` characters."""
    kept = "".join(" " if unicodedata.category(char) in _UNSEEN else char for char in text[: 4 * limit])
    return " ".join(kept.split())[:limit]
