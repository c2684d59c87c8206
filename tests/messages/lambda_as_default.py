from pronghorn import FastAPI

app = FastAPI()


@app.get("/items")
async def read_items(day: str = lambda: "today") -> str:
    return day
