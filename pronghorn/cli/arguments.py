"""The arguments and options of the commands, each declared once.

A command takes a table of them as `**options: Unpack[...]` and passes it to Typer with
`pronghorn.core.typed_kwargs.expand_signature`. Typer always passes every option.
"""

from pathlib import Path
from typing import Annotated, Literal, TypedDict

import typer

from pronghorn.cli.discover import AppReference
from pronghorn.core.typed_kwargs import DefaultIs

__all__ = ["DevOptions", "DiffOptions", "FindOptions", "RunOptions", "reference_of"]

FINDING = "Where the app is"
SERVING = "How to serve it"
REPLAYING = "What to ask"


class WhereOptions(TypedDict):
    """The location of the program."""

    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="A Python file, or the folder of a package. By default the first that exists of "
            "main.py, app.py, api.py, app/main.py, app/app.py and app/api.py.",
            show_default=False,
        ),
    ]
    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="NAME",
            help="The name of the app in its module. By default 'app', then 'api', then the first "
            "FastAPI in it.",
            rich_help_panel=FINDING,
            show_default=False,
        ),
    ]
    entrypoint: Annotated[
        str | None,
        typer.Option(
            "--entrypoint",
            "-e",
            metavar="MODULE:NAME",
            help="The app as an import string, such as shop.main:app, instead of PATH and --app. "
            "By default the entrypoint of \\[tool.pronghorn] or \\[tool.fastapi] in "
            "pyproject.toml.",
            rich_help_panel=FINDING,
            show_default=False,
        ),
    ]


class FindOptions(WhereOptions):
    """The location of the program, and how to import it."""

    as_fastapi: Annotated[
        bool,
        typer.Option(
            "--as-fastapi",
            help="Make 'import fastapi' in the program import pronghorn, so that a FastAPI program "
            "runs unchanged.",
            rich_help_panel=FINDING,
        ),
        DefaultIs(False),
    ]


def reference_of(options: FindOptions) -> AppReference:
    """Return the location of the application as the user gave it."""
    return AppReference(
        options["path"], options["app"], options["entrypoint"], options["as_fastapi"]
    )


HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for every network.",
        rich_help_panel=SERVING,
    ),
]
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
    DefaultIs(8000),
]
ReloadOption = Annotated[
    bool,
    typer.Option(help="Restart the server when a Python file changes.", rich_help_panel=SERVING),
]


class ServingOptions(TypedDict):
    """The options of serving, apart from the address and restarts."""

    root_path: Annotated[
        str,
        typer.Option(
            metavar="PREFIX",
            help="Path prefix under which a proxy publishes the app, such as /api/v1.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
        DefaultIs(""),
    ]
    proxy_headers: Annotated[
        bool,
        typer.Option(
            help="Take the client's address and scheme from the X-Forwarded-* headers of trusted "
            "proxies.",
            rich_help_panel=SERVING,
        ),
        DefaultIs(True),
    ]
    forwarded_allow_ips: Annotated[
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
    server: Annotated[
        Literal["uvicorn", "granian"],
        typer.Option(
            help="The server: uvicorn, or Granian, which is written in Rust (extra 'granian').",
            rich_help_panel=SERVING,
        ),
        DefaultIs("uvicorn"),
    ]
    protocol: Annotated[
        Literal["auto", "asgi"],
        typer.Option(
            help="'auto' passes requests directly to the app if nothing wraps it; "
            "'asgi' always uses ASGI messages.",
            rich_help_panel=SERVING,
        ),
        DefaultIs("auto"),
    ]
    http: Annotated[
        Literal["auto", "1", "2"],
        typer.Option(
            help="The version of HTTP. 'auto' is every version that the server supports: 1 and 2 "
            "with Granian, 1 with uvicorn.",
            rich_help_panel=SERVING,
        ),
        DefaultIs("auto"),
    ]
    ssl_certfile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The server's certificate in PEM; the server then only accepts TLS.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
    ]
    ssl_keyfile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The private key of the certificate in PEM; PKCS#8 for Granian.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
    ]
    access_log: Annotated[
        bool,
        typer.Option(help="Print a line for each request.", rich_help_panel=SERVING),
        DefaultIs(True),
    ]
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print how the app was found, and log at debug level.",
            rich_help_panel=SERVING,
        ),
        DefaultIs(False),
    ]


class DevListening(TypedDict):
    """The address of `dev`, and how it restarts."""

    host: Annotated[HostOption, DefaultIs("127.0.0.1")]
    port: PortOption
    reload: Annotated[ReloadOption, DefaultIs(True)]
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A folder to watch; may be given several times. By default the working "
            "directory, and the folder that the app is imported from.",
            rich_help_panel=SERVING,
            show_default=False,
        ),
    ]
    page: Annotated[
        bool,
        typer.Option(
            help="Show routes, plans and the timings of the last requests at /_pronghorn.",
            rich_help_panel=SERVING,
        ),
        DefaultIs(True),
    ]


class RunListening(TypedDict):
    """The address of `run`, and its number of processes."""

    # In production the proxy is another machine.
    host: Annotated[HostOption, DefaultIs("0.0.0.0")]  # noqa: S104
    port: PortOption
    reload: Annotated[ReloadOption, DefaultIs(False)]
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
    ]


class DevOptions(FindOptions, DevListening, ServingOptions):
    """All options of `pronghorn dev`."""


class RunOptions(FindOptions, RunListening, ServingOptions):
    """All options of `pronghorn run`."""


class DiffOptions(WhereOptions):
    """All options of `pronghorn diff`."""

    har: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Replay the requests of this HAR file, as browsers and proxies save them, "
            "instead of generated ones.",
            rich_help_panel=REPLAYING,
            show_default=False,
        ),
    ]
    requests: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="Number of requests to generate from the OpenAPI document; 0 compares only the "
            "documents.",
            rich_help_panel=REPLAYING,
        ),
        DefaultIs(100),
    ]
    seed: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            help="The same number generates the same requests.",
            rich_help_panel=REPLAYING,
        ),
        DefaultIs(0),
    ]
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe",
            help="Also send POST, PUT, PATCH and DELETE; the app is called as in production, so "
            "give it data that may be lost.",
            rich_help_panel=REPLAYING,
        ),
        DefaultIs(False),
    ]
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME: VALUE'",
            help="A header to add to every request, such as 'Authorization: Bearer abc'; may be "
            "given several times.",
            rich_help_panel=REPLAYING,
            show_default=False,
        ),
    ]
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            help="Time limit for one response; then the client disconnects, which ends streams.",
            rich_help_panel=REPLAYING,
        ),
        DefaultIs(10.0),
    ]
