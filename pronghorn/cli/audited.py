"""Collect the applications, layers, routes and sources of a program for `pronghorn check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pronghorn.cli.discover import FoundApp
from pronghorn.cli.source_places import Sources
from pronghorn.core.annotations import read_signature
from pronghorn.devtools.inventory import Listed, inner_app, shows_routes

__all__ = [
    "Layer",
    "Program",
    "collect_program",
    "list_settings",
    "names_in_query",
    "plan_of",
]

_DEPTH = 50
_OPEN = frozenset({"production", "staging"})


@dataclass(frozen=True)
class Layer:
    """One middleware.

    Attributes:
        kind: Its class.
        arguments: The arguments of its constructor by name, with defaults.
        app: The application that it belongs to.
    """

    kind: type
    arguments: Mapping[str, Any]
    app: Any


@dataclass(frozen=True)
class Program:
    """The program, as `pronghorn check` judges it.

    Attributes:
        app: The application that has the routes.
        apps: This application and those mounted in it.
        layers: The middleware of all of them, and the layers around the application.
        routes: The routes, also those of mounted applications.
        sources: The files of the program.
        environment: `"production"`, `"development"` or another name, by the variable `FASTAPI_ENV`
            or the settings of the program; empty if neither says so.
    """

    app: Any
    apps: tuple[Any, ...]
    layers: tuple[Layer, ...]
    routes: list[Listed]
    sources: Sources
    environment: str

    @property
    def is_open(self) -> bool:
        """Return True if the environment is one that others can reach."""
        return self.environment in _OPEN

    def prefix_of(self, app: Any) -> str:
        """Return the prefix of the mounts around an application."""
        return next((each.prefix for each in self.routes if each.apps[-1:] == (app,)), "")

    def layers_of(self, module: str, name: str) -> Iterator[Layer]:
        """Yield the layers of a class and its subclasses.

        Args:
            module: The module of the class, which only a program that uses it has imported.
            name: The name of the class.
        """
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None:
            yield from (layer for layer in self.layers if issubclass(layer.kind, kind))


def collect_program(found: FoundApp, routes: list[Listed]) -> Program:
    """Return what there is to look at in a program.

    Args:
        found: The application.
        routes: Its routes.
    """
    app = inner_app(found.app)
    inside = [
        one for listed in routes for one in (*listed.apps, getattr(listed.route, "app", None))
    ]
    apps = {id(one): one for one in (app, *inside) if shows_routes(one)}
    layers = [*_layers_around(found.app, app)]
    for one in apps.values():
        for declared in getattr(one, "user_middleware", ()):
            arguments = _arguments_of(declared.cls, declared.args, declared.kwargs)
            layers.append(Layer(declared.cls, arguments, one))
    sources = Sources(found.module.root)
    return Program(app, tuple(apps.values()), tuple(layers), routes, sources, _environment())


def plan_of(listed: Listed) -> Any:
    """Return the plan of a route; None if it has none, or a mistake that is reported elsewhere."""
    try:
        return getattr(listed.route, "plan", None)
    except Exception:  # noqa: BLE001 - an annotation is an expression, which can raise anything
        return None


def names_in_query(call: Any) -> Iterator[str]:
    """Yield the names that a call and its dependencies read from the query."""
    for field in call.query_fields:
        for inner in (field,) if field.model is None else field.model_fields:
            yield from inner.lookups
    for dependency in call.dependencies:
        yield from names_in_query(dependency)


def list_settings() -> list[Any]:
    """Return the settings objects of the program, if it uses `pronghorn.settings`.

    They are those that `load` has read, and those that modules have under a name.
    """
    base = sys.modules.get("pronghorn.settings.base")
    if base is None:
        return []
    kept = [value for module in list(sys.modules.values()) for value in _values_of(module)]
    found = [one for one in (*base._loaded.values(), *kept) if isinstance(one, base.BaseSettings)]
    return list({id(one): one for one in found}.values())


def _values_of(module: Any) -> list[Any]:
    return list((getattr(module, "__dict__", None) or {}).values())


def _environment() -> str:
    given = os.environ.get("FASTAPI_ENV", "")
    named = {str(getattr(one, "environment", "")) for one in list_settings()}
    return given or next(iter(sorted(named & _OPEN) or sorted(named - {""})), "")


def _arguments_of(kind: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a constructor by name; those alone that have one if it is unknown."""
    try:
        bound = read_signature(kind).bind_partial(None, *args, **kwargs)
    except (TypeError, ValueError):
        return dict(kwargs)
    bound.apply_defaults()
    return {**bound.arguments, **bound.arguments.get("kwargs", {})}


def _layers_around(outer: Any, inner: Any) -> Iterator[Layer]:
    """Yield the layers that the program has put around its application itself."""
    for _ in range(_DEPTH):
        if outer is inner or outer is None:
            return
        yield Layer(type(outer), _arguments_of_object(outer), inner)
        outer = getattr(outer, "app", None)


def _arguments_of_object(layer: Any) -> dict[str, Any]:
    """Return what the constructor of a layer was given, as far as the layer still shows it."""
    arguments = dict(vars(layer)) if hasattr(layer, "__dict__") else {}
    if arguments.get("allow_all_origins"):
        arguments["allow_origins"] = ["*"]
    names = {str(name).lower() for name in arguments.get("simple_headers") or ()}
    arguments["allow_credentials"] = "access-control-allow-credentials" in names
    flags = str(arguments.get("security_flags", "")).split("; ")
    arguments["https_only"] = "secure" in flags
    arguments["same_site"] = next((f[9:] for f in flags if f.startswith("samesite=")), "lax")
    key = getattr(arguments.get("signer"), "secret_key", None)
    if isinstance(key, bytes):
        arguments["secret_key"] = key.decode("latin-1")
    return arguments
