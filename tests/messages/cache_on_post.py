from pronghorn import FastAPI
from pronghorn.cache import Cache, Cached

cache = Cache("mem://")
app = FastAPI()


@app.post("/orders", cache=Cached("30s"))
async def order(item: str) -> str:
    return item
