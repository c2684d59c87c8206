"""The enums that plans and engines share: kinds of calls, bodies, streams and injected values.

`plan` and `run` must not import each other, so their common vocabulary is defined here. A member
of a `StrEnum` equals its text, which `pronghorn explain` prints.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, Literal, NamedTuple, get_args

from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.core.trigger import Trigger

#: The parts of a request that a call may read, in the order in which errors are reported.
Location = Literal["path", "query", "header", "cookie", "body"]
LOCATIONS: tuple[Location, ...] = get_args(Location)


class CallKind(StrEnum):
    """The kind of a callable, which decides how it is run."""

    COROUTINE = "coroutine"
    THREAD = "thread"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async generator"
    #: Not called in a request: the value was made when the application started.
    APP_VALUE = "value of the application"


GENERATORS = (CallKind.GENERATOR, CallKind.ASYNC_GENERATOR)


class BodyKind(StrEnum):
    """The format of a request body."""

    JSON = "json"
    FORM = "form"


class StreamKind(StrEnum):
    """The wire format for the items of a generator endpoint."""

    JSON_LINES = "json lines"
    SERVER_SENT_EVENTS = "server-sent events"
    RAW = "raw"


class InjectedKind(Enum):
    """An object that a parameter receives because of its type alone, without a marker.

    `run.injected.SOURCES` maps each kind to its source.

    Attributes:
        words: The name of the kind in texts for people.
        annotation: The type of the parameter; subclasses match too.
        attribute: The attribute of `Dependant` that holds the name of the parameter.
    """

    REQUEST = "request", Request, "request_param_name"
    WEBSOCKET = "websocket", WebSocket, "websocket_param_name"
    CONNECTION = "connection", HTTPConnection, "http_connection_param_name"
    RESPONSE = "response", Response, "response_param_name"
    BACKGROUND_TASKS = "background tasks", BackgroundTasks, "background_tasks_param_name"
    SECURITY_SCOPES = "security scopes", SecurityScopes, "security_scopes_param_name"
    TRIGGER = "trigger", Trigger, "trigger_param_name"

    def __init__(self, words: str, annotation: type[Any], attribute: str) -> None:
        self.words = words
        self.annotation = annotation
        self.attribute = attribute


class Injected(NamedTuple):
    """One parameter that receives an object of the exchange, such as the request itself."""

    name: str
    kind: InjectedKind
