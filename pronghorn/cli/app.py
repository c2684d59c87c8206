"""The commands and their options. The other modules implement them."""

import contextlib
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import Unpack

from pronghorn.cli.arguments import DevOptions, FindOptions, RunOptions, reference_of
from pronghorn.cli.check_command import check
from pronghorn.cli.collector import resume_collector
from pronghorn.cli.diff_command import diff
from pronghorn.cli.errors import CommandError
from pronghorn.cli.explain_command import explain
from pronghorn.cli.groups import db, deploy, jobs
from pronghorn.cli.new_command import new
from pronghorn.cli.nodes_command import nodes
from pronghorn.cli.system_errors import explain_system_error
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["commands"]


class CommandGroup(TyperGroup):
    """A group of commands that turns a `CommandError` into its message and exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        resume_collector()
        try:
            return super().invoke(ctx)
        except CommandError as error:
            error.print()
            raise typer.Exit(error.exit_code) from error
        except OSError as error:
            if not (own := explain_system_error(error)):
                raise
            own.print()
            raise typer.Exit(own.exit_code) from error


commands = typer.Typer(
    name="pronghorn",
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        import pronghorn

        print(f"pronghorn {pronghorn.__version__} (as FastAPI {pronghorn.FASTAPI_VERSION})")
        raise typer.Exit


@commands.callback()
def pronghorn_command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="The same as --verbose after the command.")
    ] = False,
) -> None:
    """
    Serve and inspect [bold]pronghorn[/bold] applications.

    Start with [bold]pronghorn dev[/bold] in the folder of your main.py.
    """
    context.obj = verbose


@commands.command()
@expand_signature(DevOptions)
def dev(context: typer.Context, **options: Unpack[DevOptions]) -> None:
    """
    Serve an app while you [bold]develop[/bold] it: reloads on changes, only for this machine.

    Its routes, their plans and the timings of the last requests are shown at /_pronghorn.

    Shows the program's messages from level info, and its own frames of tracebacks. Sets
    FASTAPI_ENV=development unless the environment has it.

    Examples:

    - [cyan]pronghorn dev[/cyan]
    - [cyan]pronghorn dev shop/main.py --port 8080[/cyan]
    - [cyan]pronghorn dev --entrypoint shop.main:app[/cyan]
    - [cyan]pronghorn dev shop.main:create_app --factory --env-file .env[/cyan]
    """
    os.environ.setdefault("FASTAPI_ENV", "development")
    _serve(context, options, reload_dirs=tuple(options["reload_dir"] or ()), develop=True)


@commands.command()
@expand_signature(RunOptions)
def run(context: typer.Context, **options: Unpack[RunOptions]) -> None:
    """
    Serve an app in [bold]production[/bold]: no reload, on every network.

    Examples:

    - [cyan]pronghorn run --workers 4[/cyan]
    - [cyan]PORT=80 pronghorn run shop/main.py[/cyan]
    - [cyan]pronghorn run --as-fastapi[/cyan]  (a program that imports fastapi)
    - [cyan]pronghorn run --ssl-certfile server.pem --ssl-keyfile server.key --port 443[/cyan]
    - [cyan]pronghorn run --uds /run/shop.sock --forwarded-allow-ips '*'[/cyan]  (behind a proxy)
    - [cyan]pronghorn run --server granian --log-config logging.yaml[/cyan]
    - [cyan]pronghorn run --jobs[/cyan]  (a program on SQLite that has jobs)
    """
    _serve(context, options)


@commands.command()
@expand_signature(FindOptions)
def routes(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array instead of a table.")
    ] = False,
    **where: Unpack[FindOptions],
) -> None:
    """
    List the [bold]routes[/bold] of an app in the order in which they are tried.

    Shows methods, path, name, and the file and line of the endpoint; websockets and mounted apps
    too.

    Examples:

    - [cyan]pronghorn routes[/cyan]
    - [cyan]pronghorn routes shop/main.py --json | jq '.[].path'[/cyan]
    """
    from pronghorn.cli.discover import discover_quietly
    from pronghorn.cli.routes import print_json, print_table, rows

    listed = rows(discover_quietly(reference_of(where)).app)
    if as_json:
        print_json(listed)
    else:
        print_table(listed)


@commands.command()
@expand_signature(FindOptions)
def openapi(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file instead of standard output.",
            show_default=False,
        ),
    ] = None,
    indent: Annotated[
        int,
        typer.Option(
            min=0, metavar="NUMBER", help="Spaces per level; 0 puts everything on one line."
        ),
    ] = 2,
    **where: Unpack[FindOptions],
) -> None:
    """
    Write the [bold]OpenAPI[/bold] document of an app as JSON.

    What the program itself prints goes to standard error, so the output can be piped.

    Examples:

    - [cyan]pronghorn openapi -o openapi.json[/cyan]
    - [cyan]pronghorn openapi shop/main.py --indent 0 | gzip > openapi.json.gz[/cyan]
    """
    from pronghorn.cli.discover import discover_quietly
    from pronghorn.cli.openapi import document, write

    found = discover_quietly(reference_of(where))
    with contextlib.redirect_stdout(sys.stderr):
        text = document(found.app, indent)
    write(text, output)


commands.command()(new)
commands.command()(diff)
commands.command()(explain)
commands.command()(check)
commands.command()(nodes)
commands.add_typer(db, name="db")
commands.add_typer(jobs, name="jobs")
commands.add_typer(deploy, name="deploy")


def _serve(context: typer.Context, options: DevOptions | RunOptions, **special: Any) -> None:
    """Serve with the options of the command line, and those in `special`."""
    from pronghorn.cli.discover import discover
    from pronghorn.cli.serve import ServeOptions, prepare, serve

    names = {field.name for field in fields(ServeOptions)}
    own = {name: value for name, value in options.items() if name in names}
    own["verbose"] = options["verbose"] or bool(context.obj)
    given = frozenset(name for name in names if _is_given(context, name))
    serving = ServeOptions(**{**own, "given": given, **special})
    prepare(serving)
    serve(discover(reference_of(options)), serving, title=str(context.info_name))


def _is_given(context: typer.Context, name: str) -> bool:
    """Return True if the user wrote an option on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
