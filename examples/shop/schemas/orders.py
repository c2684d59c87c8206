"""Orders, as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shop.schemas.types import Id

NextState = Literal["packed", "sent", "cancelled"]
State = Literal["placed", NextState]


class OrderCreate(BaseModel):
    """The item that somebody wants."""

    item_id: Id


class OrderChange(BaseModel):
    """The next state of an order."""

    state: NextState


class OrderPublic(BaseModel):
    """An order, for its buyer and its seller."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    buyer_id: Id
    seller_id: Id
    item_name: str
    price: Decimal
    state: State
    created_at: datetime


class OrderEvent(BaseModel):
    """A state that an order has reached."""

    state: State
    at: datetime
