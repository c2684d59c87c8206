from pronghorn import FastAPI

app = FastAPI()


@app.get("/items/{item_id:integer}")
async def read_item(item_id: int) -> int:
    return item_id
