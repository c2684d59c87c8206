"""A benchmark says what cannot be chosen, and a short form leaves the committed results alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth, shapes
from benchmarks.hardening import __main__ as hardening
from benchmarks.run import is_chosen, none_chosen
from benchmarks.watched import __main__ as watched
from benchmarks.wire import __main__ as wire


@pytest.mark.parametrize(
    ("command", "known"),
    [(watched.main, "prometheus"), (wire.main, "pronghorn run"), (hardening.main, "raw HTTP/1.1")],
)
def test_a_name_that_nothing_has_is_an_error_that_lists_the_names(
    command: Callable[[list[str]], int], known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command(["--only", "nothing of that kind"])

    assert ended.value.code == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "has nothing of that kind in its name; they are: " in message
    assert known in message


def test_a_part_of_a_name_chooses_it_in_any_case() -> None:
    assert is_chosen("middleware: CORS", ["cors"])
    assert is_chosen("form", None)
    assert not is_chosen("form", ["cors", "gzip"])
    assert none_chosen("row", ["a", "b"], ["c", "d"]) == (
        "No row has a or b in its name; they are: c; d"
    )


@pytest.mark.parametrize(("arguments", "is_written"), [(["--quick"], False), ([], True)])
@pytest.mark.parametrize("module", [growth, shapes])
def test_only_a_full_run_writes_its_results(
    module: Any,
    arguments: list[str],
    is_written: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # Nothing is measured: what counts is what happens to the file afterwards.
    monkeypatch.setattr(module, "prepare_environment", Path)
    monkeypatch.setattr(module, "environment", lambda python: {})
    monkeypatch.setattr(module, "compile_bytecode", lambda python: None, raising=False)
    monkeypatch.setattr(module, "MEASUREMENTS", {}, raising=False)
    monkeypatch.setattr(module, "measure", lambda *args: {}, raising=False)
    monkeypatch.setattr(module, "measure_upload", lambda *args: {}, raising=False)
    monkeypatch.setattr(module, "rows_of", lambda results: [("", "")], raising=False)
    monkeypatch.setattr(module, "write", lambda name, results: (tmp_path / name).write_text(""))

    assert module.main(arguments) == 0

    assert bool(list(tmp_path.iterdir())) == is_written


def test_what_a_tool_adds_is_a_table() -> None:
    found = {
        "bare": {"fastapi": 50.0, "pronghorn": 5.0},
        "sentry": {"fastapi": 150.0, "pronghorn": 95.0},
    }

    first, bare, sentry = watched.table_of(watched.add_costs(found)).splitlines()

    assert first.split("  ")[0] == "watched by"
    assert bare.split() == ["nothing", "50.0", "5.0"]
    assert sentry.split() == ["Sentry", "150.0", "95.0", "100.0", "90.0", "0.90"]
