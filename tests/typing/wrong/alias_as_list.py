"""A program with one mistake."""

from typing import Annotated

from pronghorn import Cookie, FastAPI

app = FastAPI()


@app.post("/items")
def create_item(item: Annotated[str, Cookie(alias=["a", "b"])]) -> None: ...  # wrong
