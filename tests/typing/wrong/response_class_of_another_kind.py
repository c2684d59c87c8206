"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", response_class=dict)  # wrong
def read_items() -> list[str]:
    return []
