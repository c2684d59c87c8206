"""Put the layers of an application together, and compile those that allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from pronghorn.compile.dispatch import Pipeline
from pronghorn.compile.limits import own_limit
from pronghorn.middleware.compiled.group import CompiledGroup
from pronghorn.middleware.compiled.known import compiler_of
from pronghorn.middleware.compiled.layer import CompiledLayer
from pronghorn.middleware.compiled.outer import OuterLayers
from pronghorn.middleware.layers import default_sizes, make_layer


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
    outermost = OuterLayers(stack.app, last_resort, app.debug, own_limit(app))
    outermost.default_sizes = default_sizes(app, stack.app)
    return outermost, stack.layers


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
