"""The figures of `make ha` for more hosts: the shared part that is full first.

Each host has the same processors, and one worker for each of them. The rate of requests grows with
the hosts, and what they need of the shared parts grows with it. A part is full at the number of
hosts at which it needs all that one machine gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Result = Mapping[str, Any]

#: The machines of the sum, which say so on the page.
CORES_OF_HOST = 4
CORES_OF_PROXY = 16
CORES_OF_DATABASE = 32
#: Connections that PostgreSQL takes without a pooler before its snapshots get slow.
CONNECTIONS = 500
#: The default of `Database(pool_size=...)`; `make ha` runs with `POOL_OF_RUN`.
POOL = 10
POOL_OF_RUN = 5
#: Processes of `pronghorn jobs run` on each host.
JOBS_OF_HOST = 1
#: The part of requests that write, and of them those that publish to a channel.
WRITES = 0.1
PUBLISHES = 0.01
#: The part of requests that leave a job, and the commits of a job: one takes it, one ends it.
JOBS = 0.01
COMMITS_OF_JOB = 2
#: Hosts are used so far, so that the others can carry one that is gone.
USED = 0.6


@dataclass(frozen=True)
class Part:
    """A shared part.

    Attributes:
        title: Its name.
        each: What a host needs of it.
        limit: What one machine gives.
        unit: The unit of both.
        then: What to do when it is full.
    """

    title: str
    each: float
    limit: float
    unit: str
    then: str

    @property
    def hosts(self) -> int:
        """The number of hosts that it carries; at least 1."""
        return max(1, math.floor(self.limit / self.each)) if self.each else 1_000_000

    def count_needed(self, hosts: int) -> float:
        """Return how many machines some hosts need for it."""
        return hosts * self.each / self.limit


def cost(result: Result, kind: str, part: str) -> float:
    """Return the microseconds of a part for a request, the median of all shapes."""
    rows = [row for row in result["scale"]["requests"] if row["kind"] == kind]
    values = sorted(row["microseconds"][part] for row in rows)
    return float(values[len(values) // 2])


def mix_cost(result: Result, part: str) -> float:
    """Return the microseconds of a part for a request of the mix."""
    read, write = cost(result, "read", part), cost(result, "write", part)
    return (1 - WRITES) * read + WRITES * write


def job_cost(result: Result, part: str) -> float:
    """Return the microseconds of a part for a job, the median of all shapes."""
    values = sorted(row["microseconds"][part] for row in result["scale"]["jobs"])
    return float(values[len(values) // 2])


def rate_of_host(result: Result) -> float:
    """Return the requests of the mix that a host answers per second, used as it should be."""
    return CORES_OF_HOST * USED * 1e6 / mix_cost(result, "web")


def database_cost(result: Result) -> float:
    """Return the microseconds of the database for a request of the mix, with its part of a job."""
    return mix_cost(result, "database") + JOBS * job_cost(result, "database")


def connections_of_host(result: Result) -> float:
    """Return the connections that a host may have, if all pools are full."""
    found = result["scale"]["connections"]
    web = found["web"] - POOL_OF_RUN + POOL
    jobs = found["jobs"] - POOL_OF_RUN + POOL
    return float(CORES_OF_HOST * web + JOBS_OF_HOST * jobs)


def notifications(result: Result) -> float:
    """Return the transactions with a notification that one database commits per second."""
    return float(max(result["scale"]["commits"]["notify"].values()))


def commits(result: Result) -> float:
    """Return the transactions without one, at the largest number of connections."""
    return float(max(result["scale"]["commits"]["plain"].values()))


def list_parts(result: Result) -> list[Part]:
    """Return the shared parts, the one that is full first at the top."""
    rate = rate_of_host(result)
    idle = result["scale"]["idle"]
    waiting = (CORES_OF_HOST * idle["web"] + JOBS_OF_HOST * idle["jobs"]) / 1000
    parts = [
        Part(
            "connections of the database",
            connections_of_host(result),
            CONNECTIONS,
            "connections",
            "PgBouncer with `transaction_pooler=True`, or a smaller `pool_size`",
        ),
        Part(
            "processors of the database",
            rate * database_cost(result) / 1e6 + waiting,
            CORES_OF_DATABASE,
            "cores",
            "replicas for what only reads, cached responses, then a database for each service",
        ),
        Part(
            "commits that wait for the disk",
            rate * (WRITES + JOBS * COMMITS_OF_JOB),
            commits(result),
            "commits per second",
            "a faster disk, fewer and larger transactions, then a database for each service",
        ),
        Part(
            "the lock of `NOTIFY`",
            rate * WRITES * PUBLISHES,
            notifications(result),
            "notifications per second",
            "Redis for channels: `Channels(client)`",
        ),
        Part(
            "processors of the load balancer",
            rate * mix_cost(result, "proxy") / 1e6,
            CORES_OF_PROXY,
            "cores",
            "several of them behind one name of the DNS, or that of the provider",
        ),
    ]
    return sorted(parts, key=lambda part: part.hosts)
