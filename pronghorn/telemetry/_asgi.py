"""A layer around an application, outside of all its middleware, that observes its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.context import attach, detach, set_value
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pronghorn.background import around_task
from pronghorn.core.reexports import find_elsewhere
from pronghorn.hooks import WATCHER, CompiledRoute, Handler, mount
from pronghorn.run.exchange import Exchange
from pronghorn.run.route_template import layers
from pronghorn.telemetry import _runtime
from pronghorn.telemetry.config import settings_of
from pronghorn.telemetry.conventions import is_answer
from pronghorn.telemetry.data import CELL_KEY
from pronghorn.telemetry.observation import (
    HttpObservation,
    KnownAtStartup,
    Observation,
    code_of,
)
from pronghorn.telemetry.providers import Signals

#: The packages of instrumentations with a middleware of their own.
INSTRUMENTATIONS = "opentelemetry.instrumentation"


class NativeTelemetry:
    """Observes the requests of one application while any provider is in force.

    Args:
        config: See `pronghorn.telemetry.TelemetryConfig`; copied.

    Raises:
        SetupError: An option is unknown or cannot work.
    """

    def __init__(self, config: Any) -> None:
        self._settings = settings_of(config)
        self._config = dict(config)
        self._signals = Signals(self._settings)
        self._known = KnownAtStartup(self._settings.operation_spans)
        self._stack: Any = None
        self._has_other = False

    async def __call__(self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Call `app`; see `pronghorn.hooks.Around`."""
        if scope["type"] == "lifespan":
            await _runtime.lifespan(
                config=self._config, app=app, scope=scope, receive=receive, send=send
            )
            return
        in_force = self._signals.in_force()
        if (
            in_force is None
            or WATCHER in scope
            or self._is_instrumented(scope.get("app"))
            or (scope["type"] != "http" and not in_force.sees_connections)
        ):
            # An outer layer observes the request already, or nobody wants to know of it.
            await app(scope, receive, send)
            return
        exclude = self._settings.exclude
        if exclude is not None and exclude(scope):
            with _Unobserved(scope):
                await app(scope, receive, send)
            return
        mount(report_if_asked)
        kind = HttpObservation if scope["type"] == "http" else Observation
        await _observe(kind(scope, in_force, self._known), app, receive, send)

    def is_active(self) -> bool:
        """Return True if a provider is in force."""
        return self._signals.in_force() is not None

    def _is_instrumented(self, application: Any) -> bool:
        """Return True if the stack of middleware contains an instrumentation of OpenTelemetry."""
        stack = getattr(application, "middleware_stack", None)
        if stack is not self._stack:
            self._stack = stack
            kinds = [type(layer) for layer in layers(stack)]
            kinds += [item.cls for item in getattr(application, "user_middleware", ())]
            self._has_other = any(
                str(getattr(kind, "__module__", "")).startswith(INSTRUMENTATIONS) for kind in kinds
            )
        return self._has_other


class _Unobserved:
    """Takes the place of an observation: nothing inside of this request is observed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __enter__(self) -> None:
        self._token = attach(set_value(CELL_KEY, None))
        self._task_token = around_task.set(None)
        self._scope[WATCHER] = None

    def __exit__(self, *exc_info: object) -> None:
        self._scope.pop(WATCHER, None)
        around_task.reset(self._task_token)
        detach(self._token)


async def _observe(observation: Observation, app: ASGIApp, receive: Receive, send: Send) -> None:
    scope = observation.scope
    observation.begin()
    try:
        await app(scope, observation.receive_from(receive), observation.send_to(send))
    except BaseException as error:
        if isinstance(error, WebSocketDisconnect) and is_answer(error):
            observation.finish(None)
            raise
        observation.finish(error)
        if isinstance(error, Exception):
            observation.record_failure(error)
        raise
    else:
        observation.finish(None)
    finally:
        observation.end()


def report_if_asked(route: CompiledRoute) -> Handler | None:
    """Return a handler that reports the stages of observed requests; the hook for routes."""
    plain, staged = route.handler, route.staged
    code = code_of(route.plan.endpoint)

    async def answer(exchange: Exchange, path: Mapping[str, Any]) -> None:
        observation = exchange.scope.get(WATCHER)
        if observation is None:
            await plain(exchange, path)
        else:
            observation.enter_route(code)
            await staged(exchange, path)

    return answer


find_elsewhere(__name__)
