"""Methods that are routes get their `self`, without a cluster: in each form of a declaration."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, Header, WebSocket
from pronghorn.ray.views import bind_methods
from pronghorn.testclient import TestClient


def get_unit(x_unit: str = Header("cm")) -> str:
    return x_unit


class Base:
    factor = 3


def declare(place: Any) -> type:
    """Return a class whose methods are routes of an application or a router."""

    class Lengths(Base):
        @place.get("/plain/{number}")
        def plain(self, number: int, plus: int = 0) -> int:
            return self.factor * number + plus

        @place.get("/async/{number}")
        async def waits(self, number: int, unit: Annotated[str, Depends(get_unit)]) -> str:
            return f"{self.factor * number} {unit}"

        @place.post("/default")
        async def default(self, number: int, unit: str = Depends(get_unit)) -> str:
            return f"{self.factor * number} {unit}"

        @place.get("/keywords")
        def keywords(self, *, number: int) -> int:
            return self.factor * number

        @place.get("/alone")
        def alone(self) -> int:
            return self.factor

        @staticmethod
        @place.get("/static")
        def static(number: int) -> int:
            return number

        @place.websocket("/talk")
        async def talk(self, websocket: WebSocket, times: int = 1) -> None:
            await websocket.accept()
            await websocket.send_text("a" * self.factor * times)
            await websocket.close()

        def no_route(self) -> None: ...

    return Lengths


def make(form: str, *, is_asked_before: bool) -> tuple[TestClient, str]:
    """Return a client of a program, and the prefix of its routes."""
    app = FastAPI()
    prefix = "" if form == "application" else "/v1" if form == "router" else "/v1/inner"
    place: Any = app
    if form == "router":
        place = APIRouter(prefix="/v1")
        app.include_router(place)
    elif form == "nested":
        place, middle = APIRouter(), APIRouter()
        middle.include_router(place, prefix="/inner")
        app.include_router(middle, prefix="/v1")
    cls = declare(place)
    client = TestClient(app)
    if is_asked_before:  # Then the routes are compiled already, with a parameter `self`.
        assert client.get(f"{prefix}/alone").status_code == 422
    instance = cls()
    names = bind_methods(app, cls, lambda: instance)
    assert names == ["plain", "waits", "default", "keywords", "alone", "talk"]
    return client, prefix


@pytest.mark.parametrize("form", ["application", "router", "nested"])
@pytest.mark.parametrize("is_asked_before", [False, True])
def test_methods_answer(form: str, is_asked_before: bool) -> None:
    client, prefix = make(form, is_asked_before=is_asked_before)
    assert client.get(f"{prefix}/plain/2", params={"plus": 1}).json() == 7
    assert client.get(f"{prefix}/plain/two").status_code == 422
    assert client.get(f"{prefix}/async/2", headers={"x-unit": "mm"}).json() == "6 mm"
    assert client.post(f"{prefix}/default", params={"number": 2}).json() == "6 cm"
    assert client.get(f"{prefix}/keywords", params={"number": 2}).json() == 6
    assert client.get(f"{prefix}/alone").json() == 3
    assert client.get(f"{prefix}/static", params={"number": 2}).json() == 2
    with client.websocket_connect(f"{prefix}/talk?times=2") as websocket:
        assert websocket.receive_text() == "aaaaaa"


@pytest.mark.parametrize("form", ["application", "router", "nested"])
def test_self_is_not_documented(form: str) -> None:
    client, prefix = make(form, is_asked_before=False)
    paths = client.get("/openapi.json").json()["paths"]
    for path, item in paths.items():
        for operation in item.values():
            names = {each["name"] for each in operation.get("parameters", ())}
            assert "self" not in names, path
    assert f"{prefix}/plain/{{number}}" in paths


def test_an_object_of_another_class_is_not_found() -> None:
    app = FastAPI()
    cls = declare(app)
    bind_methods(app, cls, object)
    client = TestClient(app)
    assert client.get("/alone").status_code == 404
    assert client.get("/static", params={"number": 2}).json() == 2


def test_a_copy_of_the_class_is_found_by_its_name() -> None:
    """A replica holds an object of a copy, which came by pickling."""
    app = FastAPI()
    cls = declare(app)

    class Copy(Base):
        factor = 5

    Copy.__module__, Copy.__qualname__ = cls.__module__, cls.__qualname__
    bind_methods(app, cls, Copy)
    assert TestClient(app).get("/alone").json() == 5
