from typing import Annotated

from pronghorn import FastAPI, Path

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: Annotated[int, Path()] = 1) -> int:
    return item_id
