"""Build the layers of an application, and compile those that allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from starlette.types import ASGIApp

from pronghorn.compile.dispatch import Pipeline
from pronghorn.core.monkeypatches import is_replaced
from pronghorn.middleware.compiled.group import CompiledGroup
from pronghorn.middleware.compiled.layer import CompiledLayer
from pronghorn.middleware.compiled.outer import OuterLayers
from pronghorn.plan.check_application import make_layer

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


def compile_layers(
    app: Any, inner: Pipeline, last_resort: Any, wrap: Callable[[ASGIApp], ASGIApp]
) -> tuple[OuterLayers, list[Any]]:
    """Return an application with its layers, and the middleware from the inside out.

    Args:
        app: The application.
        inner: Its routes.
        last_resort: Its handler of unhandled errors.
        wrap: Gives a layer that is not compiled the form in which it runs.
    """
    stack = Stack(inner)
    stack.add(reversed(app.user_middleware), wrap)
    if stack.app is inner:
        stack.app = CompiledGroup((), inner, inner)
    return OuterLayers(stack.app, last_resort, app.debug, app.max_body_size), stack.layers


@dataclass
class Stack:
    """The layers around an application, built from the inside out.

    Attributes:
        app: Everything so far: what the next layer is put around.
        layers: The middleware, from the inside out.
    """

    app: ASGIApp
    layers: list[Any] = field(default_factory=list)
    #: The application inside of the group that is not complete yet, and its layers.
    _inside: ASGIApp | None = None
    _compiled: list[CompiledLayer] = field(default_factory=list)

    def add(self, entries: Iterable[Any], wrap: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put middleware around the stack.

        Args:
            entries: Class, arguments and options of each, from the inside out.
            wrap: Gives a layer that is not compiled the form in which it runs.
        """
        for kind, args, kwargs in entries:
            compiler, _ = compiler_of(kind)
            if compiler is None:
                self.close_group()
            elif self._inside is None:
                self._inside = self.app
            layer = make_layer(kind, self.app, args, kwargs)
            self.layers.append(layer)
            if compiler is None:
                self.app = wrap(layer)
            else:
                self.app = layer
                self._compiled.insert(0, compiler(layer))
        self.close_group()

    def close_group(self) -> None:
        """Make one part of the pipeline out of the compiled layers that are outermost now."""
        if self._inside is not None:
            self.app = CompiledGroup(self._compiled, self._inside, self.app)
        self._inside, self._compiled = None, []
