"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get(1)  # wrong
def read_items() -> list[str]:
    return []
