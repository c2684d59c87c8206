"""Groups of commands whose module is imported when one of them is used, not by `--help`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["LazyGroup", "db", "deploy", "jobs"]


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


class _UnnamedContext(typer.Context):
    """The context of the default command, whose name the user has left out."""

    @property
    def command_path(self) -> str:
        """The names up to the command, as usage and errors write them."""
        return super().command_path.rstrip()


class _Deploy(LazyGroup):
    """Also a command: what follows is that of `now`, unless it is the name of another one."""

    # By name, since that package stands on this one.
    module, group = "pronghorn.deploy.command", "deploy"
    default = "now"
    _shows_default = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before arguments that name none."""
        is_target = bool(args) and not args[0].startswith("-") and args[0] not in self.commands
        if is_target and len(args) > 1 and args[1] in self.commands:
            right = " ".join(["pronghorn deploy", args[1], args[0]])
            raise CommandError(f"The target follows the command: {right}", exit_code=USAGE)
        named = args[:1] and (args[0] in ctx.help_option_names or args[0] in self.commands)
        return super().parse_args(ctx, args if named else [self.default, *args])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command; the default one has no name in messages, as nobody has written it."""
        name, command, rest = super().resolve_command(ctx, args)
        if name != self.default or command is None:
            return name, command, rest
        command.context_class = _UnnamedContext
        return "", command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help with the options of the default command."""
        self._shows_default = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._shows_default = False

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, for the help those of the default command too."""
        own = super().get_params(ctx)
        return [*self.commands[self.default].params, *own] if self._shows_default else own

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the name of the command."""
        return ["[TARGET|COMMAND]", "[OPTIONS]"]


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

deploy = typer.Typer(
    cls=_Deploy,
    rich_markup_mode="rich",
    help="""
    [bold]Deploy[/bold] an app: check it, write files, hand over, and wait until it is ready.

    The old version serves until the new one is ready, and goes on if that fails. Migrations are
    applied before. Secrets are in no file and on no command line.

    Exits with 0 when the new version is ready, with 1 when it failed, and with 3 when nobody could
    find out.

    Examples:

    - [cyan]pronghorn deploy --dry-run[/cyan]
    - [cyan]pronghorn deploy --env-file .env.production[/cyan]
    - [cyan]pronghorn deploy kubernetes --timeout 600[/cyan]
    - [cyan]pronghorn deploy rollback[/cyan]
    """,
)
