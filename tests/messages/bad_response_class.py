from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", response_class="JSONResponse")
async def read_items() -> list[str]:
    return []
