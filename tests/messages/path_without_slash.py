from pronghorn import FastAPI
from pronghorn.testclient import TestClient

app = FastAPI()


@app.get("items")
async def read_items() -> list[str]:
    return []


with TestClient(app):
    pass
