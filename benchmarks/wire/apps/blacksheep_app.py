"""The two endpoints on BlackSheep."""

from dataclasses import dataclass

from blacksheep import Application, FromJSON, get, post
from pydantic import BaseModel


@dataclass
class Item:
    item_id: int
    q: str | None
    limit: int


class NewItem(BaseModel):
    name: str
    price: float
    tags: list[str] = []


app = Application()


@get("/items/{item_id}")
async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> Item:
    return Item(item_id, q, limit)


@post("/items")
async def create_item(item: FromJSON[NewItem]) -> NewItem:
    return item.value
