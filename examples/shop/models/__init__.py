"""The tables of the database. Importing this package registers every table with `Base.metadata`."""

from shop.models.base import Base
from shop.models.item import Item
from shop.models.order import Order
from shop.models.outbox import OutboxMessage
from shop.models.user import User

__all__ = ["Base", "Item", "Order", "OutboxMessage", "User"]
