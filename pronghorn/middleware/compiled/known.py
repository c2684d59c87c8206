"""The classes of middleware that can be compiled, and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from pronghorn.core.monkeypatches import is_replaced
from pronghorn.middleware.compiled.layer import CompiledLayer

_HERE = __name__.rpartition(".")[0]
#: The classes that can be compiled, each with the module here and its class. The modules are loaded
#: when they are needed: sessions need a package of their own.
_KNOWN = {
    "starlette.middleware.cors.CORSMiddleware": ("cors", "CompiledCORS"),
    "starlette.middleware.gzip.GZipMiddleware": ("gzip", "CompiledGZip"),
    "pronghorn.middleware.gzip.GZipMiddleware": ("gzip", "CompiledGZip"),
    "starlette.middleware.httpsredirect.HTTPSRedirectMiddleware": (
        "https_redirect",
        "CompiledHTTPSRedirect",
    ),
    "starlette.middleware.sessions.SessionMiddleware": ("sessions", "CompiledSessions"),
    "starlette.middleware.trustedhost.TrustedHostMiddleware": (
        "trusted_host",
        "CompiledTrustedHost",
    ),
}
_BY_FUNCTION = "starlette.middleware.base.BaseHTTPMiddleware"
COMPILED = "compiled into the pipeline"


def compiler_of(kind: Any) -> tuple[Callable[[Any], CompiledLayer] | None, str]:
    """Return what compiles a class of middleware, and the reason in words.

    Args:
        kind: What was passed to `add_middleware`.

    Returns:
        None in the first place if its objects are called as ASGI applications.
    """
    name = f"{getattr(kind, '__module__', None)}.{getattr(kind, '__qualname__', None)}"
    if name == _BY_FUNCTION:
        return None, "not compiled: it runs what is inside in another task"
    compiled = _find_compiled(name) if name in _KNOWN else None
    # A decorated factory and a class made by a library may bear the name of a known class.
    if compiled is None or not any(kind is each for each in compiled.stands_for):
        bases = [f"{base.__module__}.{base.__qualname__}" for base in getattr(kind, "__mro__", ())]
        known = next((base for base in bases if base in _KNOWN), None)
        if known is not None:
            return None, f"not compiled: a subclass of {known.rpartition('.')[2]}"
        return None, "not compiled: its code is unknown, so it is called through ASGI"
    for each in compiled.stands_for:
        if is_replaced(each):
            return None, f"not compiled: methods of {each.__name__} have been replaced"
    return compiled, COMPILED


def _find_compiled(name: str) -> Any:
    module, attribute = _KNOWN[name]
    return getattr(import_module(f"{_HERE}.{module}"), attribute)


def explain_layers(middleware: Iterable[Any]) -> Iterator[str]:
    """Yield a line for each middleware that says whether it is compiled, and why not.

    Args:
        middleware: The `user_middleware` of an application.
    """
    for kind, args, options in middleware:
        _, reason = compiler_of(kind)
        function = options.get("dispatch") or next(iter(args), None)
        name = getattr(kind, "__name__", str(kind))
        if function is not None and name == "BaseHTTPMiddleware":
            name = f"{name} with {getattr(function, '__name__', function)}"
        yield f"{name}: {reason}"
