"""The jobs that a program has made, for commands that work on them and for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import ref

from pronghorn.core.setup_errors import setup_error

_known: list[ref[Any]] = []
#: The jobs of the applications that are started, once for each application.
_running: list[Any] = []


def remember(jobs: Any) -> None:
    """Let `list_jobs` find an object as long as the program keeps it."""
    _known.append(ref(jobs, _known.remove))


def list_jobs() -> list[Any]:
    """Return each `Jobs` of this process, in the order in which they were made."""
    return [jobs for known in list(_known) if (jobs := known()) is not None]


@contextmanager
def running(jobs: Any) -> Iterator[None]:
    """Note that an application with these jobs is started, inside of the block.

    Raises:
        SetupError: Another one that is started has jobs in the same queues of the same database,
            and their workers would take each other's jobs without knowing the functions.
    """
    for other in _running:
        if other is not jobs and other.db is jobs.db:
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
                "each of two applications has its own Jobs(db)",
                "one jobs = Jobs(db) that both import, or @jobs.task(queue=...) with queues of "
                "their own for each of them",
            )
