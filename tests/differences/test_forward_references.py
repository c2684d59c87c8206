"""Annotations may use names that are defined later, or only for type checkers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import pytest
from pydantic import BaseModel

from pronghorn import APIRouter, Depends, FastAPI, Query, WebSocket
from pronghorn.exceptions import SetupError, SetupNameError
from pronghorn.testclient import TestClient

if TYPE_CHECKING:
    from decimal import Decimal

app = FastAPI()
router = APIRouter(prefix="/inside")


def get_paint(colour: str) -> Paint:
    return Paint(colour)


@app.get("/annotated")
async def annotated(paint: Annotated[Paint, Depends(get_paint)]) -> str:
    return paint.colour


@app.get("/quoted")
async def quoted(paint: Annotated["Paint", Depends(get_paint)]) -> str:  # noqa: UP037 - a string in a string
    return paint.colour


@app.get("/itself")
async def itself(paint: Annotated[Paint, Depends()]) -> str:
    return paint.colour


@app.get("/optional")
async def optional(paint: Annotated[Paint | None, Depends(get_later)]) -> str:
    return paint.colour if paint else "none"


@app.get("/checkers-only")
async def checkers_only(price: Annotated[Decimal, Depends(get_paint)]) -> str:
    return type(price).__name__


@app.get("/default")
async def default(price: Decimal = Depends(get_paint)) -> str:
    return type(price).__name__


@app.post("/items")
async def create(item: Item, tags: Annotated[list[Tag], Query()] = []) -> Item:  # noqa: B006
    return item.model_copy(update={"tags": tags})


@router.get("/paint")
async def inside(paint: Annotated[Paint, Depends()]) -> str:
    return paint.colour


@app.websocket("/socket")
async def socket(websocket: WebSocket, paint: Annotated[Paint, Depends()]) -> None:
    await websocket.accept()
    await websocket.send_text(paint.colour)


app.include_router(router)


def get_later() -> Paint:
    return Paint("late")


class Paint:
    def __init__(self, colour: str) -> None:
        self.colour = colour


Tag = str


class Item(BaseModel):
    name: str
    tags: list[str] = []


client = TestClient(app)


@pytest.mark.parametrize("path", ["annotated", "quoted", "itself", "inside/paint"])
def test_a_dependency_of_a_later_type(path: str) -> None:
    assert client.get(f"/{path}", params={"colour": "red"}).json() == "red"
    assert client.get(f"/{path}").status_code == 422


def test_a_dependency_that_is_itself_defined_later() -> None:
    assert client.get("/optional").json() == "late"


@pytest.mark.parametrize("path", ["checkers-only", "default"])
def test_the_type_beside_a_function_is_not_needed(path: str) -> None:
    assert client.get(f"/{path}", params={"colour": "red"}).json() == "Paint"


def test_a_later_model_is_a_body_and_a_response_model() -> None:
    answer = client.post("/items", params={"tags": ["a", "b"]}, json={"name": "lamp", "more": 1})

    assert answer.json() == {"name": "lamp", "tags": ["a", "b"]}
    assert client.post("/items", json={}).status_code == 422


def test_a_websocket_waits_too() -> None:
    with client.websocket_connect("/socket?colour=red") as connection:
        assert connection.receive_text() == "red"


def test_the_document_knows_the_later_types() -> None:
    document = client.get("/openapi.json").json()

    assert document["paths"]["/annotated"]["get"]["parameters"][0]["name"] == "colour"
    body = document["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/Item"}


def failing_app() -> tuple[FastAPI, int]:
    broken = FastAPI()

    @broken.get("/fine")
    async def fine() -> None: ...

    @broken.get("/broken")
    async def broken_endpoint(price: Decimal) -> None: ...

    return broken, inspect.getsourcelines(broken_endpoint)[1]


def test_a_type_that_never_comes_fails_at_startup_and_says_where() -> None:
    broken, line = failing_app()

    with pytest.raises(SetupNameError) as raised, TestClient(broken):
        pass

    assert isinstance(raised.value, SetupError)
    first = str(raised.value).splitlines()[0]
    assert first == "'Decimal', the type of the parameter 'price', cannot be resolved"
    assert f"{__file__}:{line}" in str(raised.value)


def test_without_a_lifespan_it_fails_at_the_request_and_in_the_document() -> None:
    broken, _ = failing_app()

    assert TestClient(broken).get("/fine").status_code == 200
    with pytest.raises(SetupNameError):
        TestClient(broken).get("/broken")
    with pytest.raises(SetupNameError):
        broken.openapi()


def test_a_return_type_that_never_comes_is_named() -> None:
    broken = FastAPI()

    @broken.get("/")
    async def read() -> Decimal:
        raise NotImplementedError

    with pytest.raises(SetupNameError, match="'Decimal', the return type, cannot be resolved"):
        broken.openapi()


def test_a_return_type_is_not_needed_beside_a_response_model() -> None:
    app = FastAPI()

    @app.get("/", response_model=int)
    async def read() -> Decimal:
        return 1  # type: ignore[return-value]  # what counts is the response model

    assert TestClient(app).get("/").json() == 1
