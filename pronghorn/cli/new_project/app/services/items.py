"""Items: add, find, change, delete."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Item
from app.schemas.items import ItemIn


class ItemNotFound(Exception):
    """There is no item with this id."""


async def add(session: AsyncSession, form: ItemIn) -> Item:
    """Add an item and return it."""
    item = Item(**form.model_dump())
    session.add(item)
    await session.flush()  # Sends the INSERT. A name that is taken becomes a 409.
    return item


async def find(session: AsyncSession, item_id: int) -> Item:
    """Return the item with this id. Raises ItemNotFound."""
    item = await session.get(Item, item_id)
    if item is None:
        raise ItemNotFound
    return item


async def change(session: AsyncSession, item_id: int, form: ItemIn) -> Item:
    """Replace the fields of an item. Raises ItemNotFound."""
    item = await find(session, item_id)
    for field, value in form:
        setattr(item, field, value)
    await session.flush()
    return item


async def remove(session: AsyncSession, item_id: int) -> None:
    """Delete an item. Raises ItemNotFound."""
    if await session.scalar(delete(Item).where(Item.id == item_id).returning(Item.id)) is None:
        raise ItemNotFound
