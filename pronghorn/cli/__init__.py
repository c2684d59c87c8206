"""The `pronghorn` command: serve an application, list its routes, write its OpenAPI document.

- `app.py`, `groups.py` and the modules named `..._command.py` declare the commands, `arguments.py`
  and those named `..._options.py` their options; all other modules are independent of Typer
- `discover.py` finds the application: `locate.py` finds the file, `importing.py` imports it,
  `choose.py` picks the object
- `serve.py` checks and announces, `servers.py` starts uvicorn or Granian, whose processes import
  the application through `loader.py`
- `jobs_find.py` finds the jobs of a program, `jobs_run.py` starts the processes that run them, and
  `jobs_work.py` works in those; `jobs_look.py` lists jobs, and `jobs_tab.py` for the page of `dev`
- `routes.py`, `explain.py` and `openapi.py` describe the application
- `groups.py` names the module of `pronghorn deploy`, which stands on this package
- `pronghorn.devtools` is the page that `pronghorn dev` serves beside it
- `errors.py` defines the errors and exit codes of commands
- `collector.py` keeps the garbage collector out of what the command line imports

This module imports none of them, so worker processes do not load the command line.
"""

import os
import sys
from collections.abc import Callable

from pronghorn.cli.collector import pause_collector, resume_collector
from pronghorn.cli.errors import MissingExtraError, missing

__all__ = ["MissingExtraError", "cli_main", "main"]


def _run_commands() -> None:
    from pronghorn.cli.app import commands

    commands()


_REQUIRED = ("typer", "rich")

cli_main: Callable[[], None] | None = None if missing(*_REQUIRED) else _run_commands
"""The function that runs the command line, or `None` if the packages that it needs are missing."""


def _open_standard_streams() -> None:
    """Open the null device for each standard stream that the caller has closed.

    Otherwise a file or a socket that is opened next would become that stream.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given to a file that is opened.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - stays open


def main() -> None:
    """Run the command line with the arguments of this process, and exit the process.

    Raises:
        MissingExtraError: `typer` or `rich` is not installed.
        SystemExit: Otherwise always, with the exit code of the command.
    """
    _open_standard_streams()
    if cli_main is None:
        raise MissingExtraError(missing(*_REQUIRED) or _REQUIRED)
    pause_collector()
    try:
        cli_main()
    finally:
        resume_collector()
