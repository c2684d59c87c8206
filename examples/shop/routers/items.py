"""The caller's items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pronghorn import APIRouter, Depends, status
from shop.models import Item
from shop.routers.dependencies import CurrentUser, ItemId, Limit, SessionDep, Skip
from shop.schemas.items import ItemChanges, ItemCreate, ItemPublic
from shop.services import items

router = APIRouter(prefix="/items", tags=["items"])


async def get_own_item(item_id: ItemId, user: CurrentUser, session: SessionDep) -> Item:
    """Return the item that the path names; 404 when there is none, 403 when it is another's."""
    return await items.of_owner_by_id(session, user, item_id)


OwnItem = Annotated[Item, Depends(get_own_item)]


@router.post("", response_model=ItemPublic, status_code=status.HTTP_201_CREATED)
async def create_item(form: ItemCreate, user: CurrentUser, session: SessionDep) -> Item:
    """Offer something."""
    return await items.create(session, user, form)


@router.get("", response_model=list[ItemPublic])
async def list_items(
    user: CurrentUser, session: SessionDep, skip: Skip = 0, limit: Limit = 20
) -> Sequence[Item]:
    """Return one page of the caller's items, oldest first."""
    return await items.of_owner(session, user, skip, limit)


@router.get("/{item_id}", response_model=ItemPublic)
async def read_item(item: OwnItem) -> Item:
    """Return one item."""
    return item


@router.patch("/{item_id}", response_model=ItemPublic)
async def change_item(item: OwnItem, changes: ItemChanges, session: SessionDep) -> Item:
    """Change the fields that are sent, and leave the others as they are."""
    return await items.change(session, item, changes)


@router.delete("/{item_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_item(item: OwnItem, session: SessionDep) -> None:
    """Take an item out of the shop."""
    await items.delete(session, item)
