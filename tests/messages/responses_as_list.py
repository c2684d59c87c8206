from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", responses=[404])
async def read_items() -> list[str]:
    return []
