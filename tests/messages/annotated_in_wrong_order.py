from typing import Annotated

from pronghorn import FastAPI, Query

app = FastAPI()


@app.get("/items")
async def read_items(limit: Annotated[Query(), int]) -> int:
    return limit
