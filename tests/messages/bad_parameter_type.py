from pronghorn import FastAPI

app = FastAPI()


class Plain:
    """Not a model: Pydantic cannot validate it."""


@app.get("/items/{item_id}")
async def read_item(item_id: int, filters: Plain) -> None: ...
