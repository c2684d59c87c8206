from pydantic import BaseModel

from pronghorn import FastAPI


class Item(BaseModel):
    name: str


app = FastAPI()


@app.get("/items/1", response_class=Item)
async def read_item() -> Item:
    return Item(name="pen")
