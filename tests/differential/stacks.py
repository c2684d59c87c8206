"""Generated stacks of middleware around one program, and the program itself.

A `Layer` is the data of one middleware; `build` puts it around the program on any engine.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from hypothesis import strategies as st
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

BIG = [{"name": f"lamp {number}", "price": number} for number in range(40)]
Call = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Layer:
    """One middleware and its options."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StackOfLayers:
    """The middleware of an application in the order in which it is added, and of a mounted one."""

    layers: list[Layer]
    mounted: list[Layer]
    options: dict[str, Any]

    def answers_as_fastapi(self) -> bool:
        """Return whether nothing of `differences.md` makes the answers different.

        Options of pronghorn do, and compression around functions, whose responses keep their
        length here.
        """
        kinds = [layer.kind for layer in (*self.mounted, *self.layers)]
        inside = kinds.index("http") if "http" in kinds else len(kinds)
        return not self.options and "gzip" not in kinds[inside:]


# --- middleware of a program ------------------------------------------------------------------


class OwnCORS(CORSMiddleware):
    """A subclass, which is not compiled."""


class Recording:
    """Notes every message that passes."""

    def __init__(self, app: Any, noted: list[Any]) -> None:
        self.app = app
        self.noted = noted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            self.noted.append({**message, "headers": list(message.get("headers", ()))})
            await send(message)

        try:
            await self.app(scope, receive, note if scope["type"] == "http" else send)
        except BaseException as error:
            self.noted.append(type(error).__name__)
            raise


class Passing:
    """Passes on the very arguments of its call."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Copying:
    """Passes on a scope of its own."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


class Catching:
    """Answers errors itself, outside of the `send` of the layers inside."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        except LookupError:
            await JSONResponse({"caught": True}, 503)(scope, receive, send)


def adding(request: Request, call_next: Call) -> Any:
    """Add a header, and `Vary`."""
    return _adding(request, call_next)


async def _adding(request: Request, call_next: Call) -> Response:
    response = await call_next(request)
    response.headers["x-added"] = "1"
    response.headers.add_vary_header("X-Added")
    return response


async def reading(request: Request, call_next: Call) -> Response:
    """Read the body, and the session if there is one."""
    await request.body()
    if "session" in request.scope:
        request.session["seen"] = request.session.get("seen", 0) + 1
    return await call_next(request)


async def refusing(request: Request, call_next: Call) -> Response:
    """Answer some requests itself."""
    if "x-refuse" in request.headers:
        return Response("refused " * 100, 403)
    return await call_next(request)


FUNCTIONS = {"adding": adding, "reading": reading, "refusing": refusing}
CLASSES: dict[str, Any] = {
    "cors": CORSMiddleware,
    "gzip": GZipMiddleware,
    "hosts": TrustedHostMiddleware,
    "https": HTTPSRedirectMiddleware,
    "session": SessionMiddleware,
    "own cors": OwnCORS,
    "passing": Passing,
    "copying": Copying,
    "catching": Catching,
}


# --- strategies -------------------------------------------------------------------------------

ORIGINS = [["https://a.example"], ["*"], [], ["https://a.example", "https://b.example"]]
CORS = st.fixed_dictionaries(
    {"allow_origins": st.sampled_from(ORIGINS)},
    optional={
        "allow_methods": st.sampled_from([["*"], ["GET", "POST"]]),
        "allow_headers": st.sampled_from([["*"], ["X-Token"]]),
        "allow_credentials": st.booleans(),
        "allow_origin_regex": st.just(r"https://.*\.shop\.example"),
        "allow_private_network": st.booleans(),
        "expose_headers": st.just(["X-Added", "X-Other"]),
        "max_age": st.just(5),
    },
)
GZIP = st.fixed_dictionaries(
    {},
    optional={
        "minimum_size": st.sampled_from([0, 10, 500, 100_000]),
        "compresslevel": st.sampled_from([1, 6, 9]),
        "thread_minimum_size": st.sampled_from([100, 1000]),
        "exclude_content_types": st.sampled_from([(), ("application/json",), ("text/*",)]),
    },
)
HOSTS = st.fixed_dictionaries(
    {
        "allowed_hosts": st.sampled_from(
            [["shop.example"], ["*.shop.example"], ["*"], ["www.shop.example", "[::1]"]]
        )
    },
    optional={"www_redirect": st.booleans()},
)
SESSION = st.fixed_dictionaries(
    {"secret_key": st.sampled_from(["a", "b"])},
    optional={
        "session_cookie": st.sampled_from(["session", "other"]),
        "max_age": st.sampled_from([None, 60]),
        "path": st.just("/shop"),
        "same_site": st.just("strict"),
        "https_only": st.booleans(),
        "domain": st.just("shop.example"),
    },
)
OPTIONS = {
    "cors": CORS,
    "own cors": CORS,
    "gzip": GZIP,
    "hosts": HOSTS,
    "https": st.just({}),
    "session": SESSION,
    "http": st.fixed_dictionaries({"function": st.sampled_from(sorted(FUNCTIONS))}),
}
#: Those that are compiled come more often.
KINDS = [
    *("cors", "gzip", "session", "hosts", "cors", "gzip", "session", "http", "http", "https"),
    *("own cors", "passing", "copying", "catching", "recording"),
]


@st.composite
def layers(draw: st.DrawFn, kinds: list[str] = KINDS) -> Layer:
    """Invent one middleware with its options."""
    kind = draw(st.sampled_from(kinds))
    return Layer(kind, draw(OPTIONS.get(kind, st.just({}))))


def stacks() -> st.SearchStrategy[StackOfLayers]:
    """Invent the middleware of an application and of one that is mounted in it."""
    return st.builds(
        StackOfLayers,
        st.lists(layers(), min_size=1, max_size=5),
        st.lists(layers(KINDS[:9]), max_size=2),
        st.one_of(
            st.just({}),
            st.fixed_dictionaries(
                {},
                optional={
                    "max_body_size": st.sampled_from([10, 100]),
                    "error_headers": st.just(True),
                    "auto_head": st.just(True),
                },
            ),
        ),
    )


PATHS = [
    *("/small", "/big", "/text", "/file", "/stream", "/encoded", "/image", "/partial", "/vary"),
    *("/own-cors", "/missing", "/items/x", "/refused", "/broken", "/lookup", "/late", "/begun"),
    *("/session", "/session/write", "/session/clear", "/session/broken", "/session/after"),
    *("/background", "/mounted/small", "/mounted/big", "/mounted/broken", "/empty", "/echo"),
]
HEADERS: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"origin", b"https://a.example")],
    [(b"origin", b"https://x.shop.example")],
    [(b"origin", b"null"), (b"origin", b"https://a.example")],
    [(b"access-control-request-method", b"GET")],
    [(b"access-control-request-method", b"DELETE")],
    [(b"access-control-request-headers", b"X-Token, accept")],
    [(b"access-control-request-private-network", b"true")],
    [(b"accept-encoding", b"gzip, br")],
    [(b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")],
    [(b"cookie", b"session=garbage; other=x")],
    [(b"x-refuse", b"1")],
    [(b"x-plain", b"1")],
]
WHERE = ["shop.example", "a.shop.example:80", "SHOP.example", "evil.example", "[::1]:8", "a b", ""]


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Invent a request."""
    chosen = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    host = draw(st.sampled_from(["shop.example", *WHERE]))
    method = draw(st.sampled_from(["GET", "GET", "GET", "GET", "POST", "HEAD", "OPTIONS"]))
    body = draw(st.sampled_from([b"", b"{}", b"x" * 50])) if method == "POST" else b""
    headers = [(b"host", host.encode())] * bool(host) + [each for some in chosen for each in some]
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    return Ask(method, draw(st.sampled_from(PATHS)), headers, body)


#: Options of pronghorn with which these programs answer as on FastAPI.
AS_FASTAPI: dict[str, Any] = {"auto_head": False, "error_headers": False}


# --- the program ------------------------------------------------------------------------------


def build(engine: ModuleType, stack: StackOfLayers, noted: list[Any], file: str) -> Any:
    """Return the program on an engine, with the middleware around it.

    Args:
        engine: `fastapi` or `pronghorn`.
        stack: The middleware.
        noted: Receives what the middleware and the program have noticed.
        file: The path of a file to send.
    """
    own = AS_FASTAPI if engine.__name__ == "pronghorn" else {}
    app, mounted = engine.FastAPI(**{**own, **stack.options}), engine.FastAPI(**own)
    add_small_routes(app, engine)
    add_small_routes(mounted, engine)
    add_responses(app, file, noted)
    add_failures(app, engine, noted)
    add_sessions(app, engine, noted)
    app.mount("/mounted", mounted)
    for target, chosen in ((app, stack.layers), (mounted, stack.mounted)):
        for layer in chosen:
            add_layer(target, layer, noted, engine)
    return app


def add_layer(app: Any, layer: Layer, noted: list[Any], engine: ModuleType) -> None:
    """Put one middleware around an application."""
    if layer.kind == "http":
        app.add_middleware(BaseHTTPMiddleware, dispatch=FUNCTIONS[layer.options["function"]])
    elif layer.kind == "recording":
        app.add_middleware(Recording, noted=noted)
    elif layer.kind == "own gzip":
        own = importlib.import_module(f"{engine.__name__}.middleware.gzip").GZipMiddleware
        app.add_middleware(own, **layer.options)
    else:
        app.add_middleware(CLASSES[layer.kind], **layer.options)


def add_small_routes(app: Any, engine: ModuleType) -> None:
    @app.get("/small")
    async def small() -> Any:
        return {"a": 1}

    @app.get("/big")
    async def big() -> Any:
        return BIG

    @app.get("/broken")
    async def broken() -> Any:
        raise ValueError

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return {"length": len(await request.body())}

    @app.get("/empty", status_code=204)
    async def empty() -> None: ...

    @app.get("/items/{number}")
    async def item(number: int) -> Any:
        return number

    @app.get("/refused")
    async def refused() -> Any:
        raise engine.HTTPException(401, "no", headers={"Vary": "Cookie", "X-Reason": "token"})


def add_responses(app: Any, file: str, noted: list[Any]) -> None:
    text = "lamp " * 200

    @app.get("/text")
    async def plain() -> Any:
        return Response(text, media_type="text/plain", headers={"x-request": "1"})

    @app.get("/file")
    async def send_file() -> Any:
        return FileResponse(file)

    @app.get("/stream")
    async def stream() -> Any:
        async def parts() -> AsyncIterator[str]:
            for _ in range(3):
                yield text

        return StreamingResponse(parts(), media_type="text/plain")

    @app.get("/encoded")
    async def encoded() -> Any:
        return Response(text, headers={"content-encoding": "br"}, media_type="text/plain")

    @app.get("/image")
    async def image() -> Any:
        return Response(text, media_type="image/png; q=1")

    @app.get("/partial")
    async def partial() -> Any:
        return Response(text, 206, media_type="text/plain")

    @app.get("/vary")
    async def vary() -> Any:
        response = Response(text, headers={"vary": "Accept"}, media_type="text/plain")
        response.raw_headers.append((b"vary", b"Origin"))
        return response

    @app.get("/own-cors")
    async def own_cors(response: Response) -> Any:
        response.headers["access-control-allow-origin"] = "https://own.example"
        response.headers.append("access-control-allow-origin", "https://other.example")
        response.headers["vary"] = "Origin"
        return {"own": True}

    @app.get("/background")
    async def background() -> Any:
        task = BackgroundTask(noted.append, "background")
        return JSONResponse({"b": 1}, background=task)


def add_failures(app: Any, engine: ModuleType, noted: list[Any]) -> None:
    @app.get("/lookup")
    async def lookup() -> Any:
        raise KeyError("handled by a middleware, if by any")

    @app.get("/late")
    async def late() -> Any:
        async def parts() -> AsyncIterator[str]:
            yield "lamp " * 200
            raise ValueError

        return StreamingResponse(parts(), media_type="text/plain")

    @app.get("/begun")
    async def begun() -> Any:
        class Begun(Response):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                raise TypeError

        return Begun()

    @app.exception_handler(TypeError)
    async def handle(request: Request, error: Exception) -> Response:
        return JSONResponse({"handled": True}, 400)


def add_sessions(app: Any, engine: ModuleType, noted: list[Any]) -> None:
    async def after(request: Request) -> AsyncIterator[None]:
        yield
        noted.append(dict(request.scope.get("session", {})))
        if "session" in request.scope:
            request.session["too late"] = 1

    def session_of(request: Request) -> Any:
        return request.session if "session" in request.scope else {}

    @app.get("/session")
    async def read(request: Request) -> Any:
        return dict(session_of(request))

    @app.get("/session/write")
    async def write(request: Request) -> Any:
        session_of(request)["user"] = "ada"
        return {}

    @app.get("/session/clear")
    async def clear(request: Request) -> Any:
        session_of(request).clear()
        return {}

    @app.get("/session/broken")
    async def broken(request: Request) -> Any:
        session_of(request)["user"] = object()
        return {}

    @app.get("/session/after", dependencies=[engine.Depends(after)])
    async def late(request: Request) -> Any:
        session_of(request)["in"] = 1
        return {}
