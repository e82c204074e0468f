"""Forgetting a user: what of them is deleted, and what was learned from it."""

from __future__ import annotations

from tastemaker.agent.feedback import heads
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.personal import LogErased
from tastemaker.agent.feedback.schema import ERASURE
from tastemaker.agent.feedback.trials import running
from tastemaker.agent.store import Store
from tastemaker.domain import Shape
from tastemaker.errors import ConflictError, InvalidInputError, UnknownUserError

FIXED = "fixed fusion"
TRIES = 5


class Erasure(Shape):
    """What was deleted of a user, in rows: `events`, whether anything that they had set (`preferences`), turns of conversations, and rows of the log.

    `head`: what serves now in place of a head that had learned from their outcomes, a version fitted anew without them or `fixed fusion` where nothing
    is left to learn from; None if the one that serves had not learned from them. `log.learned_from` are all versions that had: their coefficients are
    deleted, and those that an experiment shows are fitted anew too. Tastes, item factors that name no user, stay until the next `fit`.
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
            _relearned(store.log)  # what an earlier call that was stopped has left
            raise
        events = 0  # one who only talked, or was only shown something, is no unknown user
    head = _relearned(store.log)
    head = None if logged.stopped is None else head or FIXED
    return Erasure(events=events, preferences=preferences, turns=turns, log=logged, head=head)


def _relearned(log: FeedbackLog) -> str | None:
    """Let heads that are fitted to what is left take the place of those that were erased: of each that a running experiment shows, which
    learns from no more than that had, and of the one that served, which is returned, if nothing serves since; None if nothing is left."""
    shown = {arm.head for trial in running(log) for arm in trial.variants.values()}
    for version in sorted(one for one in shown if one):
        if heads.in_force(log, version) is None:
            _refit(log, version, heads.outcomes_until(log, version))
    if (stopped := heads.stopped(log)) is None:
        return None
    if (head := _refit(log, stopped)) is not None:
        heads.serve(log, head, {"kind": ERASURE, "from": stopped})
    return head


def _refit(log: FeedbackLog, erased: str, until: int | None = None) -> str | None:
    """The version that takes the place of `erased`; None where nothing is left to learn from."""
    from tastemaker.agent.online import learn_and_keep  # half a second of imports

    for _ in range(TRIES):
        try:
            head = learn_and_keep(log, until)
        except ConflictError:
            continue  # another was erased meanwhile, whose erasure may have ended before it knew of this one
        except InvalidInputError:
            return None
        if head.version != erased:
            heads.succeed(log, erased, head.version)
        return head.version
    return None
