"""Make and keep the directory of metrics, in the process that starts the workers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from pronghorn.logger import logger
from pronghorn.metrics.directory import VARIABLE, Directory, find_directory
from pronghorn.metrics.folding import enter, fold_dead

__all__ = ["enter_as_worker", "keep_directory"]

PREFIX = "pronghorn-metrics-"
#: Seconds between two looks for workers that have ended.
INTERVAL = 1.0


@contextmanager
def keep_directory() -> Iterator[None]:
    """Give the processes that start in this block an empty directory, and fold those that end.

    A directory that the environment names already is left to whoever made it.
    """
    if os.environ.get(VARIABLE):
        yield
        return
    _remove_abandoned()
    directory = Directory(Path(tempfile.mkdtemp(prefix=PREFIX)))
    enter(directory, is_new=True)
    os.environ[VARIABLE] = str(directory.path)
    ended = Event()
    thread = Thread(target=_keep, args=(directory, ended), name="pronghorn-metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        del os.environ[VARIABLE]
        shutil.rmtree(directory.path, ignore_errors=True)


def enter_as_worker() -> None:
    """Enter the directory of the environment; the program has not been imported yet."""
    directory = find_directory()
    if directory is not None:
        enter(directory, is_new=True)


def _keep(directory: Directory, ended: Event) -> None:
    while not ended.wait(INTERVAL):
        try:
            fold_dead(directory)
        except (OSError, ValueError):  # The disk may be full; workers go on, and so does this.
            logger.exception("Metrics: %s cannot be tidied up", directory.path)


def _remove_abandoned() -> None:
    """Remove the directories of supervisors that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            is_ours = path.lstat().st_uid == os.getuid() and not path.is_symlink()
            if is_ours:
                _remove_if_abandoned(Directory(path))
        except OSError:  # Another supervisor removes it at the same moment.
            continue


def _remove_if_abandoned(directory: Directory) -> None:
    with directory.changing():  # Nobody enters it meanwhile.
        if directory.is_abandoned():
            shutil.rmtree(directory.path, ignore_errors=True)
