from pronghorn import FastAPI
from pronghorn.cache import Cache

cache = Cache("mem://")
app = FastAPI()


@app.get("/prices", cache=cache)
async def read_prices() -> list[int]:
    return [1]
