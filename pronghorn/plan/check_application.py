"""Find mistakes in what surrounds the routes: routers, mounts, middleware, handlers, lifespans."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Router

from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import (
    SYNC_MANAGER,
    describe_callable,
    describe_value,
    did_you_mean,
    setup_error,
    user_error,
    why_not_callable_with,
)
from pronghorn.exceptions import (
    SetupAssertionError,
    SetupTypeError,
)


def check_router(router: Any) -> None:
    """Refuse to include an object that is not a router.

    Raises:
        SetupTypeError: The object is a class, an application, or does not have routes.
    """
    if inspect.isclass(router):
        raise _type_error(
            f"include_router() takes a router, not {describe_value(router)}",
            "an instance of it",
            f"router = {router.__name__}(), and then app.include_router(router)",
        )
    if isinstance(router, Starlette):
        raise _type_error(
            f"include_router() takes a router, not an application ({type(router).__name__})",
            "an application is mounted, with its own documentation and middleware",
            'app.mount("/prefix", other), or app.include_router(other.router) for its routes alone',
        )
    if isinstance(router, Router) or hasattr(router, "lifespan_context"):
        return
    inside = [name for name, value in _members(router) if isinstance(value, Router)]
    name = getattr(router, "__name__", "module").rpartition(".")[2]
    raise _type_error(
        f"include_router() takes a router, not {describe_value(router)}",
        f"Did you mean the router in it, {name}.{inside[0]}?" if inside else None,
        f"app.include_router({name}.{inside[0] if inside else 'router'})",
    )


def _members(value: Any) -> list[tuple[str, Any]]:
    return list(getattr(value, "__dict__", {}).items())


def check_mount(path: Any, app: Any) -> None:
    """Refuse a path or an application that `mount` cannot serve.

    Raises:
        SetupAssertionError: The path does not begin with `/`.
        SetupTypeError: The application does not take `scope`, `receive` and `send`.
    """
    if isinstance(path, str) and path and not path.startswith("/"):
        raise _assertion(
            "Routed paths must start with '/'",
            f"{path!r} was given",
            f"app.mount({'/' + path!r}, ...)",
        )
    if inspect.isclass(app) and why_not_callable_with(app, {}, None, None) is not None:
        raise _type_error(
            f"mount() takes an ASGI application, not {describe_value(app)}",
            "an instance of it",
            f"app.mount({path!r}, {app.__name__}(...))",
        )
    if not callable(app):
        raise _type_error(
            f"mount() takes an ASGI application, not {describe_value(app)}",
            None,
            f"app.mount({path!r}, StaticFiles(directory=...)), or another application",
        )


def check_middleware(factory: Any, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
    """Refuse an object that cannot wrap an application as middleware.

    Args:
        factory: The class, or the function that returns the middleware.
        args: Its positional arguments after the application.
        keywords: Its keyword arguments.

    Raises:
        SetupTypeError: The object is not callable, calling it returns a coroutine, or it does not
            accept the arguments.
    """
    if not callable(factory):
        raise _type_error(
            f"A middleware must be a class, not {describe_value(factory)}",
            f"{factory!r} was given",
            "app.add_middleware(CORSMiddleware, allow_origins=[...])",
        )
    if inspect.isfunction(factory) and inspect.iscoroutinefunction(factory):
        raise _type_error(
            "A middleware must be a class, not a coroutine function",
            f"{factory.__name__} takes a request and call_next",
            f'@app.middleware("http") above `async def {factory.__name__}`',
        )
    problem = why_not_callable_with(factory, None, *args, **keywords)
    if problem is None:
        return
    if not inspect.isclass(factory) and not inspect.isroutine(factory):
        name = type(factory).__name__
        raise _type_error(
            f"A middleware must be a class, not an object of class {name}",
            "the class was called: the framework does that at startup",
            f"app.add_middleware({name}, ...), with the arguments after the class",
        )
    raise _type_error(
        f"{factory.__name__} cannot be created: {problem}",
        _find_meant_keyword(factory, keywords),
        "the keywords of the middleware, after its class",
    )


def _find_meant_keyword(factory: Any, keywords: Mapping[str, Any]) -> str | None:
    known = [name for name in read_signature(factory).parameters if name != "app"]
    for name in keywords:
        close = did_you_mean(name, known) if name not in known else None
        if close is not None:
            return f"Did you mean {close!r}?"
    return None


def check_layers(middleware: Iterable[Any], handlers: Mapping[Any, Any]) -> None:
    """Refuse functions that cannot be called as the layers around the routes call them.

    Args:
        middleware: The middleware of an application.
        handlers: Its exception handlers.

    Raises:
        SetupTypeError: A function of `@app.middleware("http")` does not take a request and
            `call_next`, or an exception handler does not take a request and an exception.
    """
    base = sys.modules.get("starlette.middleware.base")
    for cls, _, keywords in middleware:
        dispatch = keywords.get("dispatch")
        if dispatch and base and cls.__init__ is base.BaseHTTPMiddleware.__init__:
            _check_two_arguments(dispatch, "HTTP middleware", "request: Request, call_next")
    for handler in handlers.values():
        if handler is not None:
            _check_two_arguments(
                handler, "An exception handler", "request: Request, error: Exception"
            )


def _check_two_arguments(function: Any, what: str, write: str) -> None:
    problem = why_not_callable_with(function, None, None)
    if problem is None:
        return
    name = getattr(function, "__name__", type(function).__name__)
    raise setup_error(
        f"{what} takes two arguments, which {name} does not",
        f"calling it says: {problem}",
        f"def {name}({write})",
        where=describe_callable(function),
        kind=SetupTypeError,
    )


def list_middleware(middleware: Iterable[Any]) -> list[Any]:
    """Return the members of `middleware=[...]`, which may be read only once.

    Raises:
        SetupTypeError: A member is neither a `Middleware` nor a class with its arguments.
    """
    if isinstance(middleware, Middleware):
        name = getattr(middleware.cls, "__name__", "CORSMiddleware")
        raise _type_error(
            "middleware must be a list, not one Middleware(...)",
            "the brackets were left out",
            f"middleware=[Middleware({name}, ...)]",
        )
    members = list(middleware)
    for found in members:
        if isinstance(found, Middleware):
            check_middleware(found.cls, found.args, found.kwargs)
        if not isinstance(found, Iterable) or isinstance(found, str):
            name = getattr(found, "__name__", "CORSMiddleware")
            raise _type_error(
                f"middleware=[...] takes Middleware(...), not {describe_value(found)}",
                "the class itself was given" if inspect.isclass(found) else None,
                f"middleware=[Middleware({name}, ...)], from starlette.middleware",
            )
    return members


def check_middleware_kind(kind: str) -> None:
    """Refuse an unknown kind of function middleware.

    Raises:
        SetupAssertionError: The kind is not `"http"`.
    """
    if kind != "http":
        raise _assertion(
            'Currently only middleware("http") is supported.',
            f"{kind!r} was given",
            '@app.middleware("http"), or a class for add_middleware() for WebSockets',
        )


def check_exception_keys(keys: Iterable[Any]) -> None:
    """Refuse keys of exception handlers that can never match.

    Raises:
        SetupTypeError: A key is neither a status code nor a class of exceptions.
    """
    for key in keys:
        if isinstance(key, int) or (inspect.isclass(key) and issubclass(key, BaseException)):
            continue
        meant = None
        if isinstance(key, str) and key.isdecimal():
            meant = key
        elif isinstance(key, BaseException):
            meant = type(key).__name__
        given = f"{key!r} was given"
        if inspect.isroutine(key):
            given = "the decorator was written without its exception"
        raise _type_error(
            "An exception handler is for a status code or a class of exceptions, "
            f"not {describe_value(key)}",
            f"Did you mean {meant}?" if meant else given,
            f"@app.exception_handler({meant or 'ValueError'})",
        )


def read_exception_handlers(handlers: Any) -> dict[Any, Any]:
    """Return a table of exception handlers, which may be given as pairs.

    Raises:
        SetupTypeError: It is not a dict, a key can never match, or a handler is not a function.
    """
    try:
        table = dict(handlers)
    except (TypeError, ValueError):
        raise _type_error(
            f"exception_handlers must be a dict, not {describe_value(handlers)}",
            None,
            "exception_handlers={ValueError: function}",
        ) from None
    check_exception_keys(table)
    for handler in table.values():
        check_exception_handler(handler)
    return table


def check_exception_handler(handler: Any) -> None:
    """Refuse a handler of exceptions that is not a function.

    Raises:
        SetupTypeError: It cannot be called, or is a response.
    """
    if handler is None:
        return  # The exception has no handler, as on FastAPI.
    if not callable(handler) or isinstance(handler, Response):
        is_response = isinstance(handler, Response)
        found = f"a {type(handler).__name__}" if is_response else describe_value(handler)
        raise _type_error(
            f"An exception handler must be a function, not {found}",
            "a response was given instead of a function that returns it" if is_response else None,
            "async def handler(request: Request, error: Exception) -> Response: ...",
        )


def check_lifespan(lifespan: Any) -> None:
    """Refuse an object that cannot be the lifespan of an application.

    Raises:
        SetupTypeError: The object is not callable, or is a coroutine function, which never yields.
    """
    if lifespan is None:
        return
    if not callable(lifespan) or type(lifespan).__module__ == "contextlib":
        found = describe_value(lifespan)
        if type(lifespan).__module__ == "contextlib":
            found = "a context manager"
        raise _type_error(
            f"A lifespan must be a function of the application, not {found}",
            "it was called: the framework does that at startup",
            "lifespan=lifespan, without parentheses",
        )
    if inspect.isfunction(lifespan) and inspect.iscoroutinefunction(lifespan):
        raise _type_error(
            f"The lifespan {lifespan.__name__} never yields",
            "startup and shutdown belong in one function, with a `yield` between them",
            f"@asynccontextmanager\nasync def {lifespan.__name__}(app):\n"
            "    ...  # startup\n    yield\n    ...  # shutdown",
        )
    name = getattr(lifespan, "__name__", type(lifespan).__name__)
    if getattr(lifespan, "__code__", None) is SYNC_MANAGER:
        raise _type_error(
            f"The lifespan {name} must be asynchronous",
            "@contextmanager makes a synchronous context manager",
            f"@asynccontextmanager above `async def {name}(app)`",
        )
    problem = why_not_callable_with(lifespan, None)
    if problem is not None:
        raise _type_error(
            f"A lifespan takes the application, which {name} does not",
            f"calling it says: {problem}",
            f"async def {name}(app)",
        )


def check_paths(routes: Iterable[Any]) -> None:
    """Refuse a path that no request can have, because it does not begin with a slash.

    Args:
        routes: The routes of an application that match by path, with their full paths.

    Raises:
        SetupAssertionError: A path begins with something else; a parameter may include the slash.
    """
    for route in routes:
        path, endpoint = getattr(route, "path", None), getattr(route, "endpoint", None)
        if not isinstance(path, str) or not path or path[0] in "/{" or endpoint is None:
            continue
        raise setup_error(
            f"The path {path!r} does not begin with '/', so no request has it",
            "the slash was left out",
            f"the path {'/' + path!r}",
            where=f"{path}, {describe_callable(endpoint)}",
            kind=SetupAssertionError,
        )


def check_event(event: str, known: Iterable[str]) -> None:
    """Refuse an unknown event.

    Raises:
        SetupAssertionError: The event is not one of the known ones.
    """
    known = list(known)
    if event not in known:
        close = did_you_mean(str(event), known)
        raise _assertion(
            f"There is no event {event!r}",
            f"Did you mean {close!r}?" if close else None,
            " or ".join(repr(name) for name in known),
        )


def _type_error(got: str, probably: str | None, write: str) -> SetupTypeError:
    return user_error(got, probably, write, kind=SetupTypeError)


def _assertion(got: str, probably: str | None, write: str) -> SetupAssertionError:
    return user_error(got, probably, write, kind=SetupAssertionError)
