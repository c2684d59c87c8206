"""The jobs that a program has made, for commands that work on them."""

from __future__ import annotations

from typing import Any
from weakref import ref

_known: list[ref[Any]] = []


def remember(jobs: Any) -> None:
    """Let `list_jobs` find an object as long as the program keeps it."""
    _known.append(ref(jobs, _known.remove))


def list_jobs() -> list[Any]:
    """Return each `Jobs` of this process, in the order in which they were made."""
    return [jobs for known in list(_known) if (jobs := known()) is not None]
