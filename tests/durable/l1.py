"""L1 and L3: processes of two hosts share a limit; the clocks of the hosts differ by two minutes.

`python -m tests.durable.l1 --seconds 60` with a SQLite file, or with `--database URL`. The short
form is in tests/limits/test_processes.py.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.contract.servers import Server
from tests.durable.limit_clients import hammer, serving

LIMIT = 200


#: A request that would be answered by another policy would not be counted.
RULE = {"RULE": f"{LIMIT}/hour", "PATIENCE": "30s"}
HOSTS = ({**RULE, "SHIFT": "60"}, {**RULE, "SHIFT": "-60"})


def run(servers: Sequence[Server], *, seconds: float, clients: int, most: int = 0) -> Counter[int]:
    """Return the number of answers by their status.

    Raises:
        AssertionError: More or fewer requests were admitted than the limit says.
    """
    urls = [f"{server.url}/hit" for server in servers]
    found = asyncio.run(hammer(urls, seconds, clients, most))
    assert set(found) <= {200, 429}, found
    assert found[200] == LIMIT, found
    return found


def main() -> None:
    """Run the campaign: two hosts with four processes each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'l1.db'}"
        with serving(url, *HOSTS, processes=options.processes) as servers:
            found = run(servers, seconds=options.seconds, clients=16)
        print(f"L1, L3: {found[200]} of {found.total()} requests admitted, limit {LIMIT}")


if __name__ == "__main__":
    main()
