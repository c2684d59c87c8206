"""The caller's items."""

from __future__ import annotations

from typing import Annotated, Any

from pronghorn import APIRouter, Depends, status
from pronghorn.sql import Cursor, Keyset, Page
from shop.core.config import settings
from shop.core.database import Session
from shop.models import Item
from shop.routers.dependencies import CurrentUser, ItemId
from shop.schemas.items import ItemChanges, ItemCreate, ItemPublic
from shop.services import items

router = APIRouter(prefix="/items", tags=["items"])
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such item"}}


async def get_own_item(item_id: ItemId, user: CurrentUser, session: Session) -> Item:
    """Return the item that the path names; 404 when there is none, 403 when it is another's."""
    return await items.of_owner_by_id(session, user, item_id)


OwnItem = Annotated[Item, Depends(get_own_item)]
ItemPage = Annotated[Cursor, Keyset(Item.id.asc(), limit=20, key=settings.secret_key)]


@router.post("", response_model=ItemPublic, status_code=status.HTTP_201_CREATED)
async def create_item(form: ItemCreate, user: CurrentUser, session: Session) -> Item:
    """Offer something."""
    return await items.create(session, user, form)


@router.get("")
async def list_items(user: CurrentUser, session: Session, page: ItemPage) -> Page[ItemPublic]:
    """Return one page of the caller's items, oldest first."""
    return await page.of(session, items.of_owner(user))


@router.get("/{item_id}", response_model=ItemPublic, responses=NOT_FOUND)
async def read_item(item: OwnItem) -> Item:
    """Return one item."""
    return item


@router.patch("/{item_id}", response_model=ItemPublic, responses=NOT_FOUND)
async def change_item(item: OwnItem, changes: ItemChanges, session: Session) -> Item:
    """Change the fields that are sent, and leave the others as they are."""
    return await items.change(session, item, changes)


@router.delete("/{item_id}", status_code=status.HTTP_204_NO_CONTENT, responses=NOT_FOUND)
async def delete_item(item: OwnItem, session: Session) -> None:
    """Take an item out of the shop."""
    await items.delete(session, item)
