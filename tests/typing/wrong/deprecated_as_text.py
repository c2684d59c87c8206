"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", deprecated="since 2")  # wrong
def read_items() -> list[str]:
    return []
