from pronghorn import FastAPI

app = FastAPI()


@app.api_route("/items", methods=[1])
async def read_items() -> list[str]:
    return []
