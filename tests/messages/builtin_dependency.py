from pronghorn import Depends, FastAPI

app = FastAPI()


@app.get("/items")
async def read_items(first: int = Depends(iter)) -> int:
    return first
