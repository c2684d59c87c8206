"""Requests and jobs per second for some hosts and workers, and the processor time of each part.

All of it runs on one machine, whose processors are shared, so that rates end where those are busy.
What a request or a job takes of each part does not depend on that, and is what can be added up.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes import cpu_seconds
from benchmarks.wire.load import requests_per_second
from tests.durable.world import CampaignError
from tests.ha.balancer import URL
from tests.ha.containers import HOSTS
from tests.ha.fleet import OPENER, Fleet
from tools.postgresql import find_programs

WORKERS = (1, 2, 4)
#: The load generator sends a body that `/items` stores.
KINDS = {"read": ("GET", "/orders/1"), "write": ("POST", "/items")}
FULL: dict[str, Any] = {"hosts": 3, "workers": WORKERS, "seconds": 6, "jobs": 600, "idle": 20}
SHORT: dict[str, Any] = {"hosts": 2, "workers": (1,), "seconds": 2, "jobs": 60, "idle": 5}

RAN = """SELECT count(*), (max(ended_at) - min(started_at)) / 1000.0
FROM pronghorn_jobs WHERE created_at >= %s AND state = 'done'"""
NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
CONNECTIONS = """SELECT max(number) FROM (SELECT count(*) AS number FROM pg_stat_activity
WHERE host(client_addr) = ANY(%s) GROUP BY client_addr) counted"""
#: Transactions of pgbench, which differ in the notification alone.
COMMITS = {
    "plain": "INSERT INTO measured (text) VALUES ('x');",
    "notify": "INSERT INTO measured (text) VALUES ('x'); SELECT pg_notify('measured', 'x');",
}
CLIENTS = (1, 4, 16, 64)


def read_times(fleet: Fleet) -> dict[str, float]:
    """Return the seconds of the processor that each part has used so far."""
    services = {
        service: sum(cpu_seconds(each.process.pid) for each in fleet.find(service=service))
        for service in ("web", "jobs")
    }
    proxy = cpu_seconds(fleet.balancer.process_id)
    return {**services, "proxy": proxy, "database": cpu_seconds(fleet.server.process_id)}


def since(fleet: Fleet, before: Mapping[str, float], number: float) -> dict[str, float]:
    """Return the microseconds of each part for each of a number of things, since a moment."""
    now = read_times(fleet)
    return {part: round((now[part] - before[part]) / number * 1e6, 1) for part in now}


def measure(fleet: Fleet, sizes: dict[str, Any]) -> dict[str, Any]:
    """Measure everything.

    Args:
        fleet: The service, without containers.
        sizes: `hosts` at most, the numbers of `workers` of each, `seconds` of each load, the number
            of `jobs`, and the seconds of `idle`.
    """
    hosts = range(1, sizes["hosts"] + 1)
    shapes = [(number, workers) for number in hosts for workers in sizes["workers"]]
    requests: list[dict[str, Any]] = []
    for number, workers in shapes:
        requests += measure_requests(fleet, number, workers, sizes["seconds"])
    jobs = [measure_jobs(fleet, number, workers, sizes["jobs"]) for number, workers in shapes]
    return {
        "requests": requests,
        "jobs": jobs,
        "connections": count_connections(fleet, sizes["seconds"]),
        "idle": measure_idle(fleet, sizes["idle"]),
        "commits": measure_commits(fleet, sizes["seconds"]),
    }


def measure_requests(fleet: Fleet, hosts: int, workers: int, seconds: int) -> list[dict[str, Any]]:
    """Measure both kinds of requests; return a row for each."""
    fleet.start_and_settle(HOSTS[:hosts], ["web"], workers=workers)
    post("/items", b'{"name":"pen","price":1}')
    rows = []
    for kind, (method, path) in KINDS.items():
        requests_per_second(method, URL + path, 1, None)  # Connections are opened.
        before, begin = read_times(fleet), time.monotonic()
        rate = requests_per_second(method, URL + path, seconds, None)
        number = rate * (time.monotonic() - begin)
        rows.append(
            {
                "hosts": hosts,
                "workers": workers,
                "kind": kind,
                "per_second": round(rate, 1),
                "microseconds": since(fleet, before, number),
            }
        )
    fleet.clear()
    say(f"{hosts} hosts, {workers} workers: {[row['per_second'] for row in rows]} per second")
    return rows


def post(path: str, body: bytes = b"") -> None:
    """Send a request through the proxy.

    Raises:
        urllib.error.HTTPError: It was no success.
    """
    request = urllib.request.Request(
        URL + path, body, {"Content-Type": "application/json"}, method="POST"
    )
    with OPENER.open(request, timeout=120) as response:
        response.read()


def measure_jobs(fleet: Fleet, hosts: int, workers: int, number: int) -> dict[str, Any]:
    """Measure jobs that do nothing, which are all there when the first one begins."""
    fleet.start_and_settle(HOSTS[:1], ["web"])
    fleet.start(HOSTS[:hosts], ["jobs"] * workers)
    first = fleet.one(NOW)
    post(f"/work?count={number}")
    before = read_times(fleet)
    fleet.wait_for_jobs()
    found = since(fleet, before, number)
    ((done, seconds),) = fleet.sql(RAN, first)
    if done != number:
        raise CampaignError(f"{done} of {number} jobs are done")
    fleet.clear()
    rate = number / float(seconds)
    say(f"{hosts} hosts, {workers} workers: {rate:.0f} jobs per second")
    return {
        "hosts": hosts,
        "workers": workers,
        "per_second": round(rate, 1),
        "microseconds": {part: found[part] for part in ("jobs", "database")},
    }


def count_connections(fleet: Fleet, seconds: int) -> dict[str, int]:
    """Return the connections to the database that one process of each service has under load."""
    fleet.start_and_settle(HOSTS[:1], ["web", "jobs"])
    post("/work?count=50")
    requests_per_second("GET", URL + KINDS["read"][1], seconds, None)
    found = {
        service: int(fleet.one(CONNECTIONS, [each.address for each in fleet.find(service=service)]))
        for service in ("web", "jobs")
    }
    fleet.wait_for_jobs()
    fleet.clear()
    return found


def measure_idle(fleet: Fleet, seconds: int) -> dict[str, float]:
    """Return the milliseconds per second that the database spends for each process that waits."""
    found: dict[str, float] = {}
    base = 0.0
    for service in ("web", "jobs"):
        fleet.start(HOSTS, [service])
        time.sleep(5)  # What happens at the start is over.
        before = cpu_seconds(fleet.server.process_id)
        time.sleep(seconds)
        used = (cpu_seconds(fleet.server.process_id) - before) / seconds * 1000
        found[service] = round(max(0.0, used - base) / len(HOSTS), 2)
        base = used
    fleet.clear()
    return found


def measure_commits(fleet: Fleet, seconds: int) -> dict[str, dict[str, float]]:
    """Return the transactions per second with and without a notification, by connections.

    PostgreSQL lets only one transaction with a notification commit at a time.
    """
    program = (find_programs() or Path()) / "pgbench"
    fleet.sql("CREATE TABLE measured (text text)")
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, statements in COMMITS.items():
            script = Path(folder, f"{name}.sql")
            script.write_text(f"BEGIN;\n{statements}\nCOMMIT;\n".replace("; ", ";\n"))
            found[name] = {
                str(clients): run_pgbench(program, script, fleet.url, clients, seconds)
                for clients in CLIENTS
            }
            say(f"commits {name}: {found[name]}")
    return found


def run_pgbench(program: Path, script: Path, url: str, clients: int, seconds: int) -> float:
    """Return the transactions per second of a script.

    Raises:
        CampaignError: The program has failed.
    """
    options = ["-n", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds)]
    done = subprocess.run(
        [str(program), *options, "-f", str(script), url],
        capture_output=True,
        text=True,
        check=False,
    )
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None:
        raise CampaignError(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return round(float(rate[1]), 1)


def say(text: str) -> None:
    """Show how far it is."""
    print(f"   ... {text}", file=sys.stderr, flush=True)
