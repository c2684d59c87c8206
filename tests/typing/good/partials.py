"""Shared options, as keywords and as a partial function."""

from functools import partial
from typing import Any

from pronghorn import FastAPI, Query

app = FastAPI()
common: dict[str, Any] = {"tags": ["items"], "response_model_exclude_none": True}
get_item = partial(app.get, status_code=200, response_model_exclude_none=True)
Limit = partial(Query, ge=1, le=100)


@app.get("/items", **common)
def read_items(limit: int = Limit(10)) -> list[int]:
    return [limit]


@get_item("/items/{item_id}", summary="One item")
def read_item(item_id: int) -> int:
    return item_id


number: int = read_item(1)
