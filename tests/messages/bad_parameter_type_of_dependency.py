from pronghorn import Depends, FastAPI

app = FastAPI()


class Plain:
    """Not a model: Pydantic cannot validate it."""


def get_filters(filters: Plain) -> Plain:
    return filters


@app.get("/items")
async def read_items(filters: str = Depends(get_filters)) -> None: ...
