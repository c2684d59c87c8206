from typing import Annotated

from pronghorn import FastAPI, Query

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: Annotated[int, Query()]) -> int:
    return item_id
