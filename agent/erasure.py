"""Forgetting a user: what of them is deleted, and what was learned from it."""

from __future__ import annotations

from tastemaker.agent.feedback import heads
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.personal import LogErased
from tastemaker.agent.store import Store
from tastemaker.domain import Shape
from tastemaker.errors import InvalidInputError, UnknownUserError

FIXED = "fixed fusion"


class Erasure(Shape):
    """What was deleted of a user, in rows: `events`, whether anything that they had set (`preferences`), turns of conversations, and rows of the log.

    `head`: what serves now in place of a head that had learned from their outcomes, a version fitted anew without them or `fixed fusion` where nothing
    is left to learn from; None if the one that serves had not learned from them. Earlier versions that had, `log.learned_from`, are kept:
    they are a few coefficients over all users. So are tastes, item factors that name no user, until the next `fit`.
    """

    events: int = 0
    preferences: bool = False
    turns: int = 0
    log: LogErased = LogErased()
    head: str | None = None


def erase(store: Store, user_id: str, item_id: str | None = None) -> Erasure:
    """Delete all of a user, or their events on one item. Done again it goes on where it was stopped; a head that had
    learned from them serves no more from the first on, whatever comes of fitting another.

    Raises `UnknownUserError` if there was nothing.
    """
    if item_id is not None:
        return Erasure(events=store.catalogue.erase(user_id, item_id))
    turns = store.memory.erase_user(user_id)
    logged = store.log.erase_user(user_id)
    preferences = store.catalogue.preferences(user_id) is not None
    try:
        events = store.catalogue.erase(user_id)
    except UnknownUserError:
        if not (turns or logged.decisions):
            raise
        events = 0  # one who only talked, or was only shown something, is no unknown user
    head = _relearned(store.log, logged.stopped)
    return Erasure(events=events, preferences=preferences, turns=turns, log=logged, head=head)


def _relearned(log: FeedbackLog, stopped: str | None) -> str | None:
    """Let a head that is fitted to what is left serve in place of the one that had learned from what is gone."""
    if stopped is None:
        return None
    from tastemaker.agent.online import learn  # half a second of imports

    try:
        head = learn(log)
    except InvalidInputError:
        return FIXED
    heads.add_head(log, head.version, head.model_dump(mode="json"), head.outcomes_until)
    heads.serve(log, head.version, {"kind": "erasure", "from": stopped})
    return head.version
