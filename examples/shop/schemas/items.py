"""Items, as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from shop.schemas.types import Description, Id, Name, Price


class ItemCreate(BaseModel):
    """The fields of a new item."""

    name: Name
    description: Description | None = None
    price: Price


class ItemChanges(TypedDict, total=False):
    """The fields of an item that may be changed.

    A key that is absent leaves the field as it is. That is why this is no model with `None` as
    defaults: `null` clears the description, and is refused for a name or a price.
    """

    name: Name
    description: Description | None
    price: Price


class ItemPublic(BaseModel):
    """An item with what the shop added to it."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    owner_id: Id
    name: str
    description: str | None
    price: Decimal
    created_at: datetime
