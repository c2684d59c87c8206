"""Tests of an application."""

from pronghorn import Depends, FastAPI, WebSocket
from pronghorn.testclient import TestClient

app = FastAPI()


def get_name() -> str:
    return "real"


def get_test_name() -> str:
    return "test"


@app.get("/")
def read_root(name: str = Depends(get_name)) -> str:
    return name


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())


def test_root() -> None:
    app.dependency_overrides[get_name] = get_test_name
    with TestClient(app, raise_server_exceptions=False, headers={"X-A": "b"}) as client:
        response = client.get("/", params={"q": "a"})
        assert response.status_code == 200
        assert response.json() == "test"
        assert client.post("/", json={"a": 1}).headers["content-type"]
    app.dependency_overrides.clear()
    app.dependency_overrides = {}


def test_echo() -> None:
    with TestClient(app).websocket_connect("/echo") as session:
        session.send_text("a")
        text: str = session.receive_text()
        assert text == "a"
