"""The jobs that a program has made, for commands that work on them and for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import ref

from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.owners import is_same_database

_known: list[ref[Any]] = []
#: The jobs of the applications and workers that run, once for each.
_running: list[Any] = []


def remember(jobs: Any) -> None:
    """Let `list_jobs` find an object as long as the program keeps it."""
    _known.append(ref(jobs, _known.remove))


def list_jobs() -> list[Any]:
    """Return each `Jobs` of this process, in the order in which they were made."""
    return [jobs for known in list(_known) if (jobs := known()) is not None]


@contextmanager
def running(jobs: Any) -> Iterator[None]:
    """Note that an application or a worker with these jobs runs, inside of the block.

    Raises:
        SetupError: Another one has jobs in the same queues of the same database,
            and their workers would take each other's jobs without knowing the functions.
    """
    for other in _running:
        if other is not jobs and is_same_database(other.db, jobs.db):
            _compare(jobs, other)
            _compare(other, jobs)
    _running.append(jobs)
    try:
        yield
    finally:
        _running.remove(jobs)


def _compare(jobs: Any, other: Any) -> None:
    names = {task.name for task in jobs.tasks}
    for task in other.tasks:
        if task.queue in jobs.queues and task.name not in names:
            raise setup_error(
                f"Two objects of Jobs use the same database, and a worker of one would take "
                f"{task.name} from the queue {task.queue!r} without knowing it",
                "each of two applications has its own Jobs, and maybe its own Database of the same "
                "address",
                "one jobs = Jobs(db) that both import, or @jobs.task(queue=...) with queues of "
                "their own for each of them",
            )
