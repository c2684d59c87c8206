"""Methods that are routes get their `self`, without a cluster: in each form of a declaration."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from pronghorn import APIRouter, Depends, FastAPI, Header, Request, Response, WebSocket
from pronghorn.exceptions import SetupError
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


def doubling(method: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(method)
    def double(*args: Any, **keywords: Any) -> int:
        return 2 * method(*args, **keywords)

    return double


def bind(app: Any, cls: type) -> TestClient:
    instance = cls()
    bind_methods(app, cls, lambda: instance)
    return TestClient(app)


def test_a_decorator_stands_inside_or_outside() -> None:
    app = FastAPI()

    class Decorated(Base):
        @doubling
        @app.get("/outside")
        def outside(self) -> int:
            return self.factor

        @app.get("/inside")
        @doubling
        def inside(self) -> int:
            return self.factor

        @app.get("/cached")
        @functools.lru_cache  # noqa: B019 - there is one object, which lives as long
        def cached(self) -> int:
            return self.factor

    client = bind(app, Decorated)
    assert client.get("/cached").json() == 3
    assert client.get("/outside").json() == 3
    assert client.get("/inside").json() == 6


def test_two_methods_have_one_name() -> None:
    """The second one takes the place of the first in the class, but not in the application."""
    app = FastAPI()

    class Named(Base):
        @app.get("/items")
        def items(self) -> str:
            return "read"

        @app.post("/items")
        def items(self) -> str:  # type: ignore[no-redef]  # noqa: F811 - programs reuse names of methods
            return "written"

        @staticmethod
        @app.get("/static")
        def static(number: int) -> int:
            return number

        @staticmethod
        @app.post("/static")
        def static(number: int) -> int:  # type: ignore[no-redef]  # noqa: F811 - the same
            return -number

    client = bind(app, Named)
    assert client.get("/static", params={"number": 2}).json() == 2
    assert client.post("/static", params={"number": 2}).json() == -2
    assert client.get("/items").json() == "read"
    assert client.post("/items").json() == "written"


def test_a_method_depends_on_methods() -> None:
    app = FastAPI()
    seen: list[int] = []

    class Depending(Base):
        def get_factor(self) -> int:
            return self.factor

        async def get_double(self, factor: int = Depends(get_factor)) -> int:
            return 2 * factor

        def note(self) -> None:
            seen.append(self.factor)

        @app.get("/double", dependencies=[Depends(note)])
        def double(self, double: Annotated[int, Depends(get_double)], number: int = 1) -> int:
            return double * number

    client = bind(app, Depending)
    assert client.get("/double", params={"number": 2}).json() == 12
    assert seen == [3]
    assert "self" not in client.get("/openapi.json").text


def test_an_application_is_mounted() -> None:
    app, inner = FastAPI(), FastAPI()
    app.mount("/inner", inner)
    cls = declare(inner)
    assert bind(app, cls).get("/inner/alone").json() == 3


def test_a_middleware_stands_around_the_application() -> None:
    inner = FastAPI()
    cls = declare(inner)
    client = bind(GZipMiddleware(CORSMiddleware(inner)), cls)
    assert client.get("/alone").json() == 3


def test_a_router_is_included_twice() -> None:
    app, router = FastAPI(), APIRouter()
    app.include_router(router, prefix="/a")
    app.include_router(router, prefix="/b")
    client = bind(app, declare(router))
    assert client.get("/a/alone").json() == client.get("/b/alone").json() == 3


def test_what_is_bound_is_bound_once_more() -> None:
    """A router that came later has its routes bound, and the others stay as they are."""
    app, router = FastAPI(), APIRouter()
    cls = declare(router)
    app.include_router(router, prefix="/a")
    bind(app, cls)
    app.include_router(router, prefix="/b")
    client = bind(app, cls)
    assert client.get("/a/alone").json() == client.get("/b/alone").json() == 3


def test_self_is_annotated() -> None:
    app = FastAPI()

    class Annotating(Base):
        @app.get("/quoted")
        def quoted(self: "Annotating") -> int:
            return self.factor

    assert bind(app, Annotating).get("/quoted").json() == 3


def test_a_method_of_another_object_keeps_its_self() -> None:
    class Bound(Base):
        def read(self) -> int:
            return self.factor

    app, other = FastAPI(), Bound()
    other.factor = 5
    app.add_api_route("/read", other.read)
    assert bind(app, Bound).get("/read").json() == 5


def test_a_class_method_is_refused() -> None:
    app = FastAPI()

    class Wrong:
        @classmethod
        @app.get("/wrong")
        def wrong(cls) -> str:
            return "wrong"

    with pytest.raises(SetupError, match="is a class method"):
        bind(app, Wrong)


def test_a_route_of_starlette_is_refused() -> None:
    app = FastAPI()

    class Wrong:
        async def wrong(self, request: Request) -> Response:
            return Response()

        app.router.routes.append(Route("/wrong", wrong))

    with pytest.raises(SetupError, match="Route of starlette"):
        bind(app, Wrong)
