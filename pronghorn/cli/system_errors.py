"""Explain what the system refuses to a command, such as a file that this user may not read."""

from __future__ import annotations

import os

from pronghorn.cli.errors import CommandError

__all__ = ["explain_system_error"]


def explain_system_error(error: OSError) -> CommandError | None:
    """Return an error of a command for one of the system.

    Args:
        error: What a command raised.

    Returns:
        The error with the file that it is about; None if the program raised it, or if it is about
            something else, such as a pipe that was closed.
    """
    from pronghorn.devtools.tracebacks import frames_of  # Only an error needs it.

    if any(frame.is_program for frame in frames_of(error)):
        return None
    if not _has_working_directory():
        return CommandError(
            "The working directory no longer exists", "Change to a folder that exists."
        )
    if error.filename is None:
        return None
    name = os.fsdecode(error.filename) if not isinstance(error.filename, int) else error.filename
    return CommandError(f"Cannot open {name}: {error.strerror}")


def _has_working_directory() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True
