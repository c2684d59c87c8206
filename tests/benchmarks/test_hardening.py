"""The scoreboard of `make harden`: its probes, its table, and its command."""

from __future__ import annotations

import pytest

from benchmarks.hardening.__main__ import main
from benchmarks.hardening.probe import Figure
from benchmarks.hardening.probes import all_probes
from benchmarks.hardening.report import table
from benchmarks.hardening.servers import KINDS
from benchmarks.record import ROOT, read

#: Probes that have not run on a quiet machine since they were written: no row to commit yet.
NOT_YET = {
    "200 blocked `def` handlers: slowest answer of `/live`",
    "6 x 120 requests of `def` endpoints on 5 connections: failed",
    "hostile requests: answers of 5xx, and requests without an answer",
    "kill -9 of one of two workers: answers of the other lost, seconds until replaced",
    "JSON of 1 MiB, and of 10 MB: longest stall of the event loop",
    "10 MB of JSON for a route without a limit: status",
    "memory after 1,000,000 requests | after 100,000 clients that vanish",
    "memory for 200 readers that take nothing of 4 MiB",
    "memory for 200 readers that take nothing of an endless stream",
    "memory for 200 readers that take nothing of a file of 4 MiB",
    "memory for 300,000 pipelined requests in 9 MB",
    "requests with a password or a token: answers and lines of the log that repeat it",
    "SIGTERM under load: clients that lost an answer or could not connect in 5 s, of 32",
    "SIGTERM with 50 SSE and 50 WebSockets open: complete, closed with 1012, exit in 25 s",
    "sizes of request lines, fields, parameters, bodies, ranges: wrong statuses",
    "200 slow senders of bodies: held over 30 s",
    "200 slow senders of headers: held over 30 s",
    "200 idle connections: held over 30 s",
    "200 readers that take nothing: held over 30 s",
    "5,000 clients that vanish at random points: tasks, files, `finally` blocks that are left",
}


def test_every_probe_is_complete_and_has_a_row_in_the_result() -> None:
    probes = all_probes()
    names = [probe.name for probe in probes]
    assert len(set(names)) == len(names) > 0
    rows = read("hardening")["probes"]
    for probe in probes:
        module, _, attribute = probe.program.partition(":")
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
        assert attribute
        if probe.name not in NOT_YET:
            assert rows[probe.name]["goal"] == probe.goal
            assert set(rows[probe.name]["servers"]) == set(KINDS)
    assert set(names) >= NOT_YET
    assert not NOT_YET & set(rows), "their rows are there: take them out of NOT_YET"


def test_a_figure_that_reaches_its_goal_is_in_bold() -> None:
    servers = {"fastapi": Figure("3", False), "run": Figure("0", True)}
    result = {
        "date": "2026-11-29",
        "machine": {"cores": 2, "system": "Linux"},
        "python": "3.11",
        "versions": {"granian": "2.8.9"},
        "probes": {"leaks": {"goal": "0", "servers": {k: v.as_json() for k, v in servers.items()}}},
    }
    assert "| leaks | 0 | 3 | **0** |  |" in table(result)


def test_the_probes_are_listed_and_chosen_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--only", all_probes()[0].name.upper()]):
        assert main(["--list", *arguments]) == 0
        assert all_probes()[0].name in capsys.readouterr().out
