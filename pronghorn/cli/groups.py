"""Groups of commands whose module is imported when one of them is used, not by `--help`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

__all__ = ["LazyGroup", "db", "jobs"]


class LazyGroup(TyperGroup):
    """A group that reads its commands from a module at the first use.

    Making the commands of all groups, with their options, would take longer than the rest of
    `pronghorn --help`.

    Attributes:
        module: The module; its group of commands is in `group`.
        group: The name of that group.
    """

    module: ClassVar[str]
    group: ClassVar[str]
    _loaded: Any = None

    @property
    def commands(self) -> Any:
        """The commands by name."""
        if self._loaded is None:
            group = getattr(import_module(self.module), self.group)
            self._loaded = typer.main.get_group(group).commands
        return self._loaded

    @commands.setter
    def commands(self, given: Any) -> None:
        """Leave out what Typer passes: the group that it knows is empty."""


class _Database(LazyGroup):
    module, group = "pronghorn.cli.db_command", "db"


class _Jobs(LazyGroup):
    module, group = "pronghorn.cli.jobs_command", "jobs"


db = typer.Typer(
    cls=_Database,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""
    Migrate the [bold]database[/bold] of an app, with Alembic.

    The app is imported as the other commands do, and its own Database, settings and models are
    used. No other command changes the tables, and no start of a server does.

    Examples:

    - [cyan]pronghorn db revision -m 'add orders'[/cyan]
    - [cyan]pronghorn db upgrade[/cyan]
    - [cyan]pronghorn db check shop/main.py[/cyan]
    """,
)

jobs = typer.Typer(
    cls=_Jobs,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""
    Run the [bold]jobs[/bold] of an app, and look after them.

    The app is imported as the other commands do, and its own Jobs and Database are used.

    Examples:

    - [cyan]pronghorn jobs run[/cyan]
    - [cyan]pronghorn jobs list --state waiting[/cyan]
    - [cyan]pronghorn jobs dead[/cyan]
    """,
)
