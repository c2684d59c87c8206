"""A program that copies what a client sends into every kind of header, and logs it."""

from __future__ import annotations

from typing import Any

from pronghorn import FastAPI, Response
from pronghorn.responses import FileResponse, JSONResponse, RedirectResponse

app = FastAPI(openapi_url=None)


@app.get("/live")
async def live() -> str:
    return "live"


@app.get("/value")
async def value(h: str) -> Response:
    return Response("x", headers={"x-copy": h})


@app.get("/name")
async def name(h: str) -> Response:
    return JSONResponse("x", headers={h: "1"})


@app.get("/injected")
async def injected(h: str, response: Response) -> str:
    response.headers["x-copy"] = h
    return "x"


@app.get("/type")
async def type_(h: str) -> Response:
    return Response("x", media_type=h)


@app.get("/location")
async def location(h: str) -> Response:
    return RedirectResponse(h)


@app.get("/cookie")
async def cookie(h: str, response: Response) -> str:
    response.set_cookie("copy", h)
    return "x"


@app.get("/cookie-path")
async def cookie_path(h: str, response: Response) -> str:
    response.set_cookie("copy", "x", path=h)
    return "x"


@app.get("/filename")
async def filename(h: str) -> Response:
    return FileResponse(__file__, filename=h)


@app.get("/raw")
async def raw(h: str) -> Response:
    response = Response("x")
    pairs: Any = [(b"x-copy", h.encode("utf-8"))]
    response.raw_headers = [*response.raw_headers, *pairs]
    return response
