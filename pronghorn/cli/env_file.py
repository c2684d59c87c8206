"""Read a file of environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from pronghorn.cli.errors import USAGE, CommandError, MissingExtraError, missing

__all__ = ["load_environment"]


def load_environment(file: Path | None) -> Path | None:
    """Set the variables of a file in this process, which its children inherit.

    A variable that is already set keeps its value. The command line calls this before it reads the
    options, so the file may have variables that stand for an option, such as `PORT`.

    Args:
        file: A file, or a pipe, which can be read once; None for no file.

    Returns:
        The file.

    Raises:
        MissingExtraError: The package that reads such files is not installed.
        CommandError: The file cannot be read.
    """
    if file is None:
        return None
    if missing("dotenv"):
        raise MissingExtraError(("python-dotenv",))
    from dotenv import load_dotenv

    if not os.path.exists(file):
        raise CommandError(
            f"No file at {file} for --env-file", f"Paths start at {Path.cwd()}", exit_code=USAGE
        )
    try:
        with file.open(encoding="utf-8") as lines:
            load_dotenv(stream=lines)
    except (OSError, ValueError) as error:  # such as a value with a null byte
        raise CommandError(f"Cannot read {file}: {error}", exit_code=USAGE) from error
    return file
