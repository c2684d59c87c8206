"""Constant answers on pronghorn: what the server and the routing take of a request."""

from typing import Any

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items/42")
async def read_item() -> Any:
    return {"item_id": 42, "q": "hello", "limit": 10}


@app.post("/items")
async def create_item() -> Any:
    return {"name": "pen", "price": 2.5, "tags": ["blue", "thin"]}
