"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.post("/items", max_body_size="1MB")  # wrong
def read_items() -> list[str]:
    return []
