from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


@app.get("/items")
async def read_items(user: Annotated[str, Depends]) -> str:
    return user
