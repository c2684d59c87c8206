from pronghorn import FastAPI, Query

app = FastAPI()


@app.get("/items")
async def read_items(q: str = Query) -> str:
    return q
