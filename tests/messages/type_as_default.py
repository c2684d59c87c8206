from pydantic import BaseModel

from pronghorn import FastAPI


class Item(BaseModel):
    name: str


app = FastAPI()


@app.post("/items")
async def create_item(item: Item = Item) -> Item:
    return item
