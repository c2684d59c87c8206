"""A program with one mistake."""

from pronghorn import FastAPI, Query

app = FastAPI()


@app.post("/items")
def create_item(item: str = Query(min_lenght=3)) -> None: ...  # wrong
