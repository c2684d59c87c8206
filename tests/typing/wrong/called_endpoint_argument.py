"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
def read_item(item_id: int) -> int:
    return item_id


read_item("one")  # wrong
