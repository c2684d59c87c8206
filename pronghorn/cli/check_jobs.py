"""Find jobs of a program that nobody runs, or that not all of its hosts would see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect

from pronghorn.cli.database import describe, without_logs
from pronghorn.cli.jobs_find import list_known
from pronghorn.cli.nodes import list_nodes
from pronghorn.cli.unsafe import Unsafe

if TYPE_CHECKING:
    from pronghorn.jobs import Jobs

__all__ = ["find_unsafe_jobs"]

#: A job that waits for so long has no worker; a deployment takes a moment.
LONGEST_WAIT = timedelta(minutes=1)
#: Seconds for a database that may not be reachable from here.
_SECONDS = 5.0


@dataclass(frozen=True)
class _Seen:
    """The state of the jobs in a database.

    Attributes:
        waiting: Jobs that have waited for longer than `LONGEST_WAIT`.
        workers: Processes that are alive and run jobs.
        hosts: The hosts of all processes that are alive.
    """

    waiting: int
    workers: int
    hosts: frozenset[str]


def find_unsafe_jobs() -> Iterator[Unsafe]:
    """Yield what is unsafe about the jobs of the program that was imported."""
    for jobs in list_known():
        seen = None if _lacks_file(jobs) else asyncio.run(_look(jobs))
        yield from _find_idle(jobs, seen)
        if _is_sqlite(jobs):
            yield from _find_sqlite(jobs, seen)


def _find_idle(jobs: Jobs, seen: _Seen | None) -> Iterator[Unsafe]:
    if seen is None or seen.workers or not seen.waiting:
        return
    what = "1 job has" if seen.waiting == 1 else f"{seen.waiting} jobs have"
    yield Unsafe(
        "jobs-worker",
        f"{what} waited for more than a minute, and no worker is alive",
        "Durable tasks and jobs are stored, but nothing runs them.",
        "Run `pronghorn jobs run` beside the server; on one host, `pronghorn run --jobs` will do.",
    )


def _find_sqlite(jobs: Jobs, seen: _Seen | None) -> Iterator[Unsafe]:
    hosts = sorted(seen.hosts) if seen is not None else []
    several = len(hosts) > 1
    where = f" on the hosts {', '.join(hosts)}" if several else ""
    yield Unsafe(
        "jobs-sqlite",
        f"The jobs are in {describe(jobs.db)}{where}",
        "A file of SQLite belongs to one host. On a network drive its locks do not hold, and in a "
        "container the jobs end with it.",
        'Use PostgreSQL for several hosts: Database("postgresql://...").',
        in_production=not several,
    )


def _is_sqlite(jobs: Jobs) -> bool:
    return jobs.db.engine.dialect.name == "sqlite"


def _lacks_file(jobs: Jobs) -> bool:
    file = jobs.db.engine.url.database
    return _is_sqlite(jobs) and not (file and Path(file).is_file())


async def _look(jobs: Jobs) -> _Seen | None:
    """Return what the database says; None if it is away, or has no jobs yet.

    Nothing is created: neither a file nor a table.
    """
    try:
        with without_logs():
            async with asyncio.timeout(_SECONDS):
                return await _read(jobs)
    except Exception:  # noqa: BLE001 - the check of migrations says what is wrong with it
        return None
    finally:
        await jobs.db.dispose()


async def _read(jobs: Jobs) -> _Seen | None:
    database: Any = jobs.db
    async with database.transaction(read_only=True) as session:
        connection = await session.connection()
        if not await connection.run_sync(_has_jobs):
            return None
    waiting = await jobs.list(state="waiting", limit=1000)
    since = datetime.now(UTC) - LONGEST_WAIT
    nodes = [node for node in await list_nodes(database) if node.is_alive]
    return _Seen(
        waiting=sum(job.due_at < since for job in waiting),
        workers=sum("worker" in node.role for node in nodes),
        hosts=frozenset(node.host for node in nodes),
    )


def _has_jobs(connection: Connection) -> bool:
    return inspect(connection).has_table("pronghorn_jobs")
