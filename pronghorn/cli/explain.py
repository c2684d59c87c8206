"""Explain one operation: its plan, its compiled handler, its hops, and what slows it down."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

from pronghorn.cli.errors import CommandError
from pronghorn.compile.explain import Explanation
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.devtools.explained import explain_route
from pronghorn.devtools.inventory import answering, list_routes

__all__ = ["explanation_of", "print_explanation", "print_json"]


def explanation_of(app: Any, method: str, path: str) -> Explanation:
    """Find the operation and explain it.

    Args:
        app: The application.
        method: An HTTP method, or `WS` for a WebSocket route.
        path: The declared path, or a path that a client would request.

    Raises:
        CommandError: There is no such operation; the error names the nearest one.
    """
    routes = list_routes(app)
    listed = answering(routes, method.upper(), path)
    if listed is None:
        labels = [label for one in routes for label in one.labels]
        close = did_you_mean(f"{method.upper()} {path}", labels)
        hint = f"Did you mean {close!r}?" if close else "pronghorn routes lists all operations"
        raise CommandError(f"There is no operation {method.upper()} {path}", hint)
    label = f"{method.upper()} {listed.prefix}{listed.route.path_format}"
    explained = explain_route(listed, label)
    if explained is None:
        raise CommandError(
            f"{method.upper()} {path} is a plain {type(listed.route).__name__}",
            "It has no plan: Starlette serves it",
        )
    return explained


def print_explanation(explained: Explanation) -> None:
    """Print everything in a form for people."""
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
    """Print everything as a JSON object, for programs."""
    print(json.dumps(asdict(explained), indent=2))
