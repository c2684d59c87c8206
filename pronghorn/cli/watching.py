"""Whether this machine can still tell of changed files, and what to do where it cannot."""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["poll_where_needed"]

# Read by watchfiles, which both servers watch with:
# https://watchfiles.helpmanual.io/api/watch/#force-polling
POLLING = "WATCHFILES_FORCE_POLLING"


def poll_where_needed(folders: Sequence[str]) -> str:
    """Have the reloader look at files again and again where the system refuses to tell of changes.

    Linux gives a user 128 watchers by default (`fs.inotify.max_user_instances`), and editors
    and containers share them. A reloader that is refused one ends with a traceback while the
    process that serves goes on, so it is asked for before.

    Args:
        folders: The folders to watch.

    Returns:
        Why files are polled, for the user; empty where they are watched.
    """
    if POLLING in os.environ:
        return ""
    try:
        from watchfiles import watch
    except ImportError:
        return ""  # uvicorn polls by itself then.
    try:
        next(watch(*folders, rust_timeout=1, yield_on_timeout=True, ignore_permission_denied=True))
    except (OSError, RuntimeError) as error:  # WatchfilesRustInternalError is a RuntimeError
        os.environ[POLLING] = "true"
        return f"polling, because watching is refused: {error}"
    return ""
