from typing import Annotated

from pronghorn import FastAPI, Header

app = FastAPI()


@app.get("/items")
async def read_items(x_token: Annotated[str, Header]) -> str:
    return x_token
