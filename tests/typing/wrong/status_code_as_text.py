"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", status_code="201")  # wrong
def read_items() -> list[str]:
    return []
