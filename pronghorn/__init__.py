"""A fast framework for HTTP APIs, source-compatible with FastAPI.

General layout, from the bottom up; a module imports only from layers above it in this list:

- vocabulary: ``exceptions diagnostics fields datastructures types encoders responses requests
  websockets background concurrency sse`` - nouns, on Starlette and Pydantic only
- declare: ``options params param_functions`` - what the user wrote, recorded as data
- plan: ``plan/`` - a route and its inclusions become frozen facts; pure functions
- run: ``run/`` - the small primitives that handlers call; knows no plan
- compile: ``compile/`` - a plan becomes one specialised handler; the only place to know both
- views: ``openapi/`` reads plans, ``adapters/`` call compiled applications
- surface: ``verbs routing applications dependencies middleware testclient as_fastapi`` ...
- batteries and tools: ``security/ telemetry/`` ..., ``cli/ devtools/ testing/``
"""

from starlette import status

from pronghorn.applications import FastAPI
from pronghorn.background import BackgroundTasks
from pronghorn.datastructures import UploadFile
from pronghorn.exceptions import HTTPException, WebSocketException
from pronghorn.incidental import find_elsewhere
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
