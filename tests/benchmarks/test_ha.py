"""`make ha`: its tables, its sums for many hosts, its drawing, its commands and its proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.ha import drawing, hundred, report
from tests.deploy.name_server import answer_name
from tests.ha.balancer import configure
from tests.ha.faults import FAULTS, FULL, SHORT
from tests.ha.fleet import command_of, make_plan

#: The microseconds of each part for a request, by kind.
READ = {"web": 500.0, "jobs": 0.0, "proxy": 20.0, "database": 100.0}
WRITE = {"web": 1000.0, "jobs": 0.0, "proxy": 20.0, "database": 300.0}


def make_result() -> dict[str, Any]:
    """A result of one shape."""
    shape = {"hosts": 1, "workers": 2}
    return {
        "date": "2026-11-30",
        "machine": {"processor": "Abacus", "cores": 2, "system": "Linux"},
        "python": "3.11.7",
        "loop": "uvloop",
        "versions": {"PostgreSQL": "15.1", "HAProxy": "2.6.12"},
        "load_average": [0.5, 1.5],
        "scale": {
            "requests": [
                {**shape, "kind": "write", "per_second": 700.0, "microseconds": WRITE},
                {**shape, "kind": "read", "per_second": 1500.0, "microseconds": READ},
            ],
            "jobs": [
                {**shape, "per_second": 40.0, "microseconds": {"jobs": 9000.0, "database": 4000.0}}
            ],
            "connections": {"web": 6, "jobs": 11},
            "idle": {"web": 0.5, "jobs": 5.0},
            "commits": {"plain": {"1": 1000.0, "4": 30000.0}, "notify": {"1": 800.0, "4": 900.0}},
        },
    }


def test_a_part_that_was_not_measured_has_an_empty_table() -> None:
    assert [make({}) for make in report.BLOCKS.values()] == [""] * len(report.BLOCKS)


def test_the_tables_of_the_scale() -> None:
    result = make_result()
    head, _, read, write, *_, below = report.list_requests(result).splitlines()
    assert head.startswith("|  | requests per second | µs of workers |")
    assert read == "| read, 1 host, 2 workers | 1,500 | 500 | 20.0 | 100 |"
    assert write == "| write, 1 host, 2 workers | 700 | 1,000 | 20.0 | 300 |"
    assert "HAProxy 2.6.12" in below
    assert "| 1 host, 2 workers each | 40.0 | 9,000 | 4,000 |" in report.list_jobs(result)
    assert "| 4 | 30,000 | 900 |" in report.list_commits(result)


@pytest.mark.parametrize("part", report.FAULTS)
def test_the_table_of_a_fault(part: str) -> None:
    figures = {key: 1234 for _, key, _ in report.FAULTS[part]}
    table = report.list_fault({part: {**figures, "slowest_seconds": 2.5}}, part)
    assert table.startswith(f"| {report.TITLES[part]} | figure |")
    assert "1,234 |" in table
    assert len(table.splitlines()) == 2 + len(report.FAULTS[part])


def test_a_host_of_the_sum() -> None:
    """Nine reads and a write take 5500 microseconds of a worker, and a host has four at 0.6."""
    result = make_result()
    assert hundred.rate_of_host(result) == pytest.approx(4 * 0.6 * 1e6 / 550)
    # A hundredth of the 4000 microseconds of a job beside nine reads and a write.
    assert hundred.database_cost(result) == pytest.approx(120 + 40)
    assert hundred.connections_of_host(result) == 4 * (6 + 5) + 11 + 5
    hosts = {part.title: part.hosts for part in hundred.list_parts(result)}
    assert hosts["connections of the database"] == 500 // 60
    assert min(hosts.values()) >= 1


def test_the_part_that_is_full_first_is_at_the_top() -> None:
    rows = report.list_hundred(make_result()).splitlines()[2:7]
    assert "connections of the database" in rows[0]
    assert "PgBouncer" in rows[0]
    assert len(rows) == 5


def test_the_drawing_is_what_is_drawn() -> None:
    """`make plots` writes it."""
    assert drawing.FILE.read_text("utf-8") == drawing.draw()


def test_the_proxy_has_the_configuration_of_the_compose_file_and_asks_silent_hosts() -> None:
    text = configure(make_plan("one"), Path("/run/stats"))
    assert "    stats socket /run/stats mode 600 level admin\n    log stdout" in text
    assert "defaults\n    # A host that has lost its power" in text
    assert "default-server tcp-ut 6s check inter 1s" in text
    assert "server-template web- 20 web:8000" in text


def test_the_commands_are_those_of_the_compose_file() -> None:
    web = command_of(make_plan("one", workers=4), "web")
    assert web[:3] == ["pronghorn", "run", "tests.ha.program:app"]
    assert web[web.index("--workers") + 1] == "4"
    assert command_of(make_plan("one"), "jobs")[:3] == ["pronghorn", "jobs", "run"]


def test_each_fault_has_its_sizes_and_its_table() -> None:
    assert FAULTS.keys() == FULL.keys() == SHORT.keys() == report.FAULTS.keys()


def test_the_name_server_answers_with_all_addresses() -> None:
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x00\x00\x01\x00\x01"
    answer = answer_name(question, ["10.77.0.21", "10.77.0.41"])
    assert answer[:2] == question[:2]
    assert answer[6:8] == b"\x00\x02"
    assert answer.endswith(bytes([10, 77, 0, 41]))
