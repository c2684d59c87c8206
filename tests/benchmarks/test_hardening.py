"""The scoreboard of `make harden`: its probes, its table, and its command."""

from __future__ import annotations

import pytest

from benchmarks.hardening.__main__ import main
from benchmarks.hardening.probe import Figure
from benchmarks.hardening.probes import all_probes
from benchmarks.hardening.report import table
from benchmarks.hardening.servers import KINDS
from benchmarks.record import ROOT, read


def test_every_probe_is_complete_and_has_a_row_in_the_result() -> None:
    probes = all_probes()
    names = [probe.name for probe in probes]
    assert len(set(names)) == len(names) > 0
    rows = read("hardening")["probes"]
    for probe in probes:
        module, _, attribute = probe.program.partition(":")
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
        assert attribute
        assert rows[probe.name]["goal"] == probe.goal
        assert set(rows[probe.name]["servers"]) == set(KINDS)


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
