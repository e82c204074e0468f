"""What a store knows of a user: read for a request, shown to its owner, edited by them."""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.agent.store import Store
from tastemaker.domain import Event, EventType, Preferences
from tastemaker.errors import UnknownUserError
from tastemaker.retrieval.filters import parse_filter
from tastemaker.retrieval.interests import MAX_LIKES, group
from tastemaker.retrieval.profile import InterestVector, UserProfile, build_profile


def profile_for(store: Store, user_id: str, *, wish: bool) -> UserProfile:
    """What a request needs of a user. Raises `UnknownUserError` if nothing is known and there is no wish to go by."""
    preferences = store.catalogue.preferences(user_id)
    try:
        return build_profile(store.catalogue.history(user_id), preferences=preferences)
    except UnknownUserError:
        if not wish:
            raise
        return build_profile([], preferences=preferences)


def profile_of(store: Store, history: Sequence[str | Event]) -> UserProfile:
    """The profile of a history, oldest first, where an id counts as a like. Raises `UnknownItemError`."""
    events = [
        entry if isinstance(entry, Event) else Event(user_id="anonymous", item_id=entry, type=EventType.LIKE)
        for entry in history
    ]
    store.catalogue.items([event.item_id for event in events if event.item_id is not None])
    return build_profile(events)


def whole_profile(store: Store, user_id: str) -> UserProfile:
    """All that is known of a user, with what it rests on. Raises `UnknownUserError` if that is nothing."""
    preferences = store.catalogue.preferences(user_id)
    try:
        events = store.catalogue.history(user_id)
    except UnknownUserError:
        if preferences is None:
            raise
        events = []
    ids = list(dict.fromkeys(event.item_id for event in events if event.item_id is not None))
    profile = build_profile(events, {item.id: item for item in store.catalogue.items(ids)}, preferences)
    indexed = store.index.place
    liked = [one for one in profile.liked if one in indexed][-MAX_LIKES:]
    groups = group(store.index.vectors(liked)) if liked else []
    vectors = tuple(
        InterestVector(item_id=liked[one.medoid], weight=one.weight, item_ids=tuple(liked[row] for row in one.rows))
        for one in groups
    )
    return profile.model_copy(update={"vectors": vectors})


def prefer(store: Store, user_id: str, preferences: Preferences) -> None:
    """Replace what a user set. Raises `InvalidInputError` for constraints that are no filter, or that name what no item
    has."""
    if preferences.constraints:
        store.catalogue.attributes().matching(parse_filter(preferences.constraints))
    store.catalogue.set_preferences(user_id, preferences)
