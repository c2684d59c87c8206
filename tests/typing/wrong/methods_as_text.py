"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.api_route("/items", methods="GET")  # wrong
def read_items() -> list[str]:
    return []
