from typing import Annotated

from pydantic import BaseModel

from pronghorn import FastAPI, Query

app = FastAPI()


class Page(BaseModel):
    nested: dict[str, int]


@app.get("/items")
async def read_items(page: Annotated[dict[str, Page], Query()]) -> None: ...
