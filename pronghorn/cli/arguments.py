"""The arguments and options of the commands, each declared once.

A command takes a table of them as `**options: Unpack[...]` and passes it to Typer with
`pronghorn.core.typed_kwargs.expand_signature`. Typer always passes every option.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from pronghorn.cli.deadline_options import RunDeadlines
from pronghorn.cli.env_file import load_environment
from pronghorn.cli.server_arguments import (
    DevListening,
    DevServing,
    RunListening,
    RunServing,
    SharedServing,
)
from pronghorn.cli.size_options import RunSizes
from pronghorn.cli.worker_options import RunWorkers
from pronghorn.core.typed_kwargs import DefaultIs

if TYPE_CHECKING:
    from pronghorn.cli.discover import AppReference

__all__ = [
    "DatabaseOptions",
    "DevOptions",
    "DiffOptions",
    "FindOptions",
    "JsonOption",
    "RunOptions",
    "WritingOptions",
    "reference_of",
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON."), DefaultIs(False)]

FINDING = "Where the app is"
REPLAYING = "What to ask"


class WhereOptions(TypedDict):
    """The location of the program."""

    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="A Python file, the folder of a package, or MODULE:NAME. By default the first "
            "that exists of main.py, app.py, api.py, app/main.py, app/app.py and app/api.py.",
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
    factory: Annotated[
        bool,
        typer.Option(
            "--factory",
            help="The name is not an app but a function without parameters that makes one, such as "
            "create_app.",
            rich_help_panel=FINDING,
        ),
        DefaultIs(False),
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
    env_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            is_eager=True,  # Its variables may stand for other options.
            callback=load_environment,
            help="A file of NAME=VALUE lines, set in the environment before the app is imported. "
            "A variable that is already set keeps its value.",
            rich_help_panel=FINDING,
            show_default=False,
        ),
    ]
    full_traceback: Annotated[
        bool,
        typer.Option(
            "--full-traceback",
            "--debug",
            help="Show every frame and every chained exception of an error, also those of "
            "libraries, and of an error that is otherwise one sentence. While run serves, the "
            "tracebacks of requests are always complete.",
            rich_help_panel=FINDING,
        ),
        DefaultIs(False),
    ]


def reference_of(options: FindOptions) -> "AppReference":
    """Return the location of the application as the user gave it."""
    from pronghorn.cli.discover import AppReference  # `--help` does not need it.

    return AppReference(
        options["path"],
        options["app"],
        options["entrypoint"],
        options["as_fastapi"],
        factory=options["factory"],
        full_traceback=options["full_traceback"],
    )


class DatabaseOptions(FindOptions):
    """The location of the program, and which of its databases is meant."""

    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="NAME",
            help="The database, by the name in Database(..., name=NAME). Only a program with "
            "several needs it.",
            show_default=False,
        ),
    ]


class WritingOptions(DatabaseOptions):
    """Also how long to wait for the locks of other transactions."""

    lock_timeout: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long a statement waits for a lock that another transaction holds; requests "
            "queue behind it meanwhile. 0 for no limit.",
        ),
        DefaultIs(5.0),
    ]
    attempts: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="How often a migration is tried that does not get its locks.",
        ),
        DefaultIs(3),
    ]


class JobsServing(TypedDict):
    """The work beside requests."""

    jobs: Annotated[
        bool,
        typer.Option(
            "--jobs",
            help="Also run the jobs of the app, in each process that serves: while you develop, "
            "and in a program on SQLite. Otherwise 'pronghorn jobs run' does that.",
            rich_help_panel="Jobs",
        ),
        DefaultIs(False),
    ]


class DevOptions(FindOptions, DevListening, DevServing, JobsServing, SharedServing):
    """All options of `pronghorn dev`."""


class RunOptions(
    FindOptions,
    RunListening,
    RunServing,
    RunWorkers,
    JobsServing,
    RunSizes,
    RunDeadlines,
    SharedServing,
):
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
    login: Annotated[
        str | None,
        typer.Option(
            metavar="'METHOD PATH NAME=VALUE ...'",
            envvar="PRONGHORN_LOGIN",
            help="A request that logs in before the others, once on each engine; its access_token "
            "and its cookies are sent from then on. The body is a form or a JSON object.",
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
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the report as JSON."),
        DefaultIs(False),
    ]
