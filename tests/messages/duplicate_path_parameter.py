from pronghorn import FastAPI

app = FastAPI()


@app.get("/users/{id}/items/{id}")
async def read_item(id: int) -> int:
    return id
