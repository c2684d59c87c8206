"""The options of `pronghorn jobs`, each declared once; see `arguments.py`."""

from typing import Annotated, Literal

import typer

from pronghorn.cli.arguments import DatabaseOptions, JsonOption
from pronghorn.core.typed_kwargs import DefaultIs

__all__ = [
    "GRACE",
    "DeadOptions",
    "JobId",
    "ListOptions",
    "OneJobOptions",
    "RetryOptions",
    "WorkOptions",
]

GRACE = 25.0
"""Seconds that jobs have to end; orchestrators kill a process 30 seconds after SIGTERM."""

CHOOSING = "Which jobs"
WORKING = "How it works"
ENDING = "How it ends, and how others ask whether it lives"
LOGGING = "What it prints"

State = Literal["waiting", "scheduled", "running", "done", "dead", "cancelled"]

JobId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The id of the job, as `pronghorn jobs list` prints it.",
        show_default=False,
    ),
]
TaskOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only the jobs of this task: send_receipt, or shop.mail:send_receipt.",
        rich_help_panel=CHOOSING,
        show_default=False,
    ),
]
QueueOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only the jobs of this queue.",
        rich_help_panel=CHOOSING,
        show_default=False,
    ),
]
LimitOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=10_000,
        metavar="NUMBER",
        help="How many jobs at most, the newest first.",
        rich_help_panel=CHOOSING,
    ),
    DefaultIs(50),
]


class OneJobOptions(DatabaseOptions):
    """The location of the program, for a command about one job."""

    as_json: JsonOption


class DeadOptions(DatabaseOptions):
    """All options of `pronghorn jobs dead`."""

    task: TaskOption
    queue: QueueOption
    limit: LimitOption
    as_json: JsonOption


class ListOptions(DeadOptions):
    """All options of `pronghorn jobs list`."""

    state: Annotated[
        State | None,
        typer.Option(
            help="Only the jobs in this state.", rich_help_panel=CHOOSING, show_default=False
        ),
    ]


class RetryOptions(DatabaseOptions):
    """All options of `pronghorn jobs retry`."""

    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="All dead jobs, or those of --task and --queue, instead of one ID.",
            rich_help_panel=CHOOSING,
        ),
        DefaultIs(False),
    ]
    task: TaskOption
    queue: QueueOption


class WorkOptions(DatabaseOptions):
    """All options of `pronghorn jobs run`."""

    queue: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="A queue to work on, and how many of its jobs run in this process at once; "
            "NAME alone keeps the number of the program. May be given several times. By default "
            "all queues of the program.",
            rich_help_panel=WORKING,
            show_default=False,
        ),
    ]
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="Number of processes, each replaced when it dies; each runs as many jobs as "
            "--queue says. By default the command itself works.",
            rich_help_panel=WORKING,
            show_default=False,
        ),
    ]
    grace: Annotated[
        float,
        typer.Option(
            min=0,
            max=86_400,
            metavar="SECONDS",
            help="Seconds after SIGTERM in which running jobs may end. The others are given back, "
            "and another worker runs them again.",
            rich_help_panel=ENDING,
        ),
        DefaultIs(GRACE),
    ]
    health_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="Answer /live and /ready on this port of every network, for orchestrators; 0 lets "
            "the system choose. By default no port is open.",
            rich_help_panel=ENDING,
            show_default=False,
        ),
    ]
    log_format: Annotated[
        Literal["console", "json"],
        typer.Option(
            metavar="FORMAT",
            envvar="PRONGHORN_LOG_FORMAT",
            help="One structured line per message: json for machines, console for people.",
            rich_help_panel=LOGGING,
        ),
        DefaultIs("console"),
    ]
    log_level: Annotated[
        Literal["critical", "error", "warning", "info", "debug"],
        typer.Option(
            metavar="LEVEL",
            help="The lowest level of messages: critical, error, warning, info or debug.",
            rich_help_panel=LOGGING,
        ),
        DefaultIs("info"),
    ]
    watchdog: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="MS",
            envvar="PRONGHORN_WATCHDOG",
            help="Log the line of the program that blocks the event loop for more than this number "
            "of milliseconds; 0 for none.",
            rich_help_panel=LOGGING,
        ),
        DefaultIs(0),
    ]
