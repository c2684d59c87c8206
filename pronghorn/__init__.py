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


find_elsewhere(__name__)
