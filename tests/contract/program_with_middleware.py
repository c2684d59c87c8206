"""The contract program behind middleware: compiled layers on both sides of a function."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware

from pronghorn import Request, Response

# A second copy: the tests also serve the program without middleware, in the same process.
_spec = spec_from_file_location("contract_program_again", Path(__file__).with_name("program.py"))
assert _spec is not None
assert _spec.loader is not None
_module = module_from_spec(_spec)
sys.modules[_spec.name] = _module
_spec.loader.exec_module(_module)

app = _module.app
app.add_middleware(SessionMiddleware, secret_key="a")
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])


@app.middleware("http")
async def say_hello(request: Request, call_next: Any) -> Response:
    response: Response = await call_next(request)
    response.headers["x-middleware"] = "hello"
    return response


@app.get("/visits")
async def count_visits(request: Request) -> dict[str, int]:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return {"visits": request.session["visits"]}


app.add_middleware(GZipMiddleware, minimum_size=1_000_000)
