"""Print the routes of an application."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rich.text import Text

from pronghorn.cli.errors import CommandError
from pronghorn.cli.tables import print_rows
from pronghorn.devtools.inventory import Row, list_routes, place, shows_routes

__all__ = ["print_json", "print_table", "rows"]


def rows(app: Any) -> list[Row]:
    """Return the routes of an application in matching order; a mount before its own routes.

    Raises:
        CommandError: The application does not expose its routes.
    """
    if not shows_routes(app):
        raise CommandError(
            f"A {type(app).__name__} does not show its routes",
            "Name the app inside of it, for example with --app",
        )
    return [listed.row for listed in list_routes(app)]


def print_json(listed: list[Row]) -> None:
    """Write the routes to standard output as a JSON array of objects, one per `Row`."""
    print(json.dumps([asdict(row) for row in listed], indent=2, ensure_ascii=False))


def print_table(listed: list[Row]) -> None:
    """Write the routes to standard output as a table; to a pipe, as one line per route."""
    print_rows(
        ("Methods", "Path", "Name", "Endpoint", "Source"),
        [
            (
                Text(", ".join(row.methods) or row.kind, style="green" if row.methods else "cyan"),
                row.path,
                row.name,
                row.endpoint,
                Text(place(row), style="dim"),
            )
            for row in listed
        ],
    )
