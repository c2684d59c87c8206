"""The two endpoints, written for FastAPI."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel


class Item(BaseModel):
    item_id: int
    q: str | None
    limit: int


class NewItem(BaseModel):
    name: str
    price: float
    tags: list[str] = []


app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> Item:
    return Item(item_id=item_id, q=q, limit=limit)


@app.post("/items")
async def create_item(item: NewItem) -> NewItem:
    return item
