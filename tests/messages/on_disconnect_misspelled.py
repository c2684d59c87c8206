from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", on_disconnect="cancle")
async def read_items() -> list[str]:
    return []
