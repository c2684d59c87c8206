"""Find mistakes that a declaration alone reveals, before it is planned."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from typing import Any, get_args

from starlette.convertors import CONVERTOR_TYPES
from starlette.routing import Router, compile_path

from pronghorn.core.setup_errors import (
    describe_value,
    did_you_mean,
    setup_error,
    user_error,
)
from pronghorn.exceptions import (
    PydanticV1NotSupportedError,
    SetupAssertionError,
    SetupError,
    SetupTypeError,
    SetupValueError,
)
from pronghorn.fields.annotations import is_alias, is_class, strip_metadata, union_members


def parse_path(path: str) -> tuple[Any, str, dict[str, Any]]:
    """Return the regex of a path, the path without convertors, and the convertors by name.

    Raises:
        SetupError: The path names a parameter twice, or has an unknown convertor.
    """
    try:
        return compile_path(path)
    except ValueError as error:
        raise user_error(
            str(error),
            "two parts of the path, perhaps one in a prefix, have the same name",
            "another name for one of them, in the path and in the function",
            kind=SetupValueError,
        ) from None
    except AssertionError as error:
        close = did_you_mean(str(error).partition("'")[2].rstrip("'"), CONVERTOR_TYPES)
        raise user_error(
            str(error),
            f"Did you mean {close!r}?" if close else None,
            "one of: " + ", ".join(CONVERTOR_TYPES),
            kind=SetupAssertionError,
        ) from None


def check_operation(endpoint: Any, methods: Any, response_class: Any, status_code: Any) -> None:
    """Refuse arguments that cannot form an operation.

    Raises:
        SetupError: The endpoint or the response class is not callable, the methods are not a list
            of strings, or the status code is not a number.
    """
    if not callable(endpoint):
        raise _assertion(
            "An endpoint must be a callable",
            f"{endpoint!r} was given",
            "the endpoint function itself, without calling it",
        )
    if isinstance(methods, str) or not all(isinstance(name, str) for name in methods):
        raise _type_error(
            "methods must be a list of names",
            f"methods={methods!r} was given",
            f"methods={[methods] if isinstance(methods, str) else ['GET']!r}",
        )
    if not callable(response_class):
        raise _type_error(
            f"A response class must be a class, not {describe_value(response_class)}",
            f"response_class={response_class!r} was given",
            "response_class=HTMLResponse, imported from pronghorn.responses",
        )
    if status_code is not None and not _is_number(status_code):
        raise _type_error(
            f"A status code must be a number, not {describe_value(status_code)}",
            f"status_code={status_code!r} was given",
            "status_code=201, or status_code=status.HTTP_201_CREATED",
        )


def check_dependencies(dependencies: Iterable[Any]) -> None:
    """Refuse members of `dependencies=[...]` that are not markers.

    Raises:
        SetupTypeError: A member is not a `Depends`, for example the function itself.
    """
    for found in dependencies:
        if not hasattr(found, "dependency"):
            name = getattr(found, "__name__", "function")
            raise _type_error(
                f"dependencies=[...] takes Depends(...), not {describe_value(found)}",
                "the function itself was given" if callable(found) else None,
                f"dependencies=[Depends({name})]",
            )


def check_router(router: Any) -> None:
    """Refuse to include an object that is not a router.

    Raises:
        SetupTypeError: The object is a class, or does not have routes.
    """
    if inspect.isclass(router):
        raise _type_error(
            f"include_router() takes a router, not {describe_value(router)}",
            "an instance of it",
            f"router = {router.__name__}(), and then app.include_router(router)",
        )
    if isinstance(router, Router) or hasattr(router, "routes"):
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


def check_middleware(factory: Any) -> None:
    """Refuse an object that cannot wrap an application as middleware.

    Raises:
        SetupTypeError: The object is not callable, or calling it returns a coroutine.
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


def check_middleware_list(middleware: Iterable[Any]) -> None:
    """Refuse members of `middleware=[...]` that are not `Middleware` objects.

    Raises:
        SetupTypeError: A member is neither a `Middleware` nor a class with its arguments.
    """
    for found in middleware:
        if not isinstance(found, Iterable) or isinstance(found, str):
            name = getattr(found, "__name__", "CORSMiddleware")
            raise _type_error(
                f"middleware=[...] takes Middleware(...), not {describe_value(found)}",
                "the class itself was given" if inspect.isclass(found) else None,
                f"middleware=[Middleware({name}, ...)], from starlette.middleware",
            )


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
        raise _type_error(
            "An exception handler is for a status code or a class of exceptions, "
            f"not {describe_value(key)}",
            f"Did you mean {meant}?" if meant else f"{key!r} was given",
            f"@app.exception_handler({meant or 'ValueError'})",
        )


def check_lifespan(lifespan: Any) -> None:
    """Refuse an object that cannot be the lifespan of an application.

    Raises:
        SetupTypeError: The object is not callable, or is a coroutine function, which never yields.
    """
    if lifespan is None:
        return
    if not callable(lifespan):
        raise _type_error(
            f"A lifespan must be a function of the application, not {describe_value(lifespan)}",
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


def _is_number(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError):
        return False
    return True


def _type_error(got: str, probably: str | None, write: str) -> SetupTypeError:
    return user_error(got, probably, write, kind=SetupTypeError)


def _assertion(got: str, probably: str | None, write: str) -> SetupAssertionError:
    return user_error(got, probably, write, kind=SetupAssertionError)


# --- types that cannot be validated ------------------------------------------------------------


def invalid_type_error(annotation: Any) -> SetupError:
    """Return the error for a type that Pydantic cannot build a validator for."""
    return setup_error(
        f"Invalid args for response field! Hint: check that {annotation} is a valid Pydantic "
        "field type",
        "the type is a plain class, or a union with a Response class",
        "a Pydantic model or dataclass; for a return annotation that is not a model, give the "
        "decorator the parameter response_model=None",
    )


def refuse_pydantic_v1(annotation: Any) -> None:
    """Refuse a type that is, or contains, a model of `pydantic.v1`.

    Raises:
        PydanticV1NotSupportedError: The type, a member of a union or an item is such a model.
    """
    if uses_pydantic_v1(annotation):
        raise PydanticV1NotSupportedError(
            f"pydantic.v1 models are no longer supported: {annotation}. "
            "Change the import from `pydantic.v1` to `pydantic`."
        )


def is_pydantic_v1_model(value: Any) -> bool:
    """Return whether `value` is a model class of `pydantic.v1`."""
    module = sys.modules.get("pydantic.v1")
    # Importing the module is slow, and warns on Python versions that it does not support.
    return module is not None and is_class(value, module.BaseModel)


def uses_pydantic_v1(annotation: Any) -> bool:
    """Return whether a type, a member of its union or an item is a `pydantic.v1` model."""
    if "pydantic.v1" not in sys.modules:
        return False  # Without the module, such a model cannot exist.
    pending, seen = [annotation], []
    while pending:
        part = pending.pop()
        bare = strip_metadata(part)
        if is_pydantic_v1_model(bare):
            return True
        if is_alias(part):
            if part in seen:
                continue  # An alias may contain itself.
            seen.append(part)
        pending.extend(union_members(part) or get_args(bare))
    return False
