"""The command `pronghorn check`."""

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import FindOptions, reference_of
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["check"]


@expand_signature(FindOptions)
def check(**where: Unpack[FindOptions]) -> None:
    """
    Find the [bold]mistakes[/bold] of an app without serving it, and pending migrations.

    All mistakes are listed at once: in routes and their parameters, in middleware and in the
    OpenAPI document. The lifespan does not run. Exits with 1 if there is one, or if the database
    lacks migrations.

    Examples:

    - [cyan]pronghorn check[/cyan]
    - [cyan]pronghorn check shop/main.py --env-file .env[/cyan]
    """
    from pronghorn.cli.check import find_problems

    problems = find_problems(reference_of(where))
    if problems:
        raise typer.Exit(1)
