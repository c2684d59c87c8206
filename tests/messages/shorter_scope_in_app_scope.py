from typing import Annotated

from pronghorn import Depends, FastAPI


def get_size() -> int:
    return 5


def open_pool(size: Annotated[int, Depends(get_size)]) -> list[int]:
    return [size]


app = FastAPI()


@app.get("/items")
def read_items(pool: Annotated[list[int], Depends(open_pool, scope="app")]) -> list[int]:
    return pool
