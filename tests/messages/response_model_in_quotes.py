from pydantic import BaseModel

from pronghorn import FastAPI


class Item(BaseModel):
    name: str


app = FastAPI()


@app.get("/items/1", response_model="Item")
async def read_item() -> dict[str, str]:
    return {"name": "pen"}
