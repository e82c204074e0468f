"""`GET /v1/items`: what the catalogue says of some items, for cards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tastemaker.domain import Id, Item
from tastemaker.errors import InvalidInputError
from tastemaker.server.access import Core, Reader, in_thread
from tastemaker.server.errors import RESPONSES

router = APIRouter(tags=["recommend"], responses=RESPONSES)
MOST = 200


class Items(BaseModel):
    """The items of the ids that were asked for, in that order; those that the catalogue lacks are left out."""

    items: list[Item]


@router.get("/v1/items")
async def items(caller: Reader, core: Core, id: Annotated[list[Id], Query()]) -> Items:
    """Items by id, up to 200 at once."""
    if len(id) > MOST:
        raise InvalidInputError(f"names {len(id)} items, more than {MOST}", where="id", remedy="Ask in parts")
    wanted = list(dict.fromkeys(id))
    there = await in_thread(core.store.catalogue.titles, wanted)
    found = await in_thread(core.store.catalogue.items, [one for one in wanted if one in there])
    return Items(items=found)
