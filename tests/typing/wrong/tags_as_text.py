"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", tags="items")  # wrong
def read_items() -> list[str]:
    return []
