"""Explain one operation: its plan, its compiled handler, its hops, and what slows it down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

from pronghorn.cli.errors import CommandError
from pronghorn.compile.explain import Explanation
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.devtools.explained import explain_route
from pronghorn.devtools.inventory import Listed, answering, list_routes

__all__ = ["explanation_of", "print_explanation", "print_json"]


def explanation_of(app: Any, method: str, path: str) -> Explanation:
    """Find the operation and explain it.

    Args:
        app: The application.
        method: An HTTP method, or `WS` for a WebSocket route.
        path: The declared path, or a path that a client would request.

    Raises:
        CommandError: There is no such operation; the error names the methods that the path has,
            and the nearest operation.
    """
    routes = list_routes(app)
    listed = answering(routes, method.upper(), path)
    if listed is None:
        raise _refusal(routes, method.upper(), path)
    label = f"{method.upper()} {listed.prefix}{listed.route.path_format}"
    explained = explain_route(listed, label)
    if explained is None:
        raise CommandError(
            f"{method.upper()} {path} is a plain {type(listed.route).__name__}",
            "It has no plan: Starlette serves it",
        )
    return explained


def _refusal(routes: Sequence[Listed], method: str, path: str) -> CommandError:
    message = f"There is no operation {method} {path}"
    methods = {other for one in routes for other in one.methods if one.answers(other, path)}
    if methods:
        message += f"; this path has: {', '.join(sorted(methods))}"
    mount = None if methods else _mount_around(routes, path)
    if mount is not None:
        app = getattr(mount.route, "app", None)
        return CommandError(
            f"{message}: the mount {mount.row.path} answers it",
            f"Its application has no routes to explain: {type(app).__name__}",
        )
    labels = [label for one in routes for label in one.labels]
    close = did_you_mean(f"{method} {path}", labels)
    hint = f"Did you mean {close!r}?" if close else "pronghorn routes lists all operations"
    return CommandError(message, hint)


def _mount_around(routes: Sequence[Listed], path: str) -> Listed | None:
    """Return the mount of an application without routes, such as static files, that has a path."""
    for one in routes:
        if one.row.kind == "mount" and not getattr(one.route, "routes", None):
            inside = path.removeprefix(one.row.path)
            if inside != path and inside[:1] in ("", "/"):
                return one
    return None


def print_explanation(explained: Explanation) -> None:
    """Print everything in a form for people."""
    console = Console(emoji=False)
    console.print(explained.label, style="bold", markup=False, highlight=False, soft_wrap=True)
    for line in explained.plan:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print("\n[bold]Handler[/bold]")
    _print_source(console, explained.source)
    console.print(f"[bold]Thread hops: {len(explained.hops)}[/bold]")
    for hop in explained.hops:
        console.print(f"  {', '.join(hop)}", markup=False, highlight=False, soft_wrap=True)
    console.print("\n[bold]Ways[/bold]")
    for note in explained.notes:
        console.print(f"  {note}", markup=False, highlight=False, soft_wrap=True)


def _print_source(console: Console, source: str) -> None:
    """Print the source as it is, in colour on a terminal.

    A line is never broken, because half a line does not parse; the terminal itself wraps it.
    """
    if console.is_terminal:
        code = Syntax(source, "python", background_color="default", word_wrap=False)
        console.print(code, soft_wrap=True)
    else:
        print(source)


def print_json(explained: Explanation) -> None:
    """Print everything as a JSON object, for programs."""
    print(json.dumps(asdict(explained), indent=2))
