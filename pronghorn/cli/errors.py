"""The errors of commands, and their exit codes."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable

__all__ = ["FAILURE", "USAGE", "CommandError", "MissingExtraError", "missing"]

FAILURE = 1
"""Exit code of a command that could not do what it was asked for."""

USAGE = 2
"""Exit code for an invalid command line, such as an unknown option."""


class CommandError(Exception):
    """Ends a command with a message for the user instead of a traceback.

    Args:
        message: What is wrong, in one line.
        hint: What to do about it; may have several lines.
        detail: Text to print above the message, such as the user's own traceback.
        exit_code: `FAILURE` or `USAGE`.
    """

    def __init__(
        self, message: str, hint: str = "", *, detail: str = "", exit_code: int = FAILURE
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        self.exit_code = exit_code

    def print(self) -> None:
        """Write detail, message and hint to standard error, in colour on a terminal."""
        from rich.console import Console

        console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        if self.detail:
            console.print(self.detail.rstrip(), markup=False)
            console.print()
        console.print("Error: ", style="bold red", end="")
        console.print(self.message, markup=False)
        for line in self.hint.splitlines():
            console.print("  " + line, markup=False)


class MissingExtraError(RuntimeError, SystemExit):
    """A package of an extra is not installed.

    It is a `RuntimeError` for programs that call `main`. For the console script it is a
    `SystemExit`, so that the user reads one line without a traceback; the exit code is 1.

    Args:
        packages: Names of the missing packages.
        extra: The extra that contains them.
    """

    def __init__(self, packages: tuple[str, ...], extra: str = "standard") -> None:
        command = "fastapi" if "pronghorn.as_fastapi" in sys.modules else "pronghorn"
        super().__init__(
            f"To use the {command} command, please install what it needs, which is in the extra "
            f"{extra!r}: pip install {' '.join(read_requirements(packages, extra))}"
        )
        self.code = str(self)


def read_requirements(packages: Iterable[str], extra: str) -> list[str]:
    """Return what to install for packages of an extra, as the installed pronghorn requires them.

    The packages and not the extra are named, because that also helps where pronghorn comes from a
    checkout or a wheel, so that a package index does not have it.

    Args:
        packages: Names of packages.
        extra: The extra that contains them.

    Returns:
        Quoted requirements, such as `"granian<2.9,>=2.8.6"`.
    """
    import importlib.metadata  # Here, because it is slow and only an error needs it.

    try:
        required = importlib.metadata.requires("pronghorn") or []
    except importlib.metadata.PackageNotFoundError:
        required = []
    known = {}
    for line in required:
        requirement, _, marker = line.partition(";")
        if f"extra == '{extra}'" in marker.replace('"', "'"):
            known[re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()] = requirement.strip()
    return [f'"{known.get(name, name)}"' for name in packages]


def missing(*packages: str) -> tuple[str, ...]:
    """Return the packages that cannot be imported."""
    return tuple(name for name in packages if importlib.util.find_spec(name) is None)
