"""Explain one operation: its plan, its compiled handler, its hops, and what slows it down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

from pronghorn.cli.errors import CommandError
from pronghorn.compile.explain import Explanation, explain_plan
from pronghorn.diagnostics import did_you_mean

__all__ = ["explanation_of", "print_explanation", "print_json"]


def explanation_of(app: Any, method: str, path: str) -> Explanation:
    """Find the operation and explain it.

    Args:
        app: The application.
        method: An HTTP method, or ``WS`` for a WebSocket route.
        path: The path as it was declared, or a path that a client would ask for.

    Raises:
        CommandError: There is no such operation; the error names the nearest one.
    """
    routes = list(app.routes)
    for route in routes:
        if _answers(route, method.upper(), path):
            plan = getattr(route, "plan", None)
            if plan is None:
                raise CommandError(
                    f"{method.upper()} {path} is a plain {type(route).__name__}",
                    "It has no plan: Starlette answers it",
                )
            label = f"{method.upper()} {route.path_format}"
            explained = explain_plan(plan, label)
            explained.notes.extend(_around(app, route))
            return explained
    labels = [f"{name} {route.path}" for route in routes for name in _methods(route)]
    close = did_you_mean(f"{method.upper()} {path}", labels)
    hint = f"Did you mean {close!r}?" if close else "pronghorn routes lists what there is"
    raise CommandError(f"There is no operation {method.upper()} {path}", hint)


def _methods(route: Any) -> list[str]:
    methods = getattr(route, "methods", None)
    return sorted(methods) if methods else ["WS"]


def _answers(route: Any, method: str, path: str) -> bool:
    if method not in _methods(route) or not hasattr(route, "path_regex"):
        return False
    return bool(route.path == path or route.path_regex.match(path))


def _around(app: Any, route: Any) -> Iterator[str]:
    """What stands between the server and the handler."""
    for middleware in getattr(app, "user_middleware", ()):
        yield f"ASGI middleware {getattr(middleware.cls, '__name__', middleware.cls)} around it"
    if type(route).get_route_handler is not _original(route):
        yield f"{type(route).__name__} builds its own handler: requests go the general way"


def _original(route: Any) -> Any:
    from pronghorn.routing import APIRoute

    own = getattr(type(route), "get_route_handler", None)
    return APIRoute.get_route_handler if isinstance(route, APIRoute) else own


def print_explanation(explained: Explanation) -> None:
    """Print everything for people."""
    console = Console()
    console.print(f"[bold]{explained.label}[/bold]")
    for line in explained.plan:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print("\n[bold]Handler[/bold]")
    console.print(Syntax(explained.source, "python", background_color="default", word_wrap=True))
    console.print(f"[bold]Thread hops: {len(explained.hops)}[/bold]")
    for hop in explained.hops:
        console.print(f"  {', '.join(hop)}", markup=False, highlight=False, soft_wrap=True)
    console.print("\n[bold]Ways[/bold]")
    for note in explained.notes:
        console.print(f"  {note}", markup=False, highlight=False, soft_wrap=True)


def print_json(explained: Explanation) -> None:
    """Print the same for programs, as a JSON object."""
    print(json.dumps(asdict(explained), indent=2))
