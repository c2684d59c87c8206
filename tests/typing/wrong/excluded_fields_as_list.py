"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", response_model_exclude=["price"])  # wrong
def read_items() -> list[str]:
    return []
