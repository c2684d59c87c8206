"""The commands and their options. What they do is in the other modules."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from pronghorn.cli.arguments import (
    AppOption,
    AsFastapiOption,
    EntrypointOption,
    PathArgument,
)
from pronghorn.cli.diff_command import diff
from pronghorn.cli.discover import AppReference, Found, discover
from pronghorn.cli.errors import CommandError
from pronghorn.cli.explain_command import explain

__all__ = ["commands"]


class CommandGroup(TyperGroup):
    """Turns a `CommandError` of any command into its message and exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            error.print()
            raise typer.Exit(error.exit_code) from error


commands = typer.Typer(
    name="pronghorn",
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SERVING = "How to serve it"

PortOption = Annotated[
    int,
    typer.Option(
        min=0,
        max=65535,
        metavar="PORT",
        envvar="PORT",
        help="Port to listen on; 0 lets the system choose.",
        rich_help_panel=SERVING,
    ),
]
RootPathOption = Annotated[
    str,
    typer.Option(
        metavar="PREFIX",
        help="Path prefix under which a proxy publishes the app, such as /api/v1.",
        rich_help_panel=SERVING,
        show_default=False,
    ),
]
ProxyHeadersOption = Annotated[
    bool,
    typer.Option(
        help="Take the client's address and scheme from the X-Forwarded-* headers of trusted "
        "proxies.",
        rich_help_panel=SERVING,
    ),
]
ForwardedAllowIpsOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESSES",
        envvar="FORWARDED_ALLOW_IPS",
        help="The trusted proxies, separated by commas; '*' trusts everybody. By default only "
        "this machine.",
        rich_help_panel=SERVING,
        show_default=False,
    ),
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Print how the app was found, and log at debug level.",
        rich_help_panel=SERVING,
    ),
]
HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for every network "
        "that it is in.",
        rich_help_panel=SERVING,
    ),
]
ReloadOption = Annotated[
    bool,
    typer.Option(help="Restart the server when a Python file changes.", rich_help_panel=SERVING),
]
ServerOption = Annotated[
    Literal["uvicorn", "granian"],
    typer.Option(
        help="The server: uvicorn, or Granian, which is written in Rust (extra 'granian').",
        rich_help_panel=SERVING,
    ),
]
ProtocolOption = Annotated[
    Literal["auto", "asgi"],
    typer.Option(
        help="'auto' hands requests straight to the app where nothing stands around it; 'asgi' "
        "always goes through ASGI messages.",
        rich_help_panel=SERVING,
    ),
]
AccessLogOption = Annotated[
    bool, typer.Option(help="Print a line for each request.", rich_help_panel=SERVING)
]


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
        bool, typer.Option("--verbose", help="As --verbose of the command that follows.")
    ] = False,
) -> None:
    """
    Serve and inspect [bold]pronghorn[/bold] applications.

    Start with [bold]pronghorn dev[/bold] in the folder of your main.py.
    """
    context.obj = verbose


@commands.command()
def dev(
    context: typer.Context,
    path: PathArgument = None,
    *,
    app: AppOption = None,
    entrypoint: EntrypointOption = None,
    as_fastapi: AsFastapiOption = False,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    reload: ReloadOption = True,
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A folder to watch; may be given several times. By default the working "
            "directory, and the folder that the app is imported from.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
    ] = None,
    root_path: RootPathOption = "",
    proxy_headers: ProxyHeadersOption = True,
    forwarded_allow_ips: ForwardedAllowIpsOption = None,
    server: ServerOption = "uvicorn",
    protocol: ProtocolOption = "auto",
    access_log: AccessLogOption = True,
    verbose: VerboseOption = False,
) -> None:
    """
    Serve an app while you [bold]develop[/bold] it: reloads on changes, only for this machine.

    Sets FASTAPI_ENV=development unless the environment has it.

    Examples:

    - [cyan]pronghorn dev[/cyan]
    - [cyan]pronghorn dev shop/main.py --port 8080[/cyan]
    - [cyan]pronghorn dev --entrypoint shop.main:app[/cyan]
    """
    from pronghorn.cli.serve import ServeOptions

    os.environ.setdefault("FASTAPI_ENV", "development")
    options = ServeOptions(
        host=host,
        port=port,
        reload=reload,
        reload_dirs=tuple(reload_dir or ()),
        root_path=root_path,
        proxy_headers=proxy_headers,
        forwarded_allow_ips=forwarded_allow_ips,
        verbose=verbose or bool(context.obj),
        server=server,
        protocol=protocol,
        access_log=access_log,
    )
    _serve(AppReference(path, app, entrypoint, as_fastapi), options, "dev")


@commands.command()
def run(
    context: typer.Context,
    path: PathArgument = None,
    *,
    app: AppOption = None,
    entrypoint: EntrypointOption = None,
    as_fastapi: AsFastapiOption = False,
    host: HostOption = "0.0.0.0",  # noqa: S104 - in production the proxy is another machine.
    port: PortOption = 8000,
    reload: ReloadOption = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="Number of processes that share the port; not together with --reload. By "
            "default WEB_CONCURRENCY of the environment, or 1.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
    ] = None,
    root_path: RootPathOption = "",
    proxy_headers: ProxyHeadersOption = True,
    forwarded_allow_ips: ForwardedAllowIpsOption = None,
    server: ServerOption = "uvicorn",
    protocol: ProtocolOption = "auto",
    access_log: AccessLogOption = True,
    verbose: VerboseOption = False,
) -> None:
    """
    Serve an app in [bold]production[/bold]: no reload, on every network.

    Examples:

    - [cyan]pronghorn run --workers 4[/cyan]
    - [cyan]PORT=80 pronghorn run shop/main.py[/cyan]
    - [cyan]pronghorn run --as-fastapi[/cyan]  (a program that imports fastapi)
    """
    from pronghorn.cli.serve import ServeOptions

    options = ServeOptions(
        host=host,
        port=port,
        reload=reload,
        workers=workers,
        root_path=root_path,
        proxy_headers=proxy_headers,
        forwarded_allow_ips=forwarded_allow_ips,
        verbose=verbose or bool(context.obj),
        server=server,
        protocol=protocol,
        access_log=access_log,
    )
    _serve(AppReference(path, app, entrypoint, as_fastapi), options, "run")


@commands.command()
def routes(
    path: PathArgument = None,
    *,
    app: AppOption = None,
    entrypoint: EntrypointOption = None,
    as_fastapi: AsFastapiOption = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array instead of a table.")
    ] = False,
) -> None:
    """
    List the [bold]routes[/bold] of an app in the order in which they are tried.

    Shows methods, path, name, and the file and line of the endpoint; websockets and mounted apps
    too.

    Examples:

    - [cyan]pronghorn routes[/cyan]
    - [cyan]pronghorn routes shop/main.py --json | jq '.[].path'[/cyan]
    """
    from pronghorn.cli.routes import print_json, print_table, rows

    listed = rows(_discover_quietly(AppReference(path, app, entrypoint, as_fastapi)).app)
    if as_json:
        print_json(listed)
    else:
        print_table(listed)


@commands.command()
def openapi(
    path: PathArgument = None,
    *,
    app: AppOption = None,
    entrypoint: EntrypointOption = None,
    as_fastapi: AsFastapiOption = False,
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
) -> None:
    """
    Write the [bold]OpenAPI[/bold] document of an app as JSON.

    What the program itself prints goes to standard error, so the output can be piped.

    Examples:

    - [cyan]pronghorn openapi -o openapi.json[/cyan]
    - [cyan]pronghorn openapi shop/main.py --indent 0 | gzip > openapi.json.gz[/cyan]
    """
    from pronghorn.cli.openapi import document, write

    found = _discover_quietly(AppReference(path, app, entrypoint, as_fastapi))
    with contextlib.redirect_stdout(sys.stderr):
        text = document(found.app, indent)
    write(text, output)


commands.command()(diff)
commands.command()(explain)


def _serve(reference: AppReference, options: Any, title: str) -> None:
    from pronghorn.cli.serve import check_options, serve

    check_options(options)
    serve(discover(reference), options, title=title)


def _discover_quietly(reference: AppReference) -> Found:
    """Find the app; what its modules print while they are imported goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        return discover(reference)
