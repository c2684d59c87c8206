from pronghorn import FastAPI

app = FastAPI()


@app.get
async def read_items() -> list[str]:
    return []
