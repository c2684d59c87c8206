"""The words that plans and engines share: what there is of each kind.

`plan` and `run` may not import each other, so what both speak of stands here. A member of these
enums equals its text, which is what people read in `pronghorn explain`.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, Literal, NamedTuple, get_args

from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pronghorn.core.security_scopes import SecurityScopes

#: Where a call may read values, in the order in which errors are reported.
Location = Literal["path", "query", "header", "cookie", "body"]
LOCATIONS: tuple[Location, ...] = get_args(Location)


class CallKind(StrEnum):
    """How a callable must be run."""

    COROUTINE = "coroutine"
    THREAD = "thread"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async generator"


GENERATORS = (CallKind.GENERATOR, CallKind.ASYNC_GENERATOR)


class BodyKind(StrEnum):
    """How the bytes of a body are understood."""

    JSON = "json"
    FORM = "form"


class StreamKind(StrEnum):
    """What a generator endpoint's items become on the wire."""

    JSON_LINES = "json lines"
    SERVER_SENT_EVENTS = "server-sent events"
    RAW = "raw"


class InjectedKind(Enum):
    """What a parameter receives because of its type alone, with no marker.

    `run.injected.SOURCES` says where each comes from.

    Attributes:
        words: What people call it.
        annotation: The class of the parameter; subclasses count, too.
        attribute: The attribute of `Dependant` with the name of the parameter.
    """

    REQUEST = "request", Request, "request_param_name"
    WEBSOCKET = "websocket", WebSocket, "websocket_param_name"
    CONNECTION = "connection", HTTPConnection, "http_connection_param_name"
    RESPONSE = "response", Response, "response_param_name"
    BACKGROUND_TASKS = "background tasks", BackgroundTasks, "background_tasks_param_name"
    SECURITY_SCOPES = "security scopes", SecurityScopes, "security_scopes_param_name"

    def __init__(self, words: str, annotation: type[Any], attribute: str) -> None:
        self.words = words
        self.annotation = annotation
        self.attribute = attribute


class Injected(NamedTuple):
    """One parameter that receives a part of the exchange, such as the request itself."""

    name: str
    kind: InjectedKind
