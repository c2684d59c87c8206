"""A fast framework for HTTP APIs, source-compatible with FastAPI.

The modules with FastAPI's import paths (`applications`, `routing`, `params`, ...), `as_fastapi` and
`hooks` are public. All internals are in folders. Modules import only from lines below their own::

    cli                              the command line
    devtools  telemetry              the page of `pronghorn dev`; OpenTelemetry
    applications                     the application
    routing  interop                 the router; private functions of FastAPI for libraries
    routes  middleware               route objects; the layers around the routes
    dependencies  adapters           FastAPI's view of dependencies; servers
    compile  security                plans are compiled to handlers; security schemes
    hooks  openapi                   extension points; the document, written from plans
    plan  run  declare               routes as frozen facts; functions for handlers; options
    params  responses                declarations of parameters; response classes
    fields                           a typed value: its names, validator, serialisation
    encoders  utils  background      small public modules
    exceptions  datastructures ...   modules of plain data
    core                             setup errors, records, revisions

`docs/explain/design.md` explains how they work together, and `docs/explain/follow-a-request.md`
follows one request through them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pronghorn.core.reexports import find_elsewhere

if TYPE_CHECKING:
    from starlette import status

    from pronghorn.applications import FastAPI
    from pronghorn.background import BackgroundTasks
    from pronghorn.datastructures import UploadFile
    from pronghorn.exceptions import HTTPException, WebSocketException
    from pronghorn.param_functions import (
        Body,
        Cookie,
        Depends,
        File,
        Form,
        Header,
        Path,
        Query,
        Security,
    )
    from pronghorn.requests import Request
    from pronghorn.responses import Response
    from pronghorn.routing import APIRouter
    from pronghorn.websockets import WebSocket, WebSocketDisconnect

__version__ = "0.2.0"

#: The FastAPI release whose programs run unchanged.
FASTAPI_VERSION = "0.165.0"

__all__ = [
    "FASTAPI_VERSION",
    "APIRouter",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "__version__",
    "status",
]

#: The module that defines each name. It is imported when the name is first used, so that the
#: command line and the processes beside the server start without the framework.
_HOMES = {
    "pronghorn.applications": ("FastAPI",),
    "pronghorn.background": ("BackgroundTasks",),
    "pronghorn.datastructures": ("UploadFile",),
    "pronghorn.exceptions": ("HTTPException", "WebSocketException"),
    "pronghorn.param_functions": (
        *("Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"),
    ),
    "pronghorn.requests": ("Request",),
    "pronghorn.responses": ("Response",),
    "pronghorn.routing": ("APIRouter",),
    "pronghorn.websockets": ("WebSocket", "WebSocketDisconnect"),
}


def _find(name: str) -> Any:
    """Return a public name of the framework, or one of its modules, at the first access."""
    if name == "status":
        value = globals()[name] = import_module("starlette.status")
        return value
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is not None:
        value = globals()[name] = getattr(import_module(home), name)
        return value
    try:  # `import pronghorn; pronghorn.responses.HTMLResponse`
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


if not TYPE_CHECKING:  # A type checker that sees this function accepts every name.
    __getattr__ = _find


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


find_elsewhere(__name__)
