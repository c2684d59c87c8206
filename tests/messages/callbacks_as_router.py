from pronghorn import APIRouter, FastAPI

callbacks = APIRouter()
app = FastAPI()


@app.get("/items", callbacks=callbacks)
async def read_items() -> list[str]:
    return []
