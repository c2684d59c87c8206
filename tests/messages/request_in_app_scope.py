from typing import Annotated

from pronghorn import Depends, FastAPI, Header


def get_tenant(x_tenant: Annotated[str, Header()]) -> str:
    return x_tenant


def open_pool(tenant: Annotated[str, Depends(get_tenant)]) -> list[str]:
    return [tenant]


app = FastAPI()


@app.get("/items")
def read_items(pool: Annotated[list[str], Depends(open_pool, scope="app")]) -> list[str]:
    return pool
