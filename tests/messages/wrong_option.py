from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", respons_model=list[str])
async def read_items() -> list[str]:
    return []
