"""A fast framework for HTTP APIs, source-compatible with FastAPI.

The paths that FastAPI's users know (`applications`, `routing`, `params`, ...), `as_fastapi` and
`hooks` are public. Everything else is in a folder, and an import goes down this list only::

    cli                              the command line
    devtools  telemetry              the page of `pronghorn dev`; OpenTelemetry
    applications                     the application
    routing  interop                 the router; what libraries import of FastAPI's inside
    routes  middleware               route objects; what stands around them
    dependencies  adapters           FastAPI's view of dependencies; servers
    compile  security                a plan becomes a handler; security schemes
    hooks  openapi                   what batteries build on; the document, written from plans
    plan  run  declare               routes as frozen facts; what handlers call; options
    params  responses                declarations of parameters; response classes
    fields                           a typed value: names, validator, serialisation
    encoders  utils  background      small public modules
    exceptions  datastructures ...   nouns
    core                             setup errors, records, revisions

`docs/explain/design.md` tells how they work together, `docs/explain/follow-a-request.md` the way
of one request.
"""

from starlette import status

from pronghorn.applications import FastAPI
from pronghorn.background import BackgroundTasks
from pronghorn.core.reexports import find_elsewhere
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

__version__ = "0.1.0"

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


find_elsewhere(__name__)
