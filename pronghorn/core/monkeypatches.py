"""Detect functions that a library or the program has replaced.

Error trackers and tracers replace functions such as `fastapi.routing.get_request_handler` or
`Starlette.__call__` to see every request, and programs override methods. The short ways of
answering a request skip those functions, so each short way checks here first, and replacements
are called as in FastAPI.

Two functions cover all cases:

- `is_replaced(owner, *names)`: has an attribute in `REPLACEABLE` been assigned?
- `is_overridden(target, base, *names)`: does a subclass, or an instance, define its own method?

Handlers check while they are compiled. Checks that must run at every request compare with a
constant that `original` returned at import, which costs a single comparison.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.revisions import forget_compiled

ROUTING = "pronghorn.routing"
#: If a library replaces one of these there, HTTP routes call the replacement.
STEP_FUNCTIONS = ("solve_dependencies", "run_endpoint_function", "serialize_response")
MESSAGES: tuple[str, ...] = ("receive", "receive_text", "receive_bytes", "receive_json")
MESSAGES += ("send", "send_text", "send_bytes", "send_json")
RESPONDING = ("__init__", "__call__", "apply_compression", "send_with_compression")
#: Class or module -> the attributes that libraries replace. `pronghorn.routing` adds its own.
REPLACEABLE: dict[str, tuple[str, ...]] = {
    "anyio.to_thread": ("run_sync",),
    "json": ("loads",),
    "pronghorn.applications": (
        "get_redoc_html",
        "get_swagger_ui_html",
        "get_swagger_ui_oauth2_redirect_html",
    ),
    "pronghorn.middleware.gzip.GZipMiddleware": ("__init__", "__call__"),
    "starlette.background": ("run_in_threadpool",),
    "starlette.applications.Starlette": ("__call__", "build_middleware_stack"),
    "starlette.formparsers.MultiPartParser": (
        "on_part_begin",
        "on_part_data",
        "on_part_end",
        "on_headers_finished",
        "parse",
    ),
    "starlette.middleware.Middleware": ("__init__", "__iter__"),
    "starlette.middleware.base.BaseHTTPMiddleware": ("__call__",),
    "starlette.middleware.cors.CORSMiddleware": (
        *("__init__", "__call__", "allow_explicit_origin", "is_allowed_origin"),
        *("preflight_response", "send", "simple_response"),
    ),
    "starlette.middleware.errors.ServerErrorMiddleware": ("__init__", "__call__"),
    "starlette.middleware.exceptions.ExceptionMiddleware": ("__init__", "__call__"),
    "starlette.middleware.gzip.GZipMiddleware": ("__init__", "__call__"),
    "starlette.middleware.gzip.GZipResponder": RESPONDING,
    "starlette.middleware.gzip.IdentityResponder": RESPONDING,
    "starlette.middleware.httpsredirect.HTTPSRedirectMiddleware": ("__init__", "__call__"),
    "starlette.middleware.sessions.SessionMiddleware": ("__init__", "__call__"),
    "starlette.middleware.trustedhost.TrustedHostMiddleware": ("__init__", "__call__"),
    "starlette.requests.Request": ("body", "form", "_get_form"),
    "starlette.responses.FileResponse": ("__call__", "_handle_simple", "_open_file"),
    "starlette.routing.Route": ("matches",),
    "starlette.routing.Router": ("not_found",),
    "starlette.routing.WebSocketRoute": ("matches", "handle"),
    "starlette.websockets.WebSocket": MESSAGES,
}
#: Stands for an original that a library replaced before we could read it; equals nothing else.
UNKNOWN: Any = object()
#: (class or module, attribute) -> the original.
_originals: dict[tuple[str, str], Any] = {}


def original(owner: type[Any] | ModuleType, name: str) -> Any:
    """Return the original function for an attribute in `REPLACEABLE`, as its package defines it.

    Args:
        owner: The class or the module that has the attribute.
        name: The attribute.

    Returns:
        The original; `UNKNOWN` if it had been replaced before the first call.

    Raises:
        KeyError: `REPLACEABLE` does not list the attribute.
    """
    key = _name_of(owner), name
    if key in _originals:
        return _originals[key]
    if name not in REPLACEABLE[key[0]]:
        raise KeyError(key)
    found = getattr(owner, name)
    if _module_of(found).partition(".")[0] != key[0].partition(".")[0]:
        return UNKNOWN
    return _originals.setdefault(key, found)


def is_replaced(owner: type[Any] | ModuleType | str, *names: str) -> bool:
    """Return whether one of these attributes has been assigned.

    Args:
        owner: The class or the module that has them, or the name of a module. If that module is
            not imported, nothing is replaced.
        names: The attributes. Defaults to all that `REPLACEABLE` lists for the owner.
    """
    found = sys.modules.get(owner) if isinstance(owner, str) else owner
    if found is None:
        return False
    owner_name = _name_of(found)
    for name in names or REPLACEABLE[owner_name]:
        first = _originals.get((owner_name, name)) or original(found, name)
        if getattr(found, name) is not first:
            return True
    return False


def is_overridden(target: Any, base: type[Any], *names: str) -> bool:
    """Return whether an object overrides methods of a base class.

    Args:
        target: An instance, whose own attributes count too, or a class.
        base: The class whose methods are expected.
        names: The methods.
    """
    kind = target if isinstance(target, type) else type(target)
    own = {} if kind is target else getattr(target, "__dict__", {})
    return any(name in own or getattr(kind, name) is not getattr(base, name) for name in names)


def is_defined_by(function: Any, *modules: str) -> bool:
    """Return whether a function was compiled in one of these modules.

    Its `__module__` does not count: a decorator with `functools.wraps` copies that.
    """
    return _module_of(function) in modules


def allow_replacing(module_name: str, functions: dict[str, Callable[..., Any]]) -> None:
    """Recompile every route when a function of one of our modules is replaced.

    Args:
        module_name: The module, which is being imported.
        functions: Our functions, by attribute of the module.
    """
    REPLACEABLE[module_name] = tuple(functions)
    _originals.update({(module_name, name): value for name, value in functions.items()})
    find_elsewhere(module_name)
    sys.modules[module_name].__class__ = _ReplaceableModule


def current(name: str) -> Callable[..., Any]:
    """Return the current function of `pronghorn.routing`: ours, or a library's replacement."""
    found: Callable[..., Any] = getattr(sys.modules[ROUTING], name)
    return found


class _ReplaceableModule(ModuleType):
    """A module that invalidates all compiled routes when one of its functions is replaced."""

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        super().__setattr__(name, value)
        if (self.__name__, name) in _originals and value is not before:
            forget_compiled()


def _name_of(owner: type[Any] | ModuleType) -> str:
    if isinstance(owner, ModuleType):
        return owner.__name__
    return f"{owner.__module__}.{owner.__qualname__}"


def _module_of(function: Any) -> str:
    """Return the module in which a function was compiled; `""` for another object.

    For a context manager, that is the module of its generator.
    """
    if type(function) is not FunctionType:
        return ""
    found = str(function.__globals__.get("__name__"))
    return _module_of(getattr(function, "__wrapped__", None)) if found == "contextlib" else found
