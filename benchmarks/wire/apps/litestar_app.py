"""The two endpoints on Litestar, with the msgspec types that its documentation prefers."""

import msgspec
from litestar import Litestar, get, post


class Item(msgspec.Struct):
    item_id: int
    q: str | None
    limit: int


class NewItem(msgspec.Struct):
    name: str
    price: float
    tags: list[str] = []


@get("/items/{item_id:int}")
async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> Item:
    return Item(item_id, q, limit)


@post("/items", status_code=200)
async def create_item(data: NewItem) -> NewItem:
    return data


app = Litestar([read_item, create_item], logging_config=None)
