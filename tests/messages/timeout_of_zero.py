from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", timeout=0)
async def read_items() -> list[str]:
    return []
