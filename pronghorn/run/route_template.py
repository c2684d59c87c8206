"""The path template of the route that answered a request, such as `/shop/items/{item_id}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.types import Scope

from pronghorn.core.path_patterns import INSIDE

#: Our applications and routers have one of these methods; the classes belong to higher layers.
OURS = ("_answerer", "_direct_answerer")


def route_template(scope: Scope, root_path: str, skipped: int) -> str | None:
    """Return the path of the route that was found, with parameters in braces; None for no route.

    Args:
        scope: The ASGI scope of the request.
        root_path: The root path of the application, as the server reported it.
        skipped: Number of mounts around the route that `root_path` already contains.
    """
    outer = list(scope.get(INSIDE, ()))
    route = scope.get("route")
    if outer and (outer[-1] is route or not _finds_ours(outer[-1])):
        # The mount found no route, or its router does not report what we need.
        route = outer.pop()
    path = path_of(route)
    if path is None:
        return None
    mounted = "".join((path_of(level) or "").removesuffix("/{path}") for level in outer[skipped:])
    return root_path + mounted + path


def _finds_ours(mount: Any) -> bool:
    """Return True if a mount contains one of our routers."""
    return any(hasattr(type(layer), name) for layer in layers(mount) for name in OURS)


def layers(app: Any) -> Iterator[Any]:
    """Yield a stack of middleware from the outside; each has the next as its attribute `app`."""
    seen: list[Any] = []
    while app is not None and not any(app is layer for layer in seen):
        seen.append(app)
        yield app
        app = getattr(app, "app", None)


def path_of(route: Any) -> str | None:
    """Return the path of one route with parameters in braces."""
    path: str | None = getattr(route, "path_format", None)
    return path
