"""The functions of generated stacks: what programs do in `@app.middleware("http")`.

A request decides by its headers which of them do something unusual.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

Call = Callable[[Request], Awaitable[Response]]


async def adding(request: Request, call_next: Call) -> Response:
    """Add a header, and `Vary`."""
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


async def replacing(request: Request, call_next: Call) -> Response:
    """Send another response in place of that of the application."""
    response = await call_next(request)
    if "x-replace" not in request.headers:
        return response
    return PlainTextResponse("replaced " * 100, headers={"x-was": str(response.status_code)})


async def collecting(request: Request, call_next: Call) -> Response:
    """Read the whole body of the response, and send it again."""
    response: Any = await call_next(request)
    body = b"".join([part async for part in response.body_iterator])
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)


async def wrapping(request: Request, call_next: Call) -> Response:
    """Change each part of the body of the response."""
    response: Any = await call_next(request)
    parts = response.body_iterator

    async def change() -> AsyncIterator[bytes]:
        async for part in parts:
            yield bytes(part).upper()

    response.body_iterator = change()
    return response


async def streaming(request: Request, call_next: Call) -> Response:
    """Make a stream of the body of the response, which then has no length."""
    response: Any = await call_next(request)
    return StreamingResponse(response.body_iterator, response.status_code, media_type="text/plain")


async def restating(request: Request, call_next: Call) -> Response:
    """Change the status, and take a header away."""
    response = await call_next(request)
    response.status_code += response.status_code == 200
    if "x-request" in response.headers:
        del response.headers["x-request"]
    return response


async def raising(request: Request, call_next: Call) -> Response:
    """Raise an error before the application has run, or after it."""
    when = request.headers.get("x-raise")
    if when == "before":
        raise KeyError(when)
    response = await call_next(request)
    if when == "after":
        raise TypeError(when)
    return response


async def swallowing(request: Request, call_next: Call) -> Response:
    """Answer the errors of the application."""
    try:
        return await call_next(request)
    except Exception as error:  # noqa: BLE001 - as programs do
        return JSONResponse({"swallowed": type(error).__name__}, 502)


async def following(request: Request, call_next: Call) -> Response:
    """Set a background task, which reads the session."""
    response = await call_next(request)

    async def look() -> None:
        request.state.looked = dict(request.scope.get("session", {}))

    response.background = BackgroundTask(look)
    return response


async def stating(request: Request, call_next: Call) -> Response:
    """Hand something to the application, and take it back from there."""
    request.state.tenant = "lamps"
    response = await call_next(request)
    response.headers["x-seen"] = str(getattr(request.state, "seen", None))
    return response


FUNCTIONS = {
    each.__name__: each
    for each in (
        *(adding, reading, refusing, replacing, collecting, wrapping, streaming, restating),
        *(raising, swallowing, following, stating),
    )
}
