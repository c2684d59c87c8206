"""A first service: path and query parameters, a body and a response model."""

from pydantic import BaseModel

from pronghorn import FastAPI

app = FastAPI(title="Shop", version="1.2.0", docs_url=None)


class Item(BaseModel):
    name: str
    price: float = 0


@app.get("/items/{item_id}", response_model=Item, tags=["items"])
async def read_item(item_id: int, q: str | None = None) -> Item:
    return Item(name=q or str(item_id))


@app.post("/items", status_code=201, summary="Create", response_description="The item")
def create_item(item: Item) -> Item:
    return item


@app.put("/items/{item_id}", deprecated=True, operation_id="replace", name="replace")
def replace_item(item_id: int, item: Item) -> Item:
    return item


@app.delete("/items/{item_id}", status_code=204)
def delete_item(item_id: int) -> None:
    return None


@app.patch("/items/{item_id}", response_model_exclude_unset=True, include_in_schema=False)
@app.head("/items/{item_id}")
@app.options("/items/{item_id}")
@app.trace("/items/{item_id}")
def change_item(item_id: int) -> dict[str, int]:
    return {"item_id": item_id}
