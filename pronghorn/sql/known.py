"""The databases that a program has made, for commands that work on them."""

from __future__ import annotations

from typing import Any
from weakref import ref

_known: list[ref[Any]] = []


def remember(database: Any) -> None:
    """Let `list_databases` find a database as long as the program keeps it."""
    _known.append(ref(database, _known.remove))


def list_databases() -> list[Any]:
    """Return the databases of this process, in the order in which they were made."""
    return [database for known in list(_known) if (database := known()) is not None]
