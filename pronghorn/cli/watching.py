"""Find out whether this machine can report changed files, and poll if it cannot."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from pronghorn.cli.errors import CommandError

__all__ = ["poll_where_needed", "python_files"]

# Read by watchfiles, which both servers use:
# https://watchfiles.helpmanual.io/api/watch/#force-polling
POLLING = "WATCHFILES_FORCE_POLLING"


def poll_where_needed(folders: Sequence[str]) -> str:
    """Make the reloader poll files if the system cannot report changes.

    Linux allows a user 128 watchers by default (`fs.inotify.max_user_instances`), which editors and
    containers share. A reloader that does not get one ends with a traceback while the serving
    process continues, so this function checks beforehand.

    Args:
        folders: The folders to watch.

    Returns:
        The reason for polling, for the user; empty if the system reports changes.

    Raises:
        CommandError: The watcher cannot have the name of a folder.
    """
    _silence_watchfiles()
    if POLLING in os.environ:
        return ""
    try:
        from watchfiles import watch
    except ImportError:
        return ""  # In this case uvicorn polls by itself.
    try:
        next(watch(*folders, rust_timeout=1, yield_on_timeout=True, ignore_permission_denied=True))
    except UnicodeEncodeError as error:
        raise CommandError(
            f"Cannot watch {', '.join(folders)}: the name has bytes that are not UTF-8",
            "Rename the folder, or add --no-reload.",
        ) from error
    except (OSError, RuntimeError) as error:  # WatchfilesRustInternalError is a RuntimeError
        os.environ[POLLING] = "true"
        return f"polling, because the system cannot watch files: {error}"
    return ""


def _silence_watchfiles() -> None:
    """Do not log each change, unless the program wants that.

    The command has imported the program, whose configuration may print messages of level info. A
    log that is written to a watched folder would then be a change itself, without end.
    """
    logger = logging.getLogger("watchfiles.main")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)


def python_files() -> Any:
    """Return the filter of Granian's reloader for Python files, which uvicorn's has by default.

    Without it, a program that writes to a log file or a database in its folder would restart
    itself without end.

    Returns:
        A subclass of `watchfiles.DefaultFilter`; None if watchfiles is not installed, of which
            Granian informs the user.
    """
    try:
        from watchfiles import Change, DefaultFilter
    except ImportError:
        return None

    class PythonFiles(DefaultFilter):
        """Lets the changes of Python files through."""

        def __call__(self, change: Change, path: str) -> bool:
            return path.endswith(".py") and super().__call__(change, path)

    return PythonFiles
