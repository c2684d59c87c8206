"""The real command with several workers that die under load, on both servers."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from pronghorn.metrics.numbers import write
from tests.cli.processes import Server, command, free_port, served
from tests.metrics.load import (
    PROGRAM,
    Load,
    Scraping,
    ask_patiently,
    directory_of,
    find_workers,
    kill_workers,
)
from tests.metrics.scrapes import Scrape

WORKERS = 2
#: `make campaign-metrics` sets more.
DEATHS = int(os.environ.get("PRONGHORN_WORKER_DEATHS", "1"))
STARTED = {"uvicorn": "Started parent process", "granian": "Starting granian"}
ITEMS = ("GET", "/items/{number}", "200")
#: Files of the living, of the dead that wait for the supervisor, the folded ones, the lock.
MOST_FILES = 5 * (WORKERS + 3) + 4


@pytest.fixture(params=["uvicorn", "granian"])
def server_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def write_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "main.py").write_text(PROGRAM)
    monkeypatch.chdir(folder)


@pytest.mark.timeout(60 + 10 * DEATHS)
def test_workers_that_are_killed_take_nothing_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server_name: str
) -> None:
    write_program(tmp_path, monkeypatch)
    command = ("run", "--workers", str(WORKERS), "--server", server_name)
    with served(*command, started=STARTED[server_name]) as server:
        first = ask_until_up(server)
        directory = directory_of(server)
        assert directory.stat().st_mode & 0o777 == 0o700
        with Load(server.port) as load, Scraping(server.port) as scraping:
            dead = kill_workers(server, WORKERS, DEATHS)
            old = find_workers(server, WORKERS)
            server.process.send_signal(signal.SIGHUP)
            wait_for_others(old)
        assert not scraping.wrong, scraping.wrong
        assert scraping.count > DEATHS

        living = find_workers(server, WORKERS)
        assert not living & dead
        wait_until_tidy(directory, living, server)
        last = scraping.check(ask_patiently(server.port, "/metrics").decode())
        last.check_after(first)
        counted = last.requests()[ITEMS]
        answered = load.answered.pop(200)
        assert not load.answered
        assert abs(counted - answered) <= load.broken
        assert abs((last.value("orders_total") or 0) - answered) <= load.broken
        assert all(int(labels["pid"]) in living for labels, _ in last.of("open_orders"))
        assert last.value("http_server_active_requests", http_request_method="GET") == 0
        assert server.stop() == 0
        assert not directory.exists()


def ask_until_up(server: Server) -> Scrape:
    find_workers_patiently(server)
    return Scrape(ask_patiently(server.port, "/metrics").decode())


def find_workers_patiently(server: Server) -> set[int]:
    ask_patiently(server.port, "/pid")
    return find_workers(server, WORKERS)


def wait_for_others(old: set[int]) -> None:
    """Wait until these workers have ended.

    While they end beside those that replace them, a few requests may by chance reach any two of
    them: who answers does not say who will stay.
    """
    while any(Path(f"/proc/{worker}").exists() for worker in old):
        time.sleep(0.05)


def wait_until_tidy(directory: Path, living: set[int], server: Server) -> None:
    """Wait until only the files of the living and the folded ones are left."""
    numbers = {str(pid) for pid in living | {server.process.pid}} | {"folded"}
    while True:
        names = [file.stem for file in directory.iterdir() if file.suffix in {".db", ".alive"}]
        assert len(names) <= MOST_FILES
        if all(name.rpartition("_")[2] in numbers for name in names):
            return
        time.sleep(0.05)


def test_a_program_of_one_process_has_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path, monkeypatch)
    with served("run") as server:
        assert server.get("/items/1") == 1
        assert server.ask("/directory")[0] == 500
        found = Scrape(server.ask("/metrics")[1])
        assert found.requests()[ITEMS] == 1
        assert found.of("process_resident_memory_bytes")


def test_a_directory_of_the_user_is_used_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path, monkeypatch)
    directory = tmp_path / "numbers"
    directory.mkdir()
    variables = {"PROMETHEUS_MULTIPROC_DIR": str(directory)}
    orders = json.dumps(["orders", "orders_total", {}, "Orders."])
    write({orders: (5.0, 0.0)}, directory / "counter_99999990.db")  # of an earlier start
    with served("run", "--workers", "2", started=STARTED["uvicorn"], **variables) as server:
        find_workers_patiently(server)
        for number in range(20):
            ask_patiently(server.port, f"/items/{number}")
        found = Scrape(ask_patiently(server.port, "/metrics").decode())
        assert found.requests()[ITEMS] == 20
        assert found.value("orders_total") == 25
        assert server.stop() == 0
    assert directory.exists()


def test_a_directory_that_does_not_exist_is_an_error_at_startup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main.py").write_text(
        "from pronghorn import FastAPI\n"
        "from pronghorn.metrics import Metrics\n"
        "app = FastAPI()\n"
        "Metrics().attach(app)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/no/such/folder")
    monkeypatch.setenv("COLUMNS", "300")
    result = command("run", "--port", str(free_port()))
    assert result.returncode == 1
    printed = " ".join((result.stdout + result.stderr).split())
    assert (
        "PROMETHEUS_MULTIPROC_DIR names /no/such/folder, which is no directory: create an empty "
        "one before each start of the program, or leave the variable out and use `pronghorn run`."
    ) in printed


def test_the_directory_of_a_killed_supervisor_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path, monkeypatch)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = ("run", "--workers", "2")
    with served(*command, started=STARTED["uvicorn"], TMPDIR=str(temporary)) as server:
        find_workers_patiently(server)
        left = directory_of(server)
        os.killpg(server.process.pid, signal.SIGKILL)
    assert left.parent == temporary
    assert left.exists()
    with served(*command, started=STARTED["uvicorn"], TMPDIR=str(temporary)) as server:
        find_workers_patiently(server)
        assert not left.exists()
        assert directory_of(server).exists()
