from pronghorn import FastAPI

app = FastAPI()


@app.get("/items", status_code="created")
async def read_items() -> None: ...
