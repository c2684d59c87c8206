"""Items: each belongs to one user, who alone may see, change and delete it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy import delete as remove
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from shop.models import Item
from shop.schemas.items import ItemChanges, ItemCreate
from shop.schemas.users import UserPublic
from shop.services.errors import ItemNotFound, NotYourItem


async def create(session: AsyncSession, owner: UserPublic, form: ItemCreate) -> Item:
    """Add an item that belongs to `owner`."""
    item = Item(owner_id=owner.id, **form.model_dump())
    session.add(item)
    await session.flush()
    return item


def of_owner(owner: UserPublic) -> Select[Any]:
    """Return the statement that selects the items of `owner`."""
    return select(Item).where(Item.owner_id == owner.id)


async def of_owner_by_id(session: AsyncSession, owner: UserPublic, item_id: int) -> Item:
    """Return one item of `owner`. Raises ItemNotFound, NotYourItem."""
    item = await session.get(Item, item_id)
    if item is None:
        raise ItemNotFound
    if item.owner_id != owner.id:
        raise NotYourItem
    return item


async def change(session: AsyncSession, item: Item, changes: ItemChanges) -> Item:
    """Set the fields that `changes` contains, and only those. Raises ItemNotFound."""
    for field, value in changes.items():
        setattr(item, field, value)
    try:
        await session.flush()
    except StaleDataError as error:
        # Another request has deleted the item since this one read it.
        raise ItemNotFound from error
    return item


async def delete(session: AsyncSession, item: Item) -> None:
    """Remove an item. Raises ItemNotFound when another request was faster."""
    statement = remove(Item).where(Item.id == item.id).returning(Item.id)
    if await session.scalar(statement) is None:
        raise ItemNotFound
