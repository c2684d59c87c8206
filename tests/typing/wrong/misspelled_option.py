"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", respons_model=list[str])  # wrong
def read_items() -> list[str]:
    return []
