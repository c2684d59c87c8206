from pronghorn import FastAPI

app = FastAPI()


@app.api_route("/items", methods="GET")
async def read_items() -> list[str]:
    return []
