"""Find options that cannot have the effect that was meant, when they are declared.

FastAPI fails at the request or in the document for each of them, or never acts upon it. What
FastAPI acts upon is accepted: numbers that compare like a status code, any iterable of tags.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from types import FunctionType
from typing import Any

from pydantic import TypeAdapter
from starlette.responses import Response
from starlette.routing import Router

from pronghorn.core.setup_errors import (
    describe_value,
    did_you_mean,
    user_error,
    why_not_callable_with,
)
from pronghorn.exceptions import SetupError, SetupTypeError, SetupValueError

_A_STATUS_CODE = "status_code=201, or status_code=status.HTTP_201_CREATED"
#: The values of `on_disconnect`.
ON_DISCONNECT = ("cancel", "continue")
Check = Callable[[str, Any], None]


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse the values of options that cannot work.

    Args:
        options: The options of a route, a router, an inclusion or an application.

    Raises:
        SetupError: A value cannot have the effect that was meant.
    """
    for name, value in options.items():
        check = _CHECKS.get(name)
        # FastAPI takes any false value of its options as none; False is no value of ours.
        if check is not None and (value or name in _OURS):
            check(name, value)


def check_dependencies(dependencies: Any) -> None:
    """Refuse `dependencies` that are not a list of markers.

    Raises:
        SetupTypeError: A marker or a function stands alone, or a member is not a `Depends`, for
            example the function itself.
    """
    if not isinstance(dependencies, Iterable):
        raise _type_error(
            f"dependencies must be a list, not {_describe(dependencies)}",
            "the brackets were left out",
            f"dependencies=[{_depends(dependencies)}]",
        )
    if isinstance(dependencies, (str, bytes)):
        raise _type_error(
            f"dependencies must be a list of Depends(...), not {describe_value(dependencies)}",
            "the name of a function was given",
            "dependencies=[Depends(function)], with the function itself",
        )
    if not isinstance(dependencies, (list, tuple)):
        return  # A generator can be read once, and a route reads it.
    for found in dependencies:
        if not hasattr(found, "dependency"):
            raise _type_error(
                f"dependencies=[...] takes Depends(...), not {describe_value(found)}",
                "the function itself was given" if callable(found) else None,
                f"dependencies=[{_depends(found)}]",
            )


def _check_dependencies(name: str, value: Any) -> None:
    check_dependencies(value)


def _depends(value: Any) -> str:
    """Return the source of a marker for `value`, which may be one already."""
    function = getattr(value, "dependency", value)
    return f"Depends({getattr(function, '__name__', 'function')})"


def _describe(value: Any) -> str:
    return _depends(value) if hasattr(value, "dependency") else describe_value(value)


def _check_status_code(name: str, value: Any) -> None:
    if isinstance(value, (str, bytes, Enum)) and not isinstance(value, int):
        meant = _number_in(getattr(value, "value", value))
        raise _type_error(
            f"A status code must be a number, not {describe_value(value)}",
            f"status_code={value!r} was given",
            f"status_code={meant}" if meant else _A_STATUS_CODE,
        )
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise _type_error(
            f"A status code must be a number, not {describe_value(value)}",
            f"status_code={value!r} was given",
            _A_STATUS_CODE,
        ) from None
    if not 100 <= number <= 999:
        raise user_error(
            f"{value!r} is not a status code",
            "a status code has three digits (RFC 9110, section 15), and servers refuse others",
            _A_STATUS_CODE,
            kind=SetupValueError,
        )


def _number_in(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _check_tags(name: str, value: Any) -> None:
    if isinstance(value, Enum):
        member = f"{type(value).__name__}.{value.name}"
        raise _type_error(
            f"tags must be a list of texts, not {member}",
            "the brackets were left out",
            f"tags=[{member}]",
        )
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise _type_error(
            f"tags must be a list of texts, not {describe_value(value)}",
            "each of its letters would become a tag" if isinstance(value, str) else None,
            f"tags=[{value!r}]" if isinstance(value, str) else 'tags=["items"]',
        )


def _check_responses(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise _type_error(
            f"responses must be a dict by status code, not {describe_value(value)}",
            None,
            'responses={404: {"description": "..."}}',
        )


def _check_response_class(name: str, value: Any) -> None:
    if isinstance(value, Response):
        made = type(value).__name__
        raise _type_error(
            f"A response class must be a class, not a response of class {made}",
            "the class was called: the framework does that for each request",
            f"{name}={made}, without parentheses",
        )
    if not callable(value):
        raise _type_error(
            f"A response class must be a class, not {describe_value(value)}",
            f"{name}={value!r} was given",
            f"{name}=HTMLResponse, imported from pronghorn.responses",
        )
    if inspect.isclass(value) and not _makes_responses(value):
        raise _type_error(
            f"{describe_value(value)} is not a response class".replace("the class", "The class"),
            f"Did you mean response_model={value.__name__}?",
            f"{name}=HTMLResponse, imported from pronghorn.responses",
        )


def _makes_responses(kind: type) -> bool:
    """Return whether a class can be called for a response, or is one with another base."""
    own = [name for base in kind.__mro__ if base is not object for name in vars(base)]
    return hasattr(kind, "media_type") or "__call__" in own or "__new__" in own


def _check_response_model(name: str, value: Any) -> None:
    if isinstance(value, str) and not _names_type(value):
        raise _type_error(
            f"response_model must be a type, not {describe_value(value)}",
            "the name of the model was given, in quotes",
            f"response_model={value}",
        )
    if isinstance(value, (Mapping, FunctionType)):
        raise _type_error(
            f"response_model must be a type, not {describe_value(value)}",
            None,
            "a model, or a type such as list[Item] or dict[str, int]",
        )


def _names_type(text: Any) -> bool:
    """Return whether Pydantic understands a type in quotes: it knows those of Python."""
    try:
        TypeAdapter(text).rebuild()
    except Exception:  # noqa: BLE001 - evaluating any text may raise anything
        return False
    return True


def _check_flag(name: str, value: Any) -> None:
    if isinstance(value, (str, bytes)):
        raise _type_error(
            f"{name} must be True or False, not {describe_value(value)}", None, f"{name}=True"
        )


def check_origins(name: str, value: Any) -> None:
    """Refuse a list of origins with one that no browser would send.

    Raises:
        SetupError: It is not a list of origins.
    """
    if value is None:
        return
    if isinstance(value, (str, bytes)) or not isinstance(value, Collection):
        raise _type_error(
            f"{name} must be a list of origins, not {describe_value(value)}",
            None,
            f'{name}=["https://shop.example"]',
        )
    for origin in value:
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            raise user_error(
                f"{name} has {origin!r}, which is not an origin",
                "an origin is scheme, host and perhaps port, without a slash behind them",
                f'{name}=["https://shop.example", "https://*.shop.example", "same-origin"]',
            )


_ORIGIN = re.compile(
    r"\*|null|same-origin|[a-z][a-z0-9+.\-]*://(\*\.)?([\w\-.]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?",
    re.IGNORECASE,
)


def _check_text(name: str, value: Any) -> None:
    if not hasattr(value, "split"):  # A translated text may be another class.
        raise _type_error(
            f"{name} must be a text, not {describe_value(value)}", None, f'{name}="..."'
        )


def _check_mapping(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise _type_error(
            f"{name} must be a dict, not {describe_value(value)}", None, f'{name}={{"...": ...}}'
        )


def _check_callbacks(name: str, value: Any) -> None:
    if isinstance(value, Router):
        raise _type_error(
            f"{name} must be a list of routes, not a router",
            "the routes of the router",
            f"{name}=router.routes",
        )
    routers = isinstance(value, (list, tuple)) and any(isinstance(item, Router) for item in value)
    if routers or not isinstance(value, Iterable):
        raise _type_error(
            f"{name} must be a list of routes",
            "a list of routers was given" if routers else f"{name}={value!r} was given",
            f"{name}=router.routes",
        )


def _check_function(name: str, value: Any) -> None:
    if not callable(value):
        raise _type_error(
            f"{name} must be a function, not {describe_value(value)}",
            f"{name}={value!r} was given",
            f"{name}=function, without quotes and without calling it",
        )


def _check_handlers(name: str, value: Any) -> None:
    if not isinstance(value, Iterable):
        raise _type_error(
            f"{name} must be a list of functions, not {describe_value(value)}",
            "the brackets were left out",
            f"{name}=[{getattr(value, '__name__', 'function')}]",
        )
    if isinstance(value, (list, tuple)):
        for handler in value:
            check_event_handler(handler)


def check_event_handler(handler: Any) -> None:
    """Refuse a handler of startup or shutdown that cannot be called without arguments.

    Raises:
        SetupTypeError: It is not a function, or needs an argument.
    """
    if not callable(handler):
        raise _type_error(
            f"A handler of startup or shutdown must be a function, not {describe_value(handler)}",
            "it was called: the framework does that at startup or shutdown",
            "the function itself, without parentheses",
        )
    problem = why_not_callable_with(handler)
    if problem is not None:
        raise _type_error(
            f"The handler {_name_of(handler)} of startup or shutdown takes no arguments",
            f"calling it says: {problem}",
            "a function without parameters, or lifespan=..., which receives the application",
        )


def _check_shown_input(name: str, value: Any) -> None:
    if value not in ("mask", "all", "none", None):
        raise user_error(
            f"{name} must be 'mask', 'all' or 'none', not {describe_value(value)}",
            f"{name}={value!r} was given",
            f"{name}='none'",
            kind=SetupValueError,
        )


def _name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def validate_timeout(timeout: Any) -> None:
    """Check the seconds after which an endpoint is cancelled; None inherits.

    Raises:
        SetupValueError: It is neither None nor a number above 0.
    """
    if timeout is None:
        return
    from pronghorn.core.numbers import is_number, show  # Few programs have a timeout.

    if timeout == math.inf or (is_number(timeout) and timeout > 0):
        return
    is_zero = is_number(timeout) and timeout == 0
    given = f"{show(timeout)} was given" + (", which would answer no request" if is_zero else "")
    raise user_error(
        "timeout must be a number of seconds above 0, or None",
        given,
        f"timeout={_seconds_in(timeout)}  # seconds; math.inf for no limit",
        kind=SetupValueError,
    )


def _seconds_in(value: Any) -> str:
    """Return a number to write in place of a wrong one, as text."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return "30"
    return f"{number:g}" if number > 0 and type(value) is not bool else "30"


def validate_on_disconnect(on_disconnect: Any) -> None:
    """Raise `SetupValueError` unless `on_disconnect` is a value of `ON_DISCONNECT` or None."""
    if on_disconnect is None or on_disconnect in ON_DISCONNECT:
        return
    close = did_you_mean(str(on_disconnect), ON_DISCONNECT) or "cancel"
    raise user_error(
        'on_disconnect must be "cancel" or "continue"',
        f"{on_disconnect!r} was given",
        f'on_disconnect="{close}"',
        kind=SetupValueError,
    )


def _type_error(got: str, probably: str | None, write: str | None) -> SetupError:
    return user_error(got, probably, write, kind=SetupTypeError)


_OURS = frozenset(["validation_error_input", "websocket_origins"])
_CHECKS: Mapping[str, Check] = {
    "status_code": _check_status_code,
    "tags": _check_tags,
    "dependencies": _check_dependencies,
    "responses": _check_responses,
    "response_class": _check_response_class,
    "default_response_class": _check_response_class,
    "response_model": _check_response_model,
    "response_model_by_alias": _check_flag,
    "response_model_exclude_unset": _check_flag,
    "response_model_exclude_defaults": _check_flag,
    "response_model_exclude_none": _check_flag,
    "hardened": _check_flag,
    "validation_error_input": _check_shown_input,
    "websocket_origins": check_origins,
    "description": _check_text,
    "prefix": _check_text,
    "openapi_extra": _check_mapping,
    "callbacks": _check_callbacks,
    "routes": _check_callbacks,
    "generate_unique_id_function": _check_function,
    "route_class": _check_function,
    "route_class_override": _check_function,
    "on_startup": _check_handlers,
    "on_shutdown": _check_handlers,
}
