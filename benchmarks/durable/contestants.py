"""The rows of the table: a queue on a store, with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.durable.stores import POSTGRESQL, REDIS, SQLITE

#: The jobs that a worker runs at the same time, as many as a worker of `pronghorn.jobs`.
AT_ONCE = 10


@dataclass(frozen=True)
class Contestant:
    """A queue on a store.

    Attributes:
        title: Its name in the table.
        store: The kind of its store.
        module: The module of this package that uses it.
        options: The arguments of that module's worker.
    """

    title: str
    store: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)


#: DBOS takes as many jobs at a look into a queue as may run at the same time.
SAME_LIMITS = {"at_once": AT_ONCE, "polling": 0.1}

CONTESTANTS = {
    "jobs-sqlite": Contestant("`pronghorn.jobs` on SQLite", SQLITE, "with_jobs"),
    "dbos-sqlite": Contestant("DBOS on SQLite, limits of ours", SQLITE, "with_dbos", SAME_LIMITS),
    "dbos-sqlite-plain": Contestant("DBOS on SQLite, its defaults", SQLITE, "with_dbos"),
    "jobs-postgresql": Contestant("`pronghorn.jobs` on PostgreSQL", POSTGRESQL, "with_jobs"),
    "dbos-postgresql": Contestant(
        "DBOS on PostgreSQL, limits of ours", POSTGRESQL, "with_dbos", SAME_LIMITS
    ),
    "dbos-postgresql-plain": Contestant(
        "DBOS on PostgreSQL, its defaults", POSTGRESQL, "with_dbos"
    ),
    "procrastinate": Contestant("Procrastinate on PostgreSQL", POSTGRESQL, "with_procrastinate"),
    "taskiq": Contestant("Taskiq on Redis streams", REDIS, "with_taskiq"),
}
