"""A program with one mistake."""

from pronghorn import Depends, FastAPI

app = FastAPI()


@app.post("/items")
def create_item(item: str = Depends(str, cache=False)) -> None: ...  # wrong
