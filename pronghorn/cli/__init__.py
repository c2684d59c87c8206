"""The ``pronghorn`` command: serve an application, list its routes, write its OpenAPI document.

- ``app.py`` and two modules named ``..._command.py`` declare the commands, ``arguments.py`` their
  options; every other module is free of Typer
- ``discover.py`` finds the application: ``locate.py`` finds the file, ``importing.py`` imports
  it, ``choose.py`` picks the object
- ``serve.py`` checks and announces, ``servers.py`` starts uvicorn or Granian, whose processes
  import the application through ``loader.py``
- ``routes.py``, ``explain.py`` and ``openapi.py`` describe the application
- `pronghorn.devtools` is the page that `pronghorn dev` serves beside it
- ``errors.py`` is what a command says when it gives up

This module imports nothing of that, so that worker processes do not load the command line.
"""

import importlib.util
import sys
from collections.abc import Callable

__all__ = ["MissingExtraError", "cli_main", "main"]


class MissingExtraError(RuntimeError, SystemExit):
    """A package of an extra is not installed.

    It is a ``RuntimeError`` for programs that call `main`. For the console script it is a
    ``SystemExit``, so that the user reads one line and no traceback; the exit code is 1.

    Args:
        packages: Names of the packages that are missing.
        extra: The extra that brings them.
    """

    def __init__(self, packages: tuple[str, ...], extra: str = "standard") -> None:
        command = "fastapi" if "pronghorn.as_fastapi" in sys.modules else "pronghorn"
        super().__init__(
            f"To use the {command} command, please install what it needs "
            f'({", ".join(packages)}): pip install "pronghorn[{extra}]"'
        )
        self.code = str(self)


def missing(*packages: str) -> tuple[str, ...]:
    """Those of the packages that cannot be imported."""
    return tuple(name for name in packages if importlib.util.find_spec(name) is None)


def _run_commands() -> None:
    from pronghorn.cli.app import commands

    commands()


_REQUIRED = ("typer", "rich")

cli_main: Callable[[], None] | None = None if missing(*_REQUIRED) else _run_commands
"""Runs the command line, or ``None`` without the packages that it needs."""


def main() -> None:
    """Run the command line with the arguments of this process; it exits the process.

    Raises:
        MissingExtraError: ``typer`` or ``rich`` is not installed.
        SystemExit: Always otherwise, with the exit code of the command.
    """
    if cli_main is None:
        raise MissingExtraError(missing(*_REQUIRED) or _REQUIRED)
    cli_main()
