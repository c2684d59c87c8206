from pronghorn import FastAPI, Request
from pronghorn.testclient import TestClient

app = FastAPI()


@app.middleware("http")
async def add_header(request: Request) -> None: ...


with TestClient(app):
    pass
