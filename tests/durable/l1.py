"""L1 and L3: processes of two hosts share a limit; the clocks of the hosts differ by two minutes.

`python -m tests.durable.l1 --seconds 60 --hosts` makes the hosts of network namespaces, which needs
Linux and root, and counts in PostgreSQL. Without `--hosts`, all processes are on this one and count
in a SQLite file, or in what `--store URL` names. The short form is in
tests/limits/test_processes.py.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.durable.hosts import ADDRESS, NoHostsError, command_in, network
from tests.durable.limit_clients import hammer, serving, serving_on_hosts
from tools.postgresql import Server as PostgreSQL

LIMIT = 200
#: A request that would be answered by another policy would not be counted.
RULE = {"RULE": f"{LIMIT}/hour", "PATIENCE": "30s"}
HOSTS = ({**RULE, "SHIFT": "60"}, {**RULE, "SHIFT": "-60"})


def run(urls: Sequence[str], *, seconds: float, clients: int, most: int = 0) -> Counter[int]:
    """Return the number of answers by their status.

    Raises:
        AssertionError: More or fewer requests were admitted than the limit says.
    """
    found = asyncio.run(hammer([f"{url}/hit" for url in urls], seconds, clients, most))
    assert set(found) <= {200, 429}, found
    assert found[200] == LIMIT, found
    return found


def run_between_hosts(options: argparse.Namespace) -> Counter[int]:
    """Run in the namespace of the database, with servers in those of the hosts."""
    with PostgreSQL(host=ADDRESS) as postgresql:
        url = postgresql.url(driver="asyncpg")
        with serving_on_hosts(options.inside, url, HOSTS, options.processes) as urls:
            return run(urls, seconds=options.seconds, clients=16)


def run_here(options: argparse.Namespace) -> Counter[int]:
    """Run with all servers in this namespace."""
    with tempfile.TemporaryDirectory() as folder:
        url = options.store or f"sqlite:///{Path(folder) / 'l1.db'}"
        with serving(url, *HOSTS, processes=options.processes) as servers:
            return run([one.url for one in servers], seconds=options.seconds, clients=16)


def main(arguments: list[str]) -> int:
    """Run the campaign: two hosts with four processes each; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--store", default="")
    parser.add_argument("--hosts", action="store_true")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.hosts and not options.inside:
        with network() as name:
            program = (sys.executable, "-m", "tests.durable.l1", *arguments, "--inside", name)
            return subprocess.run(command_in(f"{name}-0", *program), check=False).returncode
    found = run_between_hosts(options) if options.inside else run_here(options)
    print(f"L1, L3: {found[200]} of {found.total()} requests admitted, limit {LIMIT}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoHostsError as error:
        sys.exit(str(error))
