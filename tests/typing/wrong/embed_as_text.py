"""A program with one mistake."""

from typing import Annotated

from pronghorn import Body, FastAPI

app = FastAPI()


@app.post("/items")
def create_item(item: Annotated[str, Body(embed="yes")]) -> None: ...  # wrong
