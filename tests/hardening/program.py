"""The program that is attacked, on the framework that `HARDENING_FRAMEWORK` names."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocket

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
app = framework.FastAPI()
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@app.api_route("/", methods=METHODS, include_in_schema=False)
@app.api_route("/echo", methods=METHODS, include_in_schema=False)
async def echo(request: Request) -> dict[str, Any]:
    """Say what has arrived."""
    body = await request.body()
    names = [name for name, _ in request.scope["headers"]]
    fields: dict[str, str] = {}
    for name, value in request.headers.items():
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return {
        "method": request.method,
        "version": request.scope["http_version"],
        "path": request.scope["path"],
        "query": request.scope["query_string"].decode("latin-1"),
        "url": str(request.url),
        "host": request.headers.get("host"),
        "hosts": names.count(b"host"),
        "names": [name.decode("latin-1") for name in names],
        "fields": fields,
        "body": body.decode("latin-1"),
    }


@app.get("/live")
def live() -> dict[str, str]:
    """Answer at once, in a thread."""
    return {"status": "live"}


@app.get("/after")
async def after() -> dict[str, str]:
    """Answer the request by which the judge finds out whether a connection is open."""
    return {"status": "after"}


@app.get("/slow", status_code=202)
async def slow() -> dict[str, str]:
    """Answer later."""
    await asyncio.sleep(0.1)
    return {"status": "slow"}


@app.api_route("/stream", methods=["GET", "HEAD"], include_in_schema=False)
async def stream() -> StreamingResponse:
    """Answer in parts, without a length."""

    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two ", b"three"):
            yield part

    return StreamingResponse(parts(), media_type="text/plain")


@app.post("/early")
async def early() -> JSONResponse:
    """Answer without reading the body."""
    return JSONResponse({"status": "early"}, 401)


@app.get("/status/{code}")
async def status(code: int) -> Response:
    """Answer with a status and no body."""
    return Response(status_code=code)


@app.get("/reflect")
async def reflect(value: str) -> Response:
    """Answer with a header that the client has chosen."""
    return Response(headers={"X-Reflected": value})


@app.api_route("/fails", methods=["GET", "HEAD"], include_in_schema=False)
async def fails() -> None:
    """Fail."""
    raise RuntimeError("It fails on purpose.")


@app.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    """Accept, and wait for the client to leave."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def wrapped(scope: Any, receive: Any, send: Any) -> None:
    """Pass everything on: an application that no short way leads to."""
    await app(scope, receive, send)
