"""The command `pronghorn new`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DatabaseChoice(StrEnum):
    """The database of a new project."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


def new(
    name: Annotated[
        Path,
        typer.Argument(
            metavar="NAME",
            help="The folder to make, as NAME or PATH/NAME. It must be empty if it exists.",
            show_default=False,
        ),
    ],
    *,
    db: Annotated[
        DatabaseChoice,
        typer.Option("--db", help="sqlite needs no server; postgres comes with compose.yaml."),
    ] = DatabaseChoice.SQLITE,
) -> None:
    """
    Start a [bold]new[/bold] project: a service with a database, migrations, tests and an image.

    The folder has routers, schemas, services and models, settings, health checks, a Makefile,
    a Dockerfile, compose.yaml, a CI workflow and a README. Either all of it is written, or nothing.

    Examples:

    - [cyan]pronghorn new bookshop[/cyan]
    - [cyan]pronghorn new services/billing --db postgres[/cyan]
    """
    from pronghorn.cli.new import create_project, print_next_steps

    print_next_steps(create_project(name, db.value))
