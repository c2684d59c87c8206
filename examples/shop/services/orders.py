"""Orders: a buyer places one, its seller moves it on, and both can follow it."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels import Channel
from shop.core.database import db
from shop.core.work import channels
from shop.models import Item, Order
from shop.models.base import utc_now
from shop.schemas.orders import NextState, OrderCreate, OrderEvent, OrderPublic, State
from shop.schemas.users import UserPublic
from shop.services.errors import ItemNotFound, NotTheSeller, OrderNotFound, WrongState

BEFORE: dict[NextState, tuple[State, ...]] = {
    "packed": ("placed",),
    "sent": ("packed",),
    "cancelled": ("placed", "packed"),
}
"""The states from which an order reaches another one."""

FINAL: set[State] = {"sent", "cancelled"}
"""The states that an order keeps."""

progress = Channel("order:{order_id}", OrderEvent, ttl="30d")
"""The states that an order has reached, oldest first."""

find = db.prepare(select(Order).where(Order.id == bindparam("order_id")), OrderPublic)


async def place(session: AsyncSession, buyer: UserPublic, form: OrderCreate) -> Order:
    """Order an item of anybody. Raises ItemNotFound."""
    item = await session.get(Item, form.item_id)
    if item is None:
        raise ItemNotFound
    order = Order(
        buyer_id=buyer.id,
        seller_id=item.owner_id,
        item_name=item.name,
        price=item.price,
        state="placed",
    )
    session.add(order)
    await session.flush()
    await _tell(session, order.id, "placed")
    return order


async def of_party(user: UserPublic, order_id: int) -> OrderPublic:
    """Return an order that `user` has placed, or has to deliver. Raises OrderNotFound.

    It takes no session, so that whoever follows an order for hours holds no connection.
    """
    order = await find.one_or_none(order_id=order_id)
    if order is None or user.id not in {order.buyer_id, order.seller_id}:
        raise OrderNotFound
    return order


async def move(session: AsyncSession, seller: UserPublic, order_id: int, state: NextState) -> Order:
    """Bring an order into its next state. Raises OrderNotFound, NotTheSeller, WrongState."""
    order = await session.get(Order, order_id)
    if order is None or seller.id not in {order.buyer_id, order.seller_id}:
        raise OrderNotFound
    if order.seller_id != seller.id:
        raise NotTheSeller
    # One statement looks and changes: of two requests at once, the second finds the new state.
    change = update(Order).where(Order.id == order.id, Order.state.in_(BEFORE[state]))
    moved = await session.scalar(change.values(state=state).returning(Order.id))
    await session.refresh(order)
    if moved is None:
        raise WrongState(order.state, state)
    await _tell(session, order.id, state)
    return order


async def _tell(session: AsyncSession, order_id: int, state: State) -> None:
    """Tell all who follow an order, in the transaction that changes it."""
    event = OrderEvent(state=state, at=utc_now())
    await channels.publish(progress(order_id), event, session=session)
