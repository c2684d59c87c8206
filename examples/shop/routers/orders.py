"""Orders, and a stream of the states that one reaches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pronghorn import APIRouter, Depends, status
from pronghorn.channels import BoundChannel, Feed, Subscribe
from pronghorn.responses import EventSourceResponse
from shop.core.database import Session
from shop.core.work import channels
from shop.models import Order
from shop.routers.dependencies import CurrentUser, OrderId
from shop.schemas.orders import OrderChange, OrderCreate, OrderEvent, OrderPublic
from shop.services import orders

router = APIRouter(prefix="/orders", tags=["orders"])
NO_ITEM: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such item"}}
NO_ORDER: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such order"}}
CONFLICTS: dict[int | str, dict[str, Any]] = {
    403: {"description": "The caller is the buyer"},
    409: {"description": "The order cannot reach this state"},
}


async def get_own_order(order_id: OrderId, user: CurrentUser) -> OrderPublic:
    """Return the order that the path names; 404 unless the caller is its buyer or seller."""
    return await orders.of_party(user, order_id)


OwnOrder = Annotated[OrderPublic, Depends(get_own_order)]


async def find_progress(order: OwnOrder) -> BoundChannel[OrderEvent]:
    """Return the channel of the order that the path names."""
    return orders.progress(order.id)


@router.post("", response_model=OrderPublic, status_code=status.HTTP_201_CREATED, responses=NO_ITEM)
async def place_order(form: OrderCreate, user: CurrentUser, session: Session) -> Order:
    """Order an item."""
    return await orders.place(session, user, form)


@router.get("/{order_id}", responses=NO_ORDER)
async def read_order(order: OwnOrder) -> OrderPublic:
    """Return one order."""
    return order


@router.patch("/{order_id}", response_model=OrderPublic, responses=NO_ORDER | CONFLICTS)
async def move_order(
    order_id: OrderId, change: OrderChange, user: CurrentUser, session: Session
) -> Order:
    """Bring an order into its next state, as its seller."""
    return await orders.move(session, user, order_id, change.state)


@router.get("/{order_id}/events", response_class=EventSourceResponse, responses=NO_ORDER)
async def follow_order(
    feed: Annotated[Feed[OrderEvent], Subscribe(channels, find_progress)],
) -> AsyncIterator[OrderEvent]:
    """Stream the states that an order reaches, up to the final one.

    The stream begins now, with `?after=0` at the beginning, and after a lost connection where it
    was: clients send the id of the last event as `Last-Event-ID`.
    """
    async for event in feed:
        yield event
        if event.state in orders.FINAL:
            return
