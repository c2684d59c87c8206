"""Subclasses that override a method of declaration are called as on FastAPI."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import fastapi
import pytest
from starlette.responses import PlainTextResponse

import pronghorn
import pronghorn.applications
from pronghorn.testclient import TestClient

VERBS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
HOOKS = [
    *VERBS,
    *("api_route", "add_api_route", "websocket", "add_api_websocket_route", "websocket_route"),
    *("add_websocket_route", "route", "add_route", "include_router", "mount", "host"),
    *("add_event_handler", "on_event", "middleware", "add_middleware", "exception_handler"),
    *("add_exception_handler", "setup", "frontend"),
]


class Call(NamedTuple):
    """One call of a hook, so that calls of two frameworks compare."""

    owner: str
    name: str
    arguments: list[str]
    keywords: dict[str, str]


def shown(value: Any) -> str:
    if type(value).__name__ == "DefaultPlaceholder":
        return f"Default({shown(value.value)})"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, pronghorn.APIRouter | fastapi.APIRouter):
        return "a router"
    name = getattr(value, "__name__", None)
    return name or re.sub(r" at 0x\w+", "", repr(value))


def recording(kind: type[Any], names: list[str], calls: list[Call]) -> type[Any]:
    """A subclass that notes each call, and passes on all that it was called with."""

    def hook(name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        def record(self: Any, *arguments: Any, **keywords: Any) -> Any:
            keys = {key: shown(value) for key, value in sorted(keywords.items())}
            calls.append(Call(kind.__name__, name, [shown(value) for value in arguments], keys))
            return original(self, *arguments, **keywords)

        return record

    methods = {name: hook(name) for name in names if hasattr(kind, name)}
    return type(f"Recording{kind.__name__}", (kind,), methods)


class Recorded:
    """An application, a router inside it and routes of classes that note their calls."""

    def __init__(self, api: ModuleType, **options: Any) -> None:
        self.api = api
        self.calls: list[Call] = []
        self.route_class = recording(api.routing.APIRoute, ["__init__"], self.calls)
        router_class = recording(api.APIRouter, HOOKS, self.calls)
        self.app = recording(api.FastAPI, HOOKS, self.calls)()
        self.router = router_class(route_class=self.route_class, **options)
        self.app.router = self.router


def unique_id(route: Any) -> str:
    return "id"


def endpoint() -> str:
    return "answer"


def audit() -> None: ...


#: What a program declares, on an application or on a router.
DECLARATIONS: dict[str, Callable[[ModuleType, Any], Any]] = {
    **{verb: lambda api, on, verb=verb: getattr(on, verb)("/a")(endpoint) for verb in VERBS},
    "many options": lambda api, on: on.get(
        "/a",
        response_model=None,
        status_code=201,
        tags=["a"],
        name="n",
        max_body_size=4,
        form_limits={"max_files": 1},
        responses={404: {}},
        response_class=PlainTextResponse,
        deprecated=False,
        generate_unique_id_function=unique_id,
        include_in_schema=False,
    )(endpoint),
    "keyword": lambda api, on: on.get(path="/a")(endpoint),
    "api_route": lambda api, on: on.api_route("/a")(endpoint),
    "api_route methods": lambda api, on: on.api_route("/a", methods=["GET", "PUT"])(endpoint),
    "add_api_route": lambda api, on: on.add_api_route("/a", endpoint),
    "add_api_route keywords": lambda api, on: on.add_api_route(
        path="/a", endpoint=endpoint, methods=["PUT"], summary="s"
    ),
    "dependencies": lambda api, on: on.get("/a", dependencies=[api.Depends(audit)])(endpoint),
    "websocket": lambda api, on: on.websocket("/w")(endpoint),
    "websocket name": lambda api, on: on.websocket("/w", "n")(endpoint),
    "websocket dependencies": lambda api, on: on.websocket("/w", dependencies=[api.Depends(audit)])(
        endpoint
    ),
    "add_api_websocket_route": lambda api, on: on.add_api_websocket_route("/w", endpoint),
    "websocket_route": lambda api, on: on.websocket_route("/w")(endpoint),
    "add_route": lambda api, on: on.add_route("/r", endpoint),
    "mount": lambda api, on: on.mount("/m", PlainTextResponse("mounted")),
    "host": lambda api, on: on.host("m", PlainTextResponse("mounted")),
    "frontend": lambda api, on: on.frontend("/f", directory="/missing", check_dir=False),
    "include_router": lambda api, on: on.include_router(with_handlers(api)),
    "include_router options": lambda api, on: on.include_router(
        with_handlers(api), prefix="/x", tags=["t"]
    ),
}
OF_THE_APPLICATION: dict[str, Callable[[ModuleType, Any], Any]] = {
    "middleware": lambda api, on: on.middleware("http")(endpoint),
    "exception_handler": lambda api, on: on.exception_handler(404)(endpoint),
    "setup": lambda api, on: on.setup(),
}
OF_A_ROUTER: dict[str, Callable[[ModuleType, Any], Any]] = {
    "route": lambda api, on: on.route("/r", ["GET"])(endpoint),
    "strict": lambda api, on: on.add_api_route("/a", endpoint, strict_content_type=True),
}
ROUTER_OPTIONS: dict[str, Any] = {
    "prefix": "/p",
    "tags": ["t"],
    "default_response_class": PlainTextResponse,
    "responses": {403: {}},
    "deprecated": True,
    "include_in_schema": False,
    "generate_unique_id_function": unique_id,
    "max_body_size": 9,
    "form_limits": {"max_files": 3},
    "strict_content_type": False,
}


def with_handlers(api: ModuleType) -> Any:
    router = api.APIRouter()
    router.on_startup.append(endpoint)
    router.on_shutdown.append(endpoint)
    router.get("/inside")(endpoint)
    router.websocket("/inside")(endpoint)
    return router


def calls_of(api: ModuleType, place: str, declare: Any, options: dict[str, Any]) -> list[Call]:
    recorded = Recorded(api, **options)
    recorded.calls.clear()
    declare(api, recorded.app if place == "app" else recorded.router)
    assert recorded.calls
    return recorded.calls


CASES = [
    *[("app", name, each) for name, each in {**DECLARATIONS, **OF_THE_APPLICATION}.items()],
    *[("router", name, each) for name, each in {**DECLARATIONS, **OF_A_ROUTER}.items()],
]


@pytest.mark.parametrize("options", [{}, ROUTER_OPTIONS], ids=["plain", "options"])
@pytest.mark.parametrize(
    ("place", "declare"),
    [(place, declare) for place, _, declare in CASES],
    ids=[f"{place} {name}" for place, name, _ in CASES],
)
def test_hooks_are_called_in_the_order_and_with_the_keywords_of_fastapi(
    place: str, declare: Any, options: dict[str, Any]
) -> None:
    assert calls_of(pronghorn, place, declare, options) == calls_of(
        fastapi, place, declare, options
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("place", ["app", "router"])
def test_the_hook_for_events_is_called_likewise(place: str) -> None:
    declare: Any = lambda api, on: on.on_event("startup")(endpoint)  # noqa: E731
    assert calls_of(pronghorn, place, declare, {}) == calls_of(fastapi, place, declare, {})


# --- what the hook hands back --------------------------------------------------------------------


def program(app_class: type[Any], router_class: type[Any], **options: Any) -> Any:
    api: Any = pronghorn
    app = app_class()
    router = router_class(**options)

    @router.get("/number", deprecated=False)
    def number(q: int = 1) -> str:
        """Read a number."""
        return str(q)

    @router.post("/text", status_code=201, response_model=str, tags=["own"], responses={409: {}})
    def text(text: str = api.Form()) -> Any:
        return text

    @router.websocket("/talk", dependencies=[api.Depends(audit)])
    async def talk(websocket: api.WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    talk.__annotations__["websocket"] = api.WebSocket
    app.include_router(router, prefix="/in", tags=["outer"])
    return app


@pytest.mark.parametrize("options", [{}, ROUTER_OPTIONS], ids=["plain", "options"])
def test_keywords_that_a_hook_hands_back_mean_what_they_meant_before(
    options: dict[str, Any],
) -> None:
    options = {**options, "include_in_schema": True}
    options.pop("generate_unique_id_function", None)
    calls: list[Call] = []
    names = [*HOOKS, "__init__"]
    plain = program(pronghorn.FastAPI, pronghorn.APIRouter, **options)
    route_class = recording(pronghorn.routing.APIRoute, ["__init__"], calls)
    hooked = program(
        recording(pronghorn.FastAPI, HOOKS, calls),
        recording(pronghorn.APIRouter, names, calls),
        route_class=route_class,
        **options,
    )
    assert hooked.openapi() == plain.openapi()
    for path in (f"{options.get('prefix', '')}/number", f"{options.get('prefix', '')}/text"):
        for send in ({"method": "GET"}, {"method": "POST", "data": {"text": "much"}}):
            answers = [TestClient(app).request(url="/in" + path, **send) for app in (plain, hooked)]
            assert answers[0].status_code == answers[1].status_code
            assert answers[0].content == answers[1].content
    facts = [route.plan for route in plain.routes if hasattr(route, "plan")]
    again = [route.plan for route in hooked.routes if hasattr(route, "plan")]
    assert [len(facts), len(again)] == [3, 3]
    for one, other in zip(facts, again, strict=True):
        assert getattr(one, "form_limits", None) == getattr(other, "form_limits", None)
        assert getattr(one, "max_body_size", None) == getattr(other, "max_body_size", None)


@pytest.fixture
def patched() -> Iterator[list[dict[str, Any]]]:
    """`add_api_route` as a library replaces it for all routers."""
    seen: list[dict[str, Any]] = []
    original = pronghorn.APIRouter.add_api_route

    @functools.wraps(original)
    def add_api_route(self: Any, path: str, endpoint: Any, **keywords: Any) -> None:
        seen.append(keywords)
        original(self, path, endpoint, **keywords)

    pronghorn.APIRouter.add_api_route = add_api_route  # type: ignore[method-assign]
    yield seen
    pronghorn.APIRouter.add_api_route = original  # type: ignore[method-assign]


def test_a_function_put_in_place_of_a_method_gets_all_keywords_too(
    patched: list[dict[str, Any]],
) -> None:
    app = pronghorn.FastAPI()
    app.get("/a")(endpoint)
    router = pronghorn.APIRouter()
    add = router.add_api_route
    router.add_api_route = lambda *given, **keywords: add(*given, **keywords, name="mine")  # type: ignore[method-assign]
    with pytest.raises(TypeError, match="multiple values for keyword argument 'name'"):
        router.get("/b")(endpoint)
    assert len(patched[0]) == 25
    assert TestClient(app).get("/a").json() == "answer"


def test_a_route_class_may_be_any_callable() -> None:
    made: list[dict[str, Any]] = []

    def make(path: str, **keywords: Any) -> Any:
        made.append(keywords)
        return pronghorn.routing.APIRoute(path, **keywords)

    app = pronghorn.FastAPI()
    app.router.route_class = make  # type: ignore[assignment]
    app.get("/a")(endpoint)
    assert TestClient(app).get("/a").json() == "answer"
    assert len(made[0]) == 27  # 26 options and the endpoint


def test_pages_of_the_document_need_no_name_from_an_overridden_add_route() -> None:
    class Application(pronghorn.FastAPI):
        def add_route(self, path: str, route: Any, include_in_schema: bool = True) -> None:  # type: ignore[override]
            super().add_route(path, route, include_in_schema=include_in_schema)

    app = Application()
    assert app.url_path_for("swagger_ui_html") == "/docs"
    assert TestClient(app).get("/openapi.json").status_code == 200


def program_of_changes(api: Any) -> Any:
    """Hooks that change what they were given, and leave out what they do not know."""

    class Documented(api.routing.APIRoute):  # type: ignore[misc, name-defined]
        def __init__(self, path: str, endpoint: Any, **keywords: Any) -> None:
            keywords["summary"] = keywords["summary"] or f"Call {endpoint.__name__}"
            keywords["responses"][499] = {"description": "gone"}
            keywords["dependencies"].append(api.Depends(audit))
            keywords["tags"].append("documented")
            super().__init__(path, endpoint, **keywords)

    class Trimming(api.APIRouter):  # type: ignore[misc, name-defined]
        def add_api_route(self, path: str, endpoint: Any, *, tags: Any, **keywords: Any) -> None:
            kept = {name: keywords[name] for name in ("methods", "status_code", "response_model")}
            super().add_api_route(path.rstrip("/"), endpoint, tags=[*(tags or ()), "x"], **kept)

    class Twice(api.APIRouter):  # type: ignore[misc, name-defined]
        def api_route(self, path: str, *, include_in_schema: bool, **keywords: Any) -> Any:
            shown = super().api_route(path, include_in_schema=include_in_schema, **keywords)
            hidden = super().api_route(path + "/", include_in_schema=False, **keywords)
            return lambda function: hidden(shown(function))

    class Versioned(api.FastAPI):  # type: ignore[misc, name-defined]
        def include_router(self, router: Any, **keywords: Any) -> None:
            super().include_router(router, prefix="/v1" + keywords.pop("prefix", ""), **keywords)

    app = Versioned(responses={400: {"description": "bad"}})
    for kind in (Trimming, Twice):
        for route_class in (api.routing.APIRoute, Documented):
            router = kind(prefix=f"/{kind.__name__}/{route_class.__name__}", tags=["router"])
            router.route_class = route_class
            router.get("/items/", status_code=202, deprecated=True)(endpoint)
            app.include_router(router, tags=["outer"])
    app.router.route_class = Documented
    app.put("/put")(endpoint)
    app.router.route_class = api.routing.APIRoute
    app.put("/plain")(endpoint)
    return app


def test_what_a_hook_changes_belongs_to_its_route_alone() -> None:
    ours, reference = program_of_changes(pronghorn), program_of_changes(fastapi)
    assert ours.openapi() == reference.openapi()
    for path in ours.openapi()["paths"]:
        for asked in (path, path + "/"):
            answers = [TestClient(app).get(asked).status_code for app in (ours, reference)]
            assert answers[0] == answers[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("api", [pronghorn, fastapi], ids=lambda api: api.__name__)
def test_a_hook_that_looks_like_the_original_is_called(api: Any) -> None:
    """`functools.wraps` copies the name and the module of the method that it wraps."""
    calls: list[str] = []

    class Router(api.APIRouter):  # type: ignore[name-defined, misc]  # either
        @functools.wraps(api.APIRouter.on_event)
        def on_event(self, event_type: str) -> Any:
            calls.append(event_type)
            return super().on_event(event_type)

    app = api.FastAPI()
    app.router = Router()
    app.on_event("startup")(lambda: calls.append("started"))
    with TestClient(app):
        assert calls == ["startup", "started"]
