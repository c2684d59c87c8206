"""A program with its own handler of 404, which returns what it sees of the request."""

from __future__ import annotations

from pronghorn import FastAPI, HTTPException, Request
from pronghorn.responses import JSONResponse

app = FastAPI()


@app.get("/text")
async def text() -> str:
    return "text"


@app.exception_handler(404)
async def nothing_here(request: Request, error: HTTPException) -> JSONResponse:
    seen = {
        "detail": error.detail,
        "path": request.url.path,
        "query": request.url.query,
        "text": request.url_for("text").path,
        "route": "route" in request.scope,
        "path_params": request.path_params,
        "app": request.app is app,
        "router": request.scope["router"] is app.router,
    }
    return JSONResponse(seen, status_code=404)
