"""The tables. Importing this package registers every table with `Base.metadata`."""

from app.models.base import Base
from app.models.item import Item

__all__ = ["Base", "Item"]
