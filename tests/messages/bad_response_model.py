from pronghorn import FastAPI

app = FastAPI()


class Plain:
    """Not a model: Pydantic cannot serialise it."""


@app.get("/items")
async def read_items() -> list[Plain]:
    return []
