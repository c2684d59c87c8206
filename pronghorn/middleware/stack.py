"""The layers around the routes of an application, from the outside in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, ExceptionHandler

from pronghorn.compile.dispatch import Pipeline
from pronghorn.compile.exact import general_mode
from pronghorn.compile.limits import BodyLimit, has_own_layer, own_limit
from pronghorn.compile.server_errors import AroundStarlette, Outermost, OuterPipeline
from pronghorn.core.monkeypatches import is_replaced, original
from pronghorn.core.private_names import has_names
from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from pronghorn.exceptions import RequestValidationError, WebSocketRequestValidationError
from pronghorn.middleware.layers import default_sizes, make_layer, sizes_of
from pronghorn.plan.check_application import (
    check_exception_handler,
    check_exception_keys,
    check_layers,
    check_middleware,
)
from pronghorn.run.error_headers import ErrorHeaders, MarkFailure
from pronghorn.run.errors import ErrorHandlers, HandlersOfScope

if TYPE_CHECKING:
    from pronghorn.middleware.known_instrumentation import IsIdle

#: Starlette's private names that `middleware/http.py` needs.
OF_CALL_NEXT = (
    "_CachedRequest.wrapped_receive",
    "_CachedRequest._wrapped_rcv_consumed",
    "_StreamingResponse",
)
WITHOUT_CHILD_TASKS = (
    '`@app.middleware("http")` runs in the way of Starlette: requests through it are slower, and '
    "it does not see the context variables that an endpoint sets."
)
#: Starlette's default.
PLAIN_CALL = original(Starlette, "__call__")


class Layered(Starlette):
    """Accepts middleware and exception handlers, and rejects objects that cannot be either."""

    def add_middleware(self, middleware_class: Any, *args: Any, **kwargs: Any) -> None:
        """Wrap everything that was added before in a middleware class with its arguments."""
        check_middleware(middleware_class, args, kwargs)
        super().add_middleware(middleware_class, *args, **kwargs)

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        """Serve an ASGI application below a path; see `APIRouter.mount`."""
        self.router.mount(path, app=app, name=name)

    def add_exception_handler(
        self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler
    ) -> None:
        """Register the handler for a class of exceptions or a status code.

        Args:
            exc_class_or_status_code: The class, or the status code of an `HTTPException`.
            handler: A function that takes the request and the exception, and returns a response.
        """
        check_exception_keys([exc_class_or_status_code])
        check_exception_handler(handler)
        super().add_exception_handler(exc_class_or_status_code, handler)


def layers_of(app: Any) -> ASGIApp:
    """Return an application with all of its layers.

    From the outside: the handler of unhandled errors, the limit of body sizes, the middleware of
    the user, exception handlers, routes. Without middleware it is one object with the same effect.
    """
    check_layers(app.user_middleware, app.exception_handlers)
    by_key = dict(app.exception_handlers)
    last_resort = by_key.pop(500, None) or by_key.get(Exception)
    by_key.pop(Exception, None)
    instrumented = is_stack_instrumented()
    know_server(app)
    # A library looks into Starlette's layers, so those have the handlers.
    errors = HandlersOfScope() if instrumented else ErrorHandlers(by_key)
    inner = Pipeline(app.router._answerer(), errors, app.router.lifespan)
    if instrumented or general_mode():
        return layers_in_asgi(app, inner, last_resort, by_key if instrumented else None)
    if not app.user_middleware and not has_own_layer(app):
        outer = OuterPipeline(inner, last_resort, app.debug)
        outer.default_sizes = default_sizes(app, inner)
        outer.error_headers = ErrorHeaders(()) if app.error_headers else None
        return outer
    # Many programs have no middleware.
    from pronghorn.middleware.compiled.build import compile_layers

    outermost, layers = compile_layers(app, inner, last_resort, child_task_of_layer())
    return with_error_headers(outermost, layers) if app.error_headers else outermost


def layers_in_asgi(app: Any, inner: Pipeline, last_resort: Any, handlers: Any) -> ASGIApp:
    """Return an application whose layers call each other, as in Starlette.

    Args:
        app: The application.
        inner: Its routes.
        last_resort: Its handler of unhandled errors.
        handlers: Its other error handlers if a library has instrumented Starlette's layers.
    """
    in_child_task = child_task_of_layer()
    is_instrumented = handlers is not None
    outermost = ServerErrorMiddleware if is_instrumented else Outermost
    middleware: list[Any] = [Middleware(outermost, handler=last_resort, debug=app.debug)]
    # Not a `Middleware`: no library is to wrap a layer that the program knows nothing of.
    middleware.append((BodyLimit, (), {"max_body_size": own_limit(app)}))
    sizes = sizes_of(app)
    if sizes is not None:
        from pronghorn.compile.default_sizes import DefaultSizes

        middleware.append((DefaultSizes, (), {"sizes": sizes, "owner": app.router}))
    middleware += app.user_middleware
    if is_instrumented:
        middleware.append(Middleware(ExceptionMiddleware, handlers=handlers, debug=app.debug))
        from pronghorn.middleware.known_instrumentation import find_idle_test  # Few programs.

        is_idle = None if general_mode() else find_idle_test()
        if is_idle is not None:
            return build_passed_by(app, inner, middleware, is_idle)
    if is_instrumented and app.error_headers:
        middleware.insert(1, (MarkFailure, (), {}))
    stack: Any = inner
    layers: list[Any] = []
    for cls, args, kwargs in reversed(middleware):
        layers.append(make_layer(cls, stack, args, kwargs))
        stack = in_child_task(layers[-1])
    return with_error_headers(stack, layers) if app.error_headers else stack


def is_stack_instrumented() -> bool:
    """Return True if a library has replaced parts of Starlette's layers: it must see those."""
    return (
        is_replaced(Middleware)
        or is_replaced(ExceptionMiddleware)
        or is_replaced(ServerErrorMiddleware)
        or is_replaced(Starlette, "build_middleware_stack")
    )


def build_passed_by(app: Any, inner: Pipeline, middleware: list[Any], is_idle: IsIdle) -> ASGIApp:
    """Return the layers of an application whose own ones a known library has wrapped.

    Args:
        app: The application.
        inner: The routes, whose errors the wrapped layers answer.
        middleware: The layers from the outside in: that of unhandled errors first, and that of
            exception handlers last.
        is_idle: Answers whether the library has nothing to do for a request.
    """
    from pronghorn.middleware.known_instrumentation import Either, handlers_of, let_pass

    (_, _, at_outermost), *between, (_, _, at_exceptions) = middleware
    if app.error_headers:
        between.insert(0, (MarkFailure, (), {}))
    last_resort = at_outermost["handler"]
    in_child_task = child_task_of_layer()
    exceptions = ExceptionMiddleware(inner, **at_exceptions)
    errors = ErrorHandlers(handlers_of(exceptions))
    own = Pipeline(app.router._answerer(), errors, app.router.lifespan)
    layers: list[Any] = [exceptions]
    stack: Any = Either(is_idle, own, exceptions)
    for cls, args, kwargs in reversed(between):
        layers.append(make_layer(cls, stack, args, kwargs))
        stack = in_child_task(layers[-1])
    instrumented: Any = ServerErrorMiddleware(stack, last_resort, app.debug)
    outermost = Outermost(stack, last_resort, app.debug)
    if not app.user_middleware and not has_own_layer(app):
        outermost = OuterPipeline(own, last_resort, app.debug)
        outermost.default_sizes = default_sizes(app, own)
    if app.error_headers:
        instrumented = with_error_headers(instrumented, layers)
        outermost.error_headers = ErrorHeaders(layers)
    return let_pass(is_idle, outermost, instrumented)


def with_error_headers(outermost: Any, layers: list[Any]) -> ASGIApp:
    """Return the outermost layer of an application, which adds headers to responses to errors.

    Args:
        outermost: The layer.
        layers: All layers, from the inside out.
    """
    added = ErrorHeaders(layers)
    if isinstance(outermost, Outermost):
        outermost.error_headers = added
        return outermost
    if isinstance(outermost, ServerErrorMiddleware):
        return AroundStarlette(outermost, added)
    return outermost  # type: ignore[no-any-return]  # a library has put its own in place


def child_task_of_layer() -> Callable[[ASGIApp], ASGIApp]:
    """Return a function that makes a layer of HTTP middleware run in a child task.

    If this Starlette lacks a private name that is needed, the function returns each layer
    unchanged.
    """
    if not has_names("starlette.middleware.base", OF_CALL_NEXT, WITHOUT_CHILD_TASKS):
        return lambda layer: layer
    # This loads AnyIO's asyncio backend, which `import pronghorn` does not need.
    from pronghorn.middleware.http import in_child_task

    return in_child_task


def know_server(app: Any) -> None:
    """Adapt an application to the server of this process.

    On uvicorn, responses take the short way of its protocol; on Granian, deviations from ASGI are
    corrected.
    """
    if "granian.asgi" in sys.modules:
        from pronghorn.adapters.granian import correct_application

        correct_application(app)
    if "uvicorn.protocols.http.httptools_impl" in sys.modules and not general_mode():
        from pronghorn.adapters.uvicorn.names import has_all_names

        if has_all_names():
            from pronghorn.adapters.uvicorn.cycle import install

            install()


def exception_handlers(given: Any) -> dict[Any, Callable[..., Any]]:
    """Return the exception handlers of an application: ours, unless the program has its own."""
    handlers: dict[Any, Callable[..., Any]] = {
        HTTPException: http_exception_handler,
        RequestValidationError: request_validation_exception_handler,
        WebSocketRequestValidationError: websocket_request_validation_exception_handler,
    }
    return {**handlers, **(given or {})}
