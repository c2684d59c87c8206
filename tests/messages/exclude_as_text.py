from pronghorn import FastAPI

app = FastAPI()


@app.get("/items/1", response_model_exclude="secret")
async def read_item() -> dict[str, str]:
    return {"name": "pen"}
