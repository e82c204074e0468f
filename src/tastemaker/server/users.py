"""`/v1/users/{id}`: what is known of a user, to read, correct, take along, and erase."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from tastemaker.agent.erasure import Erasure
from tastemaker.domain import Id, Preferences, Text, Title
from tastemaker.errors import UnknownUserError
from tastemaker.retrieval.profile import UserProfile
from tastemaker.server.access import Admin, Core, Reader, Writer, in_thread
from tastemaker.server.chat import exported_of
from tastemaker.server.errors import RESPONSES

router = APIRouter(prefix="/v1/users", tags=["users"], responses=RESPONSES)
TITLES = 2_000


class Profile(BaseModel):
    """All that is known of a user; `titles` names the items that it speaks of."""

    user_id: str
    profile: UserProfile
    preferences: Preferences
    titles: dict[str, str]


class PreferencesPatch(BaseModel):
    """What the user sets anew; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    constraints: dict[str, Any] | None = None
    avoided: list[Title] | None = None
    languages: list[Text] | None = None


class Erased(Erasure):
    """What was deleted, and `tastes`: `refit`, or `kept until the next fit`; those are item factors, which name no user."""

    tastes: str


@router.get("/{user_id}")
async def profile(user_id: Id, caller: Reader, core: Core) -> Profile:
    """Interests with what supports them, likes, dislikes, searches, and what the user set."""
    inner = caller.user(user_id)
    found = await core.profile(inner)
    ids = [*found.seen[-TITLES:], *(one.item_id for one in found.vectors)]
    titles = await in_thread(core.store.catalogue.titles, ids)
    return Profile(user_id=user_id, profile=found, preferences=await core.preferences(inner), titles=titles)


@router.patch("/{user_id}")
async def prefer(user_id: Id, body: PreferencesPatch, caller: Writer, core: Core) -> Preferences:
    """Set constraints, avoided categories or languages, which limit everything that the user is shown from now on."""
    inner = caller.user(user_id)
    before = (await core.preferences(inner)).model_dump()
    wanted = Preferences(**before | body.model_dump(exclude_none=True))
    await core.prefer(inner, wanted)
    return wanted


@router.get("/{user_id}/export")
async def export(user_id: Id, caller: Reader, core: Core) -> dict[str, Any]:
    """Everything that is kept of a user: events, preferences, conversations, and the log of what they were shown."""
    inner = caller.user(user_id)
    logged = await in_thread(core.store.log.export_user, inner)
    conversations = await in_thread(core.store.memory.ids_of, inner)
    preferences = await core.preferences(inner)
    try:
        events = await in_thread(core.store.catalogue.history, inner)
    except UnknownUserError:
        if not (logged or conversations or preferences != Preferences()):
            raise
        events = []

    def outside(told: dict[str, Any], name: str) -> dict[str, Any]:
        """With a text in which an id of the caller's may stand, as they know it."""
        return told if told[name] is None else told | {name: told[name].replace(caller.prefix, "")}

    return {
        "user_id": user_id,
        "preferences": preferences.model_dump(mode="json"),
        "events": [outside(one.model_dump(mode="json"), "source") | {"user_id": user_id} for one in events],
        "conversations": [await exported_of(caller, core, caller.outward(one), user_id) for one in conversations],
        "decisions": [
            one | {"user_id": user_id, "feedback": [outside(row, "event_id") for row in one["feedback"]]}
            for one in logged
        ],
    }


@router.delete("/{user_id}")
async def erase(user_id: Id, request: Request, caller: Admin, core: Core, refit: bool = False) -> Erased:
    """Delete everything of a user, and say what that was. `refit`: also learn the tastes anew."""
    inner = caller.user(user_id)
    found = await core.erase(inner)
    await in_thread(request.app.state.resent.erase, inner)
    if refit:
        await core.fit()
    return Erased(**found.__dict__, tastes="refit" if refit else "kept until the next fit")


@router.delete("/{user_id}/items/{item_id}")
async def forget(user_id: Id, item_id: Id, caller: Writer, core: Core) -> Erasure:
    """Delete what the user did with one item."""
    return await core.erase(caller.user(user_id), item_id)
