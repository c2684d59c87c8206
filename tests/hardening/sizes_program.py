"""A program that reads bodies, forms and files, on the framework that is attacked."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from starlette.requests import Request

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
responses = importlib.import_module(f"{framework.__name__}.responses")
static = importlib.import_module(f"{framework.__name__}.staticfiles")
#: The file that is sent in ranges: this one.
FILE = Path(__file__)
app = framework.FastAPI()
app.mount("/static", static.StaticFiles(directory=FILE.parent))


@app.get("/")
async def read() -> str:
    """Answer."""
    return "ok"


@app.post("/stream")
async def stream(request: Request) -> int:
    """Read the body in parts, as it comes."""
    return sum([len(part) async for part in request.stream()])


@app.post("/json")
async def parse(items: list[Any]) -> int:
    """Parse the body as JSON."""
    return len(items)


@app.post("/large", max_body_size=40 * 1_048_576)
async def large(items: list[Any]) -> int:
    """Parse more than the server allows by default, because the program says so."""
    return len(items)


@app.post("/form")
async def form(request: Request) -> int:
    """Parse a form."""
    return len((await request.form()).multi_items())


@app.get("/file")
async def file() -> Any:
    """Send a file, or ranges of it."""
    return responses.FileResponse(FILE)
