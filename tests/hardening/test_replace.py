"""`pronghorn run --replace`: a new version takes the place of the old one on the same port."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.hardening.leaving import follow_socket, follow_stream
from tests.cli.processes import Server, command, free_port, served
from tests.hardening.supervised import (
    PATIENCE,
    PROGRAM,
    ask,
    is_alive,
    loaded,
    lost_by,
    running,
    wait_for,
)

pytestmark = pytest.mark.timeout(120)
UVICORN, GRANIAN = (), ("--server", "granian")
STARTED = "Started parent process"
SERVES = "This process serves now"
#: The command imports the program, too.
IN_WORKERS = "import multiprocessing\nif multiprocessing.parent_process():\n    "
COMMAND = ("run", "--entrypoint", PROGRAM, "--host", "127.0.0.1", "--replace")


@pytest.fixture(autouse=True)
def _runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of control sockets of this test alone, and a short drain time."""
    monkeypatch.setenv("PRONGHORN_DRAIN", "1")
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("PRONGHORN_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def first(port: int) -> Iterator[Server]:
    """The first version."""
    with running("--replace", started=STARTED, port=port, VERSION="first") as server:
        assert ask(port, "/version") == "first"
        yield server


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [(UVICORN, UVICORN, GRANIAN), (GRANIAN, GRANIAN, UVICORN)],
    ids=["uvicorn", "granian"],
)
def test_no_request_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    port: int,
    first: tuple[str, ...],
    second: tuple[str, ...],
    third: tuple[str, ...],
) -> None:
    """Whatever the servers are; systemd learns of each that serves."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with ExitStack() as servers:
        systemd = servers.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)

        def start(version: str, started: str, *options: str) -> Server:
            command = running("--replace", *options, started=started, port=port, VERSION=version)
            return servers.enter_context(command)

        one = start("first", STARTED, "--workers", "2", *first)
        assert systemd.recv(100) == b"READY=1"
        assert ask(port, "/version") == "first"
        with loaded(port) as clients:
            two = start("second", SERVES, "--workers", "2", *second)
            assert one.process.wait() == 0
            assert systemd.recv(100) == b"READY=1"
            assert ask(port, "/version") == "second"
            three = start("third", SERVES, *third)
            assert two.process.wait() == 0
            assert ask(port, "/version") == "third"
        assert lost_by(clients) == []
        assert three.stop() == 0
    assert list((tmp_path / "runtime").iterdir()) == []


@pytest.mark.parametrize("server", [UVICORN, GRANIAN], ids=["uvicorn", "granian"])
def test_streams_and_sockets_end(port: int, server: tuple[str, ...]) -> None:
    """Streams are complete, and browsers come back; WebSockets are closed with 1012."""

    async def follow() -> tuple[bool, int | None]:
        begun = [asyncio.Event(), asyncio.Event()]
        stream = asyncio.create_task(follow_stream(port, "/events", begun[0]))
        websocket = asyncio.create_task(follow_socket(port, "/ws", begun[1]))
        for event in begun:
            await event.wait()
        await asyncio.to_thread(replace)
        return await stream, await websocket

    def replace() -> None:
        with running("--replace", started=SERVES, port=port) as second:
            first.process.wait()
            second.stop()

    with running("--replace", *server, started=STARTED, port=port) as first:
        ask(port)
        assert asyncio.run(follow()) == (True, 1012)


@pytest.mark.parametrize(
    ("how", "seconds", "code", "text"),
    [
        ("import os; os._exit(7)", "60", 7, "failed to start, stopping the parent process"),
        ("import time; time.sleep(600)", "3", 1, "The workers do not serve within 3 seconds"),
    ],
    ids=["ends", "hangs"],
)
def test_a_version_that_does_not_start_changes_nothing(
    tmp_path: Path, first: Server, port: int, how: str, seconds: str, code: int, text: str
) -> None:
    (tmp_path / "worse").touch()
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": IN_WORKERS + how}
    options = ("--replace", "--timeout-worker-start", seconds)
    with loaded(port) as clients, running(*options, started=STARTED, port=port, **worse) as second:
        second.wait_for(text)
        assert second.process.wait() == code
    assert lost_by(clients) == []
    assert first.process.poll() is None


def test_a_version_that_cannot_be_imported_changes_nothing(
    tmp_path: Path, first: Server, port: int
) -> None:
    (control,) = (tmp_path / "runtime").iterdir()
    assert control.name.startswith(f"{port}-")
    assert control.stat().st_mode & 0o777 == 0o600
    ended = command("run", "absent.py", "--host", "127.0.0.1", "--port", str(port), "--replace")
    assert ended.returncode != 0
    assert ask(port, "/version") == "first"
    assert first.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_a_version_that_is_ended_before_it_serves_changes_nothing(
    tmp_path: Path, first: Server, port: int, number: signal.Signals
) -> None:
    (tmp_path / "worse").touch()
    how = IN_WORKERS + "import time; time.sleep(600)"
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": how}
    with running("--replace", started=STARTED, port=port, **worse) as second:
        third = command(*COMMAND, "--port", str(port))
        assert third.returncode == 1
        assert f"Process {second.process.pid} replaces the server already" in third.stderr
        second.process.send_signal(number)
        assert second.process.wait() in {0, -signal.SIGKILL}
    assert ask(port, "/version") == "first"
    assert first.process.poll() is None
    with running("--replace", started=SERVES, port=port, VERSION="third"):
        assert first.process.wait() == 0
        assert ask(port, "/version") == "third"


def test_the_old_version_may_end_by_itself_meanwhile(
    tmp_path: Path, first: Server, port: int
) -> None:
    """The new one has the socket, and serves when it is ready."""
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": WAITS.format(flag=str(tmp_path / "worse"))}
    (tmp_path / "worse").touch()
    with running("--replace", started=STARTED, port=port, VERSION="second", **worse) as second:
        second.wait_for("It is worse now.")
        assert first.stop() == 0
        (tmp_path / "worse").unlink()
        second.wait_for(SERVES)
        assert ask(port, "/version") == "second"
        assert second.stop() == 0


WAITS = """
import multiprocessing, time, os
while multiprocessing.parent_process() and os.path.exists({flag!r}):
    time.sleep(0.02)
"""


def test_a_server_that_was_killed_is_nothing_to_replace(first: Server, port: int) -> None:
    old = ask(port)
    first.process.kill()
    first.process.wait()
    wait_for(lambda: not is_alive(old))
    with running("--replace", started=STARTED, port=port, VERSION="second") as second:
        assert ask(port, "/version") == "second"
        assert second.stop() == 0


def test_a_server_without_the_option_is_not_replaced(port: int) -> None:
    with running("--workers", "1", started=STARTED, port=port, VERSION="first"):
        ask(port)
        ended = command(*COMMAND, "--port", str(port))
        assert ended.returncode == 1
        assert f"Port {port} on 127.0.0.1 is in use" in ended.stderr
        assert "if the same user has started it with --replace" in ended.stderr


@pytest.mark.parametrize("server", [UVICORN, GRANIAN], ids=["uvicorn", "granian"])
def test_a_unix_socket(tmp_path: Path, server: tuple[str, ...]) -> None:
    file = tmp_path / "shop.sock"
    options = ("--uds", str(file), "--replace", *server)
    with served("run", PROGRAM, *options, started=STARTED, VERSION="first") as first:
        wait_for(lambda: version_over(file) == "first")
        with served("run", PROGRAM, *options, started=SERVES, VERSION="second") as second:
            assert first.process.wait() == 0
            assert version_over(file) == "second"
            assert second.stop() == 0
    assert not file.exists()


def version_over(file: Path) -> str:
    """The version of the program behind a Unix socket; an empty text while nobody listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(file))
        except OSError:
            return ""
        connection.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received.rpartition(b"\r\n\r\n")[2].decode().strip('"')


def test_a_folder_that_others_can_write_to_is_refused(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv("PRONGHORN_RUNTIME_DIR", str(tmp_path / "open"))
    ended = command("run", "absent.py", "--port", str(port), "--replace")
    assert ended.returncode == 1
    assert f"The folder {tmp_path / 'open'} of --replace is not of this user alone" in ended.stderr
