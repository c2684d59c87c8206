"""The program inside of generated stacks."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from tests.differential.stack_functions import FUNCTIONS
from tests.differential.stack_layers import CLASSES, Recording
from tests.differential.stacks import Layer, StackOfLayers

BIG = [{"name": f"lamp {number}", "price": number} for number in range(40)]
#: Options of pronghorn with which these programs answer as on FastAPI.
AS_FASTAPI: dict[str, Any] = {"auto_head": False, "error_headers": False}


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

    @app.get("/tenant")
    async def tenant(request: Request) -> Any:
        request.state.seen = 1
        return getattr(request.state, "tenant", None)

    @app.websocket("/talk")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept(headers=[(b"x-session", b"%d" % ("session" in websocket.scope))])
        await websocket.send_text(await websocket.receive_text())
        # On pronghorn, one that is left open is closed with 1011; see `differences.md`.
        await websocket.close(3000)
        raise KeyError("after the conversation")

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

    @app.get("/unsized")
    async def unsized() -> Any:
        class Unsized(Response):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                headers = [(b"content-type", b"text/plain")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": text.encode()})

        return Unsized()

    @app.get("/not-modified")
    async def not_modified() -> Any:
        return Response(status_code=304, headers={"etag": '"1"', "vary": "Accept"})

    @app.get("/reset")
    async def reset() -> Any:
        return Response(status_code=205)

    @app.get("/redirect")
    async def redirect() -> Any:
        return RedirectResponse("/small", 303)

    app.mount("/static", StaticFiles(directory=Path(file).parent))

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
