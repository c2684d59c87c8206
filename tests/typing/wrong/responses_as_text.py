"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", responses={404: "Not found"})  # wrong
def read_items() -> list[str]:
    return []
