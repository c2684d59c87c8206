"""Kill, deploy and cut off hosts under load, and measure how the service grows.

    make ha                          all parts, about 20 minutes; writes benchmarks/results/ha.json
    make ha ARGS=--short             a minute or two for each part; writes nothing
    make ha ARGS="--only kill cut"   some parts; those of the file are replaced

The hosts are network namespaces, so this needs Linux and root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.ha.report import show
from benchmarks.record import environment, read, write
from tests.durable.hosts import NoHostsError, end_with_parent, run_between_hosts
from tests.durable.world import CampaignError
from tests.ha import faults, scale
from tests.ha.containers import Machines
from tests.ha.fleet import Fleet, running_fleet, safe_server
from tools.postgresql import MissingPostgreSQLError, Server, prepare_programs
from tools.programs import PROGRAMS, MissingProgramError

SCALE = "scale"
PARTS = (*faults.FAULTS, SCALE)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="make ha", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--short", action="store_true", help="less of everything; writes nothing")
    parser.add_argument("--keep", action="store_true", help="keep the logs of all parts")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the parts; return the exit status."""
    options = parse(arguments)
    haproxy = PROGRAMS["haproxy"].prepare()
    if options.inside:
        end_with_parent()
        return run_inside(options, haproxy)
    prepare_programs()
    return run_between_hosts("tests.ha", arguments)


def run_inside(options: argparse.Namespace, haproxy: str) -> int:
    """Run the parts in the namespace of the database; return the exit status."""
    load = round(os.getloadavg()[0], 1)
    machines = Machines(options.inside)
    found: dict[str, Any] = {}
    with safe_server() as server:
        for part in options.only:
            begin = time.monotonic()
            try:
                with running_fleet(machines, haproxy, server, part, keep=options.keep) as fleet:
                    found[part] = run_part(fleet, part, is_short=options.short)
            except CampaignError as error:
                print(f"{part} FAILED  {error}", flush=True)
                continue
            except Exception:  # noqa: BLE001 - the other parts run nevertheless
                print(f"{part} FAILED\n{traceback.format_exc()}", flush=True)
                continue
            print(f"{part} ok  ({time.monotonic() - begin:.0f} s)", flush=True)
        about = describe(server, haproxy, load)
    result = {**read("ha"), **about, **found}
    if found:
        print(f"\n{show({**about, **found})}")
    if len(found) < len(options.only):
        return 1
    if not options.short:
        print(f"\nWritten to {write('ha', result)}.")
    return 0


def run_part(fleet: Fleet, part: str, *, is_short: bool) -> dict[str, Any]:
    """Run one part; return its figures."""
    if part == SCALE:
        return scale.measure(fleet, scale.SHORT if is_short else scale.FULL)
    sizes = (faults.SHORT if is_short else faults.FULL)[part]

    async def break_it() -> dict[str, Any]:
        await faults.start(fleet)
        return await faults.FAULTS[part](fleet, sizes)

    return asyncio.run(break_it())


def read_version(program: str) -> str:
    """Return the version of HAProxy, such as `2.6.12`."""
    done = subprocess.run([program, "-v"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+(?:\.\d+)*)", done.stdout)
    return found[1] if found else "?"


def describe(server: Server, haproxy: str, load: float) -> dict[str, Any]:
    """Return what the figures depend on."""
    with psycopg.connect(server.url()) as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or ("?",)
    about = environment(Path(sys.executable))
    servers = {"PostgreSQL": version.split()[0], "HAProxy": read_version(haproxy)}
    return {
        **about,
        "versions": {**servers, **about["versions"]},
        "load_average": [load, round(os.getloadavg()[0], 1)],
    }


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (NoHostsError, MissingPostgreSQLError, MissingProgramError) as error:
        sys.exit(str(error))
