from pronghorn import FastAPI, Query

app = FastAPI()


@app.get("/items")
async def read_items(limit: int = Query(10, max_length=3)) -> int:
    return limit
