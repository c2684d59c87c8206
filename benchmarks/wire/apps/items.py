"""What the programs validate whose framework leaves that to them."""

from pydantic import BaseModel


class Item(BaseModel):
    item_id: int
    q: str | None = None
    limit: int = 10


class NewItem(BaseModel):
    name: str
    price: float
    tags: list[str] = []
