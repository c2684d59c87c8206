"""`make bench-durable`: its processes on our side, its clients, its tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.durable import delivery, report
from benchmarks.durable.contestants import CONTESTANTS
from benchmarks.durable.queues import percentiles
from benchmarks.record import ROOT, MeasurementError, ask
from tests.examples.servers import free_port

DRIVE = "benchmarks.durable.drive"
PYTHON = Path(sys.executable)


def make_result(load: float = 0.5) -> dict[str, Any]:
    """A result of two queues and two stores."""
    rates = {"enqueued_per_second": 1234.5, "run_per_second": 99.5}
    delays = {"p50_milliseconds": 1.25, "p99_milliseconds": 1050.0}
    return {
        "date": "2026-11-29",
        "machine": {"processor": "Abacus", "cores": 2, "system": "Linux"},
        "python": "3.11.7",
        "loop": "uvloop",
        "versions": {"PostgreSQL": "15.1", "dbos": "3.4.0"},
        "load_average": [load, 1.5],
        "conditions": {"rounds": 2, "jobs": 1000, "alone": 100, "messages": 50},
        "jobs": {"a": {"title": "Ours", **rates, **delays}},
        "delivery": {"sqlite": {"1": delays, "1000": delays}},
    }


def test_the_table_of_queues() -> None:
    head, _, row, *_, below = report.list_jobs(make_result()).splitlines()
    assert head.startswith("|  | enqueued per second | run per second |")
    assert row == "| Ours | 1,234 | 99.5 | 1.25 | 1,050 |"
    assert "2 rounds of 1,000 jobs" in below
    assert "PostgreSQL 15.1, dbos 3.4.0" in below
    assert "busy" not in below


def test_the_table_of_deliveries() -> None:
    head, _, row, *_, below = report.list_deliveries(make_result()).splitlines()
    assert head == (
        "| messages in | 1 subscriber: p50, ms | p99, ms | 1,000 subscribers: p50, ms | p99, ms |"
    )
    assert row == "| SQLite | 1.25 | 1,050 | 1.25 | 1,050 |"
    assert below.startswith("50 messages in each cell.")


def test_a_busy_machine_is_named() -> None:
    assert "The machine was busy" in report.list_jobs(make_result(load=7.0))


def test_percentiles() -> None:
    assert percentiles([float(number) for number in range(1001)]) == {
        "p50_milliseconds": 500.0,
        "p99_milliseconds": 990.0,
    }


def test_every_queue_has_a_module() -> None:
    folder = ROOT / "benchmarks" / "durable"
    assert all((folder / f"{each.module}.py").is_file() for each in CONTESTANTS.values())


@pytest.mark.parametrize("name", ["jobs-sqlite", "dbos-sqlite"])
def test_a_process_enqueues_and_another_one_runs(tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    ask(PYTHON, DRIVE, "prepare", name, url)
    assert ask(PYTHON, DRIVE, "enqueue", name, url, 5)["per_second"] > 0
    assert ask(PYTHON, DRIVE, "run", name, url, 5)["per_second"] > 0


def test_a_worker_notes_the_jobs_that_another_process_sends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    ask(PYTHON, DRIVE, "prepare", "jobs-sqlite", url)
    command = [sys.executable, "-m", DRIVE, "wait", "jobs-sqlite", url, "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        ask(PYTHON, DRIVE, "send", "jobs-sqlite", url, 3)
        output, _ = worker.communicate(timeout=60)
    delays = json.loads(output.splitlines()[-1])["milliseconds"]
    assert len(delays) == 3
    assert min(delays) > 0


def test_every_subscriber_gets_every_message_of_another_process(tmp_path: Path) -> None:
    figures = delivery.measure(PYTHON, f"sqlite:///{tmp_path}/news.db", 5, 4)
    assert 0 < figures["p50_milliseconds"] <= figures["p99_milliseconds"]


def test_clients_say_that_there_is_no_server() -> None:
    variables = {**os.environ, "STORE": "sqlite://"}
    with pytest.raises(MeasurementError, match="could not subscribe"):
        delivery.read_delays(PYTHON, variables, free_port(), 1, 1)
