"""Measure jobs beside other queues, and the delivery of messages to many subscribers.

    make bench-durable                        about seven minutes; writes results/durable.json
    make bench-durable ARGS=--quick           one short round; writes nothing
    make bench-durable ARGS="--only dbos"     queues whose name contains a text; writes nothing
    make bench-durable ARGS="--only channel"  the channel alone; writes nothing

The servers are temporary ones on this machine, with the settings of production: a commit waits for
the disk, or on Redis the disk follows within a second. Senders, workers, servers and clients are
processes of their own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.durable import delivery, queues
from benchmarks.durable.contestants import CONTESTANTS
from benchmarks.durable.environment import prepare
from benchmarks.durable.report import show
from benchmarks.durable.stores import Stores
from benchmarks.record import MeasurementError, environment, write
from benchmarks.run import is_chosen, none_chosen
from tools.environment import PreparationError
from tools.postgresql import MissingPostgreSQLError
from tools.programs import MissingProgramError
from tools.redis_server import RedisStartError

CHANNEL = "channel"
FULL = {"rounds": 2, "jobs": 500, "alone": 100, "messages": 80}
QUICK = {"rounds": 1, "jobs": 100, "alone": 20, "messages": 20}
FAILURES = (
    PreparationError,
    MeasurementError,
    MissingPostgreSQLError,
    MissingProgramError,
    RedisStartError,
)


def measure(
    python: Path, names: list[str], sizes: dict[str, int], *, has_channel: bool
) -> dict[str, Any]:
    """Measure what was chosen, and return the content of the result file."""
    before = load()
    with Stores(python) as stores:
        found = stores.versions()
        sent = (
            delivery.measure_all(python, stores, messages=sizes["messages"]) if has_channel else {}
        )
        rates = {key: sizes[key] for key in ("rounds", "jobs", "alone")}
        jobs = queues.measure_all(python, stores, names, **rates)
    return {
        **environment(python),
        "versions": {**found["servers"], **found["packages"]},
        "load_average": [before, load()],
        "conditions": sizes,
        "jobs": jobs,
        "delivery": sent,
    }


def load() -> float:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-durable",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="one short round; nothing is written")
    parser.add_argument("--only", default="", help="what has a text in its name")
    options = parser.parse_args(arguments)
    names = [
        name
        for name, each in CONTESTANTS.items()
        if is_chosen(f"{name} {each.title}", [options.only])
    ]
    has_channel = is_chosen(CHANNEL, [options.only])
    if not names and not has_channel:
        parser.error(none_chosen("queue", [options.only], [*CONTESTANTS, CHANNEL]))
    sizes = QUICK if options.quick else FULL
    try:
        result = measure(prepare(), names, sizes, has_channel=has_channel)
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{show(result)}")
    if not options.quick and not options.only:
        print(f"\nWritten to {write('durable', result)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
