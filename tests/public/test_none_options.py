"""Every option that may be None on FastAPI may be None here, with the same meaning."""

from __future__ import annotations

import asyncio
import inspect
import json
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Annotated, Any

import fastapi
import fastapi.security
import pytest
from starlette.responses import PlainTextResponse

import pronghorn
import pronghorn.security
from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import Attack

#: An application of a framework in which one option is None.
Build = Callable[[ModuleType, dict[str, Any]], Any]

JSON = [(b"content-type", b"application/json")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
FILE = [(b"content-type", b"multipart/form-data; boundary=X")]
FILE_BODY = b'--X\r\nContent-Disposition: form-data; name="q"; filename="n"\r\n\r\n1\r\n--X--\r\n'
GIVEN = [(b"q", b"1"), (b"cookie", b"q=1")]
REQUESTS = [
    Attack("/x", "/x", "GET"),
    Attack("/x", "/x", "GET", query=b"q=1", headers=GIVEN),
    Attack("/m/x", "/m/x", "GET"),
    Attack("/x/", "/x/", "GET"),
    Attack("/missing", "/missing", "GET"),
    Attack("/docs", "/docs", "GET"),
    Attack("/redoc", "/redoc", "GET"),
    Attack("/docs/oauth2-redirect", "/docs/oauth2-redirect", "GET"),
    Attack("/openapi.json", "/openapi.json", "GET"),
    Attack("/x", "/x", "POST", headers=JSON, body=b'{"q": "1"}'),
    Attack("/x", "/x", "POST", headers=JSON, body=b'"1"'),
    Attack("/x", "/x", "POST", headers=FORM, body=b"q=1"),
    Attack("/x", "/x", "POST", headers=FILE, body=FILE_BODY),
]
PAGES = ("/docs", "/redoc", "/docs/oauth2-redirect")


def endpoint(q: str = "d") -> dict[str, str]:
    return {"q": q}


def websocket_endpoint(api: ModuleType) -> Any:
    async def talk(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    talk.__annotations__["websocket"] = api.WebSocket
    return talk


# --- programs ------------------------------------------------------------------------------------


def with_application(api: ModuleType, options: dict[str, Any]) -> Any:
    app = api.FastAPI(**options)
    app.get("/x")(endpoint)
    return app


def with_router(api: ModuleType, options: dict[str, Any]) -> Any:
    router, app = api.APIRouter(**options), api.FastAPI()
    router.get("/x")(endpoint)
    router.post("/x")(endpoint)
    app.include_router(router)
    return app


def declared(name: str, where: str, **given: Any) -> Build:
    """A call of one method of an application, or of a router that is included."""

    def build(api: ModuleType, options: dict[str, Any]) -> Any:
        app = api.FastAPI()
        on = api.APIRouter() if where == "router" else app
        defaults = {key: make(api) if callable(make) else make for key, make in given.items()}
        made = getattr(on, name)(**{**defaults, **options})
        if callable(made):
            made(websocket_endpoint(api) if "websocket" in name else endpoint)
        if on is not app:
            app.include_router(on)
        return app

    return build


def route_object(name: str) -> Build:
    def build(api: ModuleType, options: dict[str, Any]) -> Any:
        app = api.FastAPI()
        function = endpoint if name == "APIRoute" else websocket_endpoint(api)
        kind = getattr(api.routing, name)
        app.router.routes.append(kind(**{"path": "/x", "endpoint": function, **options}))
        return app

    return build


def included_router(api: ModuleType) -> Any:
    router = api.APIRouter()
    router.get("/x")(endpoint)
    return router


def mounted(api: ModuleType) -> Any:
    return with_application(api, {})


def parameter(name: str, form: str) -> Build:
    """An endpoint with one parameter: as a default, or in `Annotated` with or without one."""

    def build(api: ModuleType, options: dict[str, Any]) -> Any:
        declaration = getattr(api, name)(**options)
        kind: Any = bytes if name == "File" else str
        if form == "default":
            signature: Any = inspect.Parameter("q", inspect.Parameter.KEYWORD_ONLY, annotation=kind)
            signature = signature.replace(default=declaration)
        else:
            signature = inspect.Parameter(
                "q", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, declaration]
            )
            if form == "annotated default":
                signature = signature.replace(default="d")

        def function(**values: Any) -> dict[str, str]:
            return {"q": str(values["q"])}

        function.__signature__ = inspect.Signature([signature])  # type: ignore[attr-defined]
        app = api.FastAPI()
        method = app.post if name in ("Body", "Form", "File") else app.get
        method("/{q}" if name == "Path" else "/x")(function)
        return app

    return build


def dependency(name: str, form: str) -> Build:
    def build(api: ModuleType, options: dict[str, Any]) -> Any:
        return parameter(name, form)(api, {"dependency": lambda: "found", **options})

    return build


def scheme(scheme_class: str, **given: str) -> Build:
    def build(api: ModuleType, options: dict[str, Any]) -> Any:
        made = getattr(api.security, scheme_class)(**{**given, **options})
        return parameter("Depends", "default")(api, {"dependency": made})

    return build


FORMS = ("default", "annotated", "annotated default")
PLACES = {"app": fastapi.FastAPI, "router": fastapi.APIRouter}
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PLAIN = lambda api: lambda request: PlainTextResponse("plain")  # noqa: E731
CASES: dict[str, tuple[Any, Build]] = {
    "FastAPI": (fastapi.FastAPI, with_application),
    "APIRouter": (fastapi.APIRouter, with_router),
    "APIRoute": (fastapi.routing.APIRoute, route_object("APIRoute")),
    "APIWebSocketRoute": (fastapi.routing.APIWebSocketRoute, route_object("APIWebSocketRoute")),
}
for _where, _owner in PLACES.items():
    _calls: dict[str, dict[str, Any]] = {
        **{verb: {"path": "/x"} for verb in (*VERBS, "api_route", "websocket")},
        "add_api_route": {"path": "/x", "endpoint": lambda api: endpoint},
        "add_api_websocket_route": {"path": "/x", "endpoint": websocket_endpoint},
        "websocket_route": {"path": "/x"},
        "add_route": {"path": "/x", "route" if _where == "app" else "endpoint": PLAIN},
        "include_router": {"router": included_router},
        "mount": {"path": "/m", "app": mounted},
        "host": {"host": "testserver", "app": mounted},
    }
    for _name, _given in _calls.items():
        _build = declared(_name, _where, **_given)
        CASES[f"{_where}.{_name}"] = getattr(_owner, _name), _build
for _name in ("Query", "Path", "Header", "Cookie", "Body", "Form", "File"):
    CASES |= {
        f"{_name} {form}": (getattr(fastapi, _name), parameter(_name, form)) for form in FORMS
    }
for _name in ("Depends", "Security"):
    CASES |= {
        f"{_name} {form}": (getattr(fastapi, _name), dependency(_name, form)) for form in FORMS
    }
SCHEMES: dict[str, dict[str, str]] = {
    "APIKeyHeader": {"name": "q"},
    "APIKeyQuery": {"name": "q"},
    "APIKeyCookie": {"name": "q"},
    "HTTPBasic": {},
    "HTTPBearer": {},
    "HTTPDigest": {},
    "OAuth2": {},
    "OAuth2PasswordBearer": {"tokenUrl": "t"},
    "OAuth2AuthorizationCodeBearer": {"tokenUrl": "t", "authorizationUrl": "a"},
    "OpenIdConnect": {"openIdConnectUrl": "u"},
}
for _name, _given in SCHEMES.items():
    CASES[_name] = getattr(fastapi.security, _name), scheme(_name, **_given)

#: FastAPI documents the media type "None"; here None means the kind's own.
BETTER = {"media_type"}


# --- comparing -----------------------------------------------------------------------------------


def names_of(function: Any) -> Iterator[str]:
    for found in inspect.signature(function).parameters.values():
        if found.name != "self" and found.kind is not inspect.Parameter.VAR_KEYWORD:
            yield found.name


async def answered(build: Build, api: ModuleType, name: str) -> list[Any]:
    """The document and the answers; empty where the framework fails."""
    app = build(api, {name: None})
    answers = [await ask(app, request) for request in REQUESTS]
    pairs = zip(REQUESTS, answers, strict=True)
    return [
        *(comparable(request.path, answer) for request, answer in pairs),
        json.dumps(app.openapi(), sort_keys=True),
    ]


def comparable(path: str, answer: Answer) -> Any:
    body = b"" if path in PAGES else answer.body
    if path == "/x/":  # A redirect names no host here.
        return answer.status
    return answer.status, answer.error, body


async def differences(function: Any, build: Build) -> dict[str, Any]:
    """What each option does here that it does not do on FastAPI, where that works at all."""
    found: dict[str, Any] = {}
    for name in names_of(function):
        try:
            expected = await answered(build, fastapi, name)
        except Exception:  # noqa: BLE001 - None means nothing there
            continue
        if any(part[1] for part in expected if isinstance(part, tuple)) or name in BETTER:
            continue  # An error that no handler knows.
        try:
            ours = await answered(build, pronghorn, name)
        except Exception as error:  # noqa: BLE001 - whatever it is
            found[name] = error
            continue
        if ours != expected:
            pairs = zip(expected, ours, strict=True)
            found[name] = [(one, other) for one, other in pairs if one != other]
    return found


@pytest.mark.parametrize("case", CASES)
def test_none_means_what_it_means_on_fastapi(case: str) -> None:
    function, build = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some options are deprecated.
        assert asyncio.run(differences(function, build)) == {}


def test_without_a_root_path_the_server_says_what_it_is() -> None:
    app = pronghorn.FastAPI(root_path=None)  # type: ignore[arg-type]  # as FastAPI takes it
    assert app.root_path is None
    app.get("/x")(endpoint)
    assert asyncio.run(ask(app, Attack("/x", "/x", "GET"))).body == b'{"q":"d"}'


@pytest.mark.parametrize("level", ["application", "router", "inclusion", "route"])
def test_none_keeps_routes_out_of_the_document_on_every_level(level: str) -> None:
    def options(name: str) -> dict[str, Any]:
        return {"include_in_schema": None} if name == level else {}

    router = pronghorn.APIRouter(**options("router"))
    router.get("/x", **options("route"))(endpoint)
    app = pronghorn.FastAPI(**options("application"))
    app.include_router(router, **options("inclusion"))
    assert app.openapi()["paths"] == {}


def test_the_media_type_none_is_that_of_the_kind_of_body() -> None:
    app = parameter("Form", "default")(pronghorn, {"media_type": None})
    body = app.openapi()["paths"]["/x"]["post"]["requestBody"]
    assert list(body["content"]) == ["application/x-www-form-urlencoded"]


@pytest.mark.parametrize("option", ["response_class", "generate_unique_id_function"])
def test_none_is_the_default_where_fastapi_fails(option: str) -> None:
    plain, none = pronghorn.FastAPI(), pronghorn.FastAPI()
    plain.get("/x")(endpoint)
    none.get("/x", **{option: None})(endpoint)
    assert none.openapi() == plain.openapi()
    answers = [asyncio.run(ask(app, Attack("/x", "/x"))) for app in (plain, none)]
    assert answers[0] == answers[1]
