"""Every error that Tastemaker raises on purpose.

::

    TastemakerError
    ├── InvalidInputError        a value that can't be accepted; says which field and why
    │   ├── EmptyHistoryError    nothing to recommend from: no history, no query
    │   ├── TooLargeError        more bytes than one request may hold
    │   └── ConflictError        the same id was used before for something else
    ├── NotFoundError
    │   ├── UnknownUserError
    │   ├── UnknownItemError
    │   ├── UnknownDecisionError
    │   ├── UnknownConversationError
    │   └── UnknownModelError    a request names a model that is not served
    ├── AccessError              the caller may not do this
    │   ├── UnknownKeyError      no key was given, or one that is not known
    │   └── RateLimitError       too many requests; says when to come back
    ├── StoreError               the folder that holds the catalogue can't be used
    │   ├── EmptyCatalogueError
    │   └── EncoderMismatchError the vectors in it were made by another encoder
    ├── DatasetError             a data file is not what it should be; names file and line
    ├── SplitError               data that a track can't be run on; says which and why
    │   └── LeakageError         the answer could be read before it was asked for
    ├── GateError                a head is not promoted; says which check failed
    ├── MissingExtraError        an optional package is needed; names the extra
    ├── ModelNotFoundError       neither a path, nor on the hub, nor packaged
    └── EngineError              the model could not answer
        ├── CutShortError        JSON under a schema that is not whole
        ├── RequestRefusedError  the server says that the request itself is wrong
        ├── EngineUnavailableError
        ├── EngineTimeoutError
        └── ModelMismatchError   the server serves another model
"""

from __future__ import annotations


class TastemakerError(Exception):
    """Root of all errors: what happened, where, and what to do.

    Args:
        what: What happened, as a full sentence without the final stop.
        where: The file, line, id, field or address concerned; may be empty.
        remedy: What the reader can do about it; may be empty.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        text = f"{where}: {what}" if where else what
        super().__init__(f"{text}. {remedy}" if remedy else f"{text}.")

    def as_dict(self) -> dict[str, str]:
        """The JSON form that the CLI prints: type, what, where, remedy."""
        return {"type": type(self).__name__, "what": self.what, "where": self.where, "remedy": self.remedy}


class InvalidInputError(TastemakerError):
    """A value that can't be accepted."""


class EmptyHistoryError(InvalidInputError):
    """Neither a history nor a query was given."""


class TooLargeError(InvalidInputError):
    """A request holds more bytes than one may."""


class ConflictError(InvalidInputError):
    """The same id was used before with another content."""


class NotFoundError(TastemakerError):
    """Something was named that is not in the store."""


class UnknownUserError(NotFoundError):
    """No event of this user is known."""


class UnknownItemError(NotFoundError):
    """No item with this id is in the catalogue, or in the slate that was shown."""


class UnknownDecisionError(NotFoundError):
    """No decision with this id was logged."""


class UnknownConversationError(NotFoundError):
    """No conversation with this id is kept, or it is another user's: which of the two is not said."""


class UnknownModelError(NotFoundError):
    """A request names a model that this server does not serve."""


class AccessError(TastemakerError):
    """The caller may not do this."""


class UnknownKeyError(AccessError):
    """No API key was given, or one that is not known or was revoked."""


class RateLimitError(AccessError):
    """Too many requests: `seconds` until the next one is let in."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", seconds: float = 1.0) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.seconds = seconds


class StoreError(TastemakerError):
    """The store's folder can't be used."""


class EmptyCatalogueError(StoreError):
    """The catalogue holds no item yet."""


class EncoderMismatchError(StoreError):
    """The store's vectors were made by another encoder."""


class DatasetError(TastemakerError):
    """A data file is not what its format says."""


class SplitError(TastemakerError):
    """Interactions can't be divided as the evaluation asks."""


class LeakageError(SplitError):
    """A test row, the future or the answer itself is visible to what is evaluated."""


class GateError(TastemakerError):
    """A head is not promoted: the log does not show, soundly, that it earns more and harms nothing."""


class MissingExtraError(TastemakerError):
    """An optional package is not installed."""


class ModelNotFoundError(TastemakerError):
    """A model is neither a local path, nor on the hub, nor packaged."""


class EngineError(TastemakerError):
    """A language model, or an encoder, could not answer."""


class CutShortError(EngineError):
    """What was to be JSON under a schema is not whole: the model works, but had more to say than it was let."""


class RequestRefusedError(EngineError):
    """The server says that the request itself is wrong."""


class EngineUnavailableError(EngineError):
    """The engine can't be reached or started."""


class EngineTimeoutError(EngineError):
    """The engine did not answer in time."""


class ModelMismatchError(EngineError):
    """The server serves another model than the one asked for."""
