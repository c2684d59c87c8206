"""One request or connection: its spans, its metrics and its log records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter, time_ns
from types import TracebackType
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import attach, detach, get_current, set_value
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from pronghorn.background import around_task
from pronghorn.core.path_patterns import INSIDE
from pronghorn.hooks import WATCHER
from pronghorn.plan.model import AnyPlan, WebSocketPlan
from pronghorn.run.route_template import route_template
from pronghorn.telemetry.conventions import (
    Attributes,
    HeaderGetter,
    is_answer,
    list_methods,
    metric_attributes,
    name_function,
    protocol_attributes,
    request_method,
    span_attributes,
    type_name,
)
from pronghorn.telemetry.data import CELL_KEY, Cell
from pronghorn.telemetry.providers import InForce, Instruments

GETTER = HeaderGetter()


class SpanAround:
    """A span for one operation inside a request, current while the operation runs.

    Args:
        attributes: The attribute that names the function that the operation calls.
        answers_may_be_raised: Do not treat exceptions such as HTTPException as failures.
    """

    __slots__ = ("_answers_may_be_raised", "_attributes", "_name", "_span", "_token", "_tracer")

    def __init__(
        self, tracer: Tracer, name: str, attributes: Attributes, *, answers_may_be_raised: bool
    ) -> None:
        self._tracer = tracer
        self._name = name
        self._attributes = attributes
        self._answers_may_be_raised = answers_may_be_raised

    def __enter__(self) -> None:
        # The SDK would look for the current context three times.
        context = get_current()
        span = self._span = self._tracer.start_span(
            self._name, context, attributes=self._attributes
        )
        self._token = attach(trace.set_span_in_context(span, context))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        detach(self._token)
        if error is not None and not (self._answers_may_be_raised and is_answer(error)):
            set_failed(self._span, type_name(error))
        self._span.end()


#: Stands for the span of a stage where there is none.
NO_SPAN = nullcontext()


def code_of(function: Any) -> Attributes:
    """Return the attribute that names a function."""
    return {"code.function.name": name_function(function)}


def set_failed(span: Span, error_type: str) -> None:
    """Mark a span as failed; the log record contains the error itself."""
    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)


class KnownAtStartup:
    """The facts that are the same for all requests of an application.

    Args:
        has_operations: Whether the stages of a route have spans of their own.
    """

    __slots__ = ("has_operations", "methods")

    def __init__(self, has_operations: bool) -> None:
        self.has_operations = has_operations
        self.methods = list_methods()


class Observation:
    """Observes one WebSocket connection (see `pronghorn.hooks.Watcher`).

    Call `begin` before the application, then `finish` and perhaps `record_failure`, and last `end`.

    Args:
        scope: The scope of the connection.
        in_force: Creates spans and log records.
        known: What was known before the request.
    """

    event_name = "fastapi.websocket.exception"
    failure = "Unhandled exception in FastAPI WebSocket connection"

    def __init__(self, scope: Scope, in_force: InForce, known: KnownAtStartup) -> None:
        self.scope = scope
        self._outer_scope = scope
        self._root_path = scope.get("root_path", "").rstrip("/")
        self.method = method = self._method(known)
        self.span_name = "HTTP" if method == "_OTHER" else method
        self._logger = in_force.logger
        self._mounts = len(scope.get(INSIDE, ()))
        self._code: Attributes = {}
        self._named: str | None = None
        #: The route and the mounts around it that were seen last, and their path template.
        self._route_seen: tuple[Any, Any, str | None] = (None, None, None)
        self._is_over = False
        self._cell = Cell()
        tracer = in_force.tracer
        self._tracer = tracer if known.has_operations else None
        context = propagate.extract(scope["headers"], getter=GETTER)
        self.span: Span | None = None
        if tracer is not None:
            span = self.span = tracer.start_span(
                self.span_name,
                context,
                SpanKind.SERVER,
                attributes=span_attributes(scope, method),
            )
            context = trace.set_span_in_context(span, context)
            if in_force.drops_inside and not span.is_recording():
                self._tracer = None
        self.context = set_value(CELL_KEY, self._cell, context)

    def _method(self, known: KnownAtStartup) -> str:
        return "WS"

    def begin(self) -> None:
        """Make the context of the request the current one."""
        self._token = attach(self.context)
        self._task_token = around_task.set(self.task if self._tracer else None)
        self._outer_scope[WATCHER] = self

    def end(self) -> None:
        """Leave the context of the request, and drop everything that refers to it."""
        self._outer_scope.pop(WATCHER, None)
        around_task.reset(self._task_token)
        detach(self._token)
        self._cell.data = None
        self.scope = self._outer_scope = {}
        self._route_seen = (None, None, None)

    # --- receive and send of the application ------------------------------------------------

    def receive_from(self, receive: Receive) -> Receive:
        """Return the `receive` for the application."""
        return receive

    def send_to(self, send: Send) -> Send:
        """Return the `send` for the application."""
        return send

    # --- the stages of the route ------------------------------------------------------------

    def enter_route(self, code: Attributes) -> None:
        """Record the route, whose handler begins.

        Args:
            code: The attribute that names its endpoint.
        """
        self._code = code
        span = self.span
        if span is not None and span.is_recording():
            self._name(span)

    def _name(self, span: Span) -> None:
        route = self.route()
        if route is not None and route != self._named:
            self._named = route
            span.set_attribute("http.route", route)
            span.update_name(f"{self.span_name} {route}")

    def started(self, connection: HTTPConnection, plan: AnyPlan) -> None:
        """Record the start of a route; see `pronghorn.hooks.Watcher`."""
        self.scope = connection.scope  # Middleware may have created a scope of its own.
        data: Any = self._cell.data
        if data is not None:
            setattr(data, "websocket" if isinstance(plan, WebSocketPlan) else "request", connection)

    def body_read(self, body: Any) -> None:
        if self._cell.data is not None:
            self._cell.data.body = body

    def unreadable(self, body: Any, errors: Sequence[Any]) -> None:
        self.body_read(body)
        self._record_invalid(errors)

    def solved(self, arguments: Mapping[str, Any], errors: Sequence[Any]) -> None:
        if self._cell.data is not None:
            self._cell.data.values = dict(arguments)
            self._cell.data.errors = errors
        if errors:
            self._record_invalid(errors)

    def stage(self, name: str) -> AbstractContextManager[None]:
        if self._tracer is None:
            return NO_SPAN
        return SpanAround(self._tracer, f"fastapi.{name}", self._code, answers_may_be_raised=True)

    def task(self, task: BackgroundTask) -> AbstractContextManager[None]:
        """Return a context manager to run a background task in."""
        if self._tracer is None:
            return NO_SPAN
        code = code_of(getattr(task, "func", task))
        return SpanAround(
            self._tracer, "fastapi.background_task", code, answers_may_be_raised=False
        )

    # --- the end ----------------------------------------------------------------------------

    def finish(self, error: BaseException | None) -> None:
        """End the span of the server, and measure; only once.

        Args:
            error: The exception of the application, or None.
        """
        if not self._is_over:
            self._is_over = True
            self._end_span(None if error is None else type_name(error), None, None)

    def _end_span(self, error_type: str | None, status: int | None, at: int | None) -> None:
        span = self.span
        if span is None:
            return
        if span.is_recording():
            self._name(span)
            if status is not None:
                span.set_attribute("http.response.status_code", status)
            if error_type is not None:
                set_failed(span, error_type)
        span.end(at)

    def route(self) -> str | None:
        """Return the path template of the route, as far as it is known."""
        scope, (seen, mounts, template) = self.scope, self._route_seen
        route, inside = scope.get("route"), scope.get(INSIDE)
        if route is None or route is not seen or inside is not mounts:
            template = route_template(scope, self._root_path, self._mounts)
            self._route_seen = (route, inside, template)
        return template

    def _record_invalid(self, errors: Sequence[Any]) -> None:
        if self._cell.data is not None:
            self._cell.data.errors = errors
        if self._logger is None:
            return
        self._logger.emit(
            timestamp=time_ns(),
            context=self.context,
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            body="Request validation failed",
            event_name="fastapi.validation.failed",
            attributes={**self._where(), "fastapi.validation.error_count": len(errors)},
        )

    def _where(self) -> Attributes:
        route = self.route()
        return {} if route is None else {"http.route": route}

    def record_failure(self, error: Exception) -> None:
        """Record an exception that was not handled."""
        if self._logger is None:
            return
        self._logger.emit(
            timestamp=time_ns(),
            context=self.context,
            severity_number=SeverityNumber.ERROR,
            severity_text="ERROR",
            body=self.failure,
            event_name=self.event_name,
            attributes={**self._where(), "exception.type": type_name(error)},
            exception=error,
        )


class HttpObservation(Observation):
    """Observes one HTTP request, to the last byte of its response and on to its last task."""

    event_name = "http.server.request.exception"
    failure = "Unhandled exception in FastAPI request"

    def __init__(self, scope: Scope, in_force: InForce, known: KnownAtStartup) -> None:
        super().__init__(scope, in_force, known)
        self._instruments = instruments = in_force.instruments
        self._grouped_by: Attributes = {}
        self._status: int | None = None
        self._has_trailers = False
        self._client_left = False
        #: Nanoseconds since 1970 and a clock reading at the end of the response.
        self._complete: tuple[int, float] | None = None
        self._started = perf_counter()
        if instruments is not None:
            self._grouped_by = metric_attributes(scope, self.method)
            self._protocol = protocol_attributes(scope)
            instruments.active.add(1, self._grouped_by, context=self.context)

    def _method(self, known: KnownAtStartup) -> str:
        return request_method(self.scope, known.methods)

    def receive_from(self, receive: Receive) -> Receive:
        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._client_left = True
            return message

        return receive_and_note

    def send_to(self, send: Send) -> Send:
        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                self._has_trailers = message.get("trailers", False)
            await send(message)
            if self._complete is None and self._completes(message):
                self._complete = (time_ns(), perf_counter())
                # A server error may be followed by its exception, which says more.
                if self._status is not None and self._status < 500:
                    self.finish(None)

        return send_and_note

    def _completes(self, message: Message) -> bool:
        kind = message["type"]
        if kind == "http.response.trailers":
            return not message.get("more_trailers", False)
        if self._has_trailers:
            return False
        if kind == "http.response.body":
            return not message.get("more_body", False)
        return bool(kind == "http.response.pathsend")

    def finish(self, error: BaseException | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        ended_at, clock = self._complete or (None, perf_counter())
        error_type = self._error_type(error)
        if self._instruments is not None:
            self._measure(self._instruments, clock - self._started, error_type)
        self._end_span(error_type, self._status, ended_at)

    def _error_type(self, error: BaseException | None) -> str | None:
        if error is not None:
            return type_name(error)
        if self._complete is None:
            return "ConnectionError" if self._client_left else "RuntimeError"
        return str(self._status) if self._status is not None and self._status >= 500 else None

    def _measure(self, instruments: Instruments, seconds: float, error_type: str | None) -> None:
        route = self.route()
        attributes = {**self._grouped_by, **self._protocol}
        if self._status is not None:
            attributes["http.response.status_code"] = self._status
        if route is not None:
            attributes["http.route"] = route
        if error_type is not None:
            attributes["error.type"] = error_type
        instruments.active.add(-1, self._grouped_by, context=self.context)
        instruments.duration.record(seconds, attributes, context=self.context)
