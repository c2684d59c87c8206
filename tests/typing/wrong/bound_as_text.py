"""A program with one mistake."""

from pronghorn import FastAPI, Path

app = FastAPI()


@app.post("/items")
def create_item(item: str = Path(gt="0")) -> None: ...  # wrong
