"""Models for the programs whose frameworks leave validation to them."""

from pydantic import BaseModel


class Item(BaseModel):
    item_id: int
    q: str | None = None
    limit: int = 10


class NewItem(BaseModel):
    name: str
    price: float
    tags: list[str] = []
