"""Workers that die, hang, are old, have grown or are replaced, on both servers."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from pronghorn.adapters.workers.recycling import Recycling
from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.worker import Worker
from tests.cli.processes import served
from tests.hardening.supervised import ask, is_alive, loaded, lost_by, running, wait_for

pytestmark = pytest.mark.timeout(90)
UVICORN, GRANIAN = (), ("--server", "granian")
SERVERS = pytest.mark.parametrize("server", [UVICORN, GRANIAN], ids=["uvicorn", "granian"])
STARTED = "Started parent process"


@pytest.fixture(autouse=True)
def _short_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short drain time at the end of each test."""
    monkeypatch.setenv("PRONGHORN_DRAIN", "1")


@SERVERS
def test_a_rolling_restart_loses_no_answer(server: tuple[str, ...]) -> None:
    with running("--workers", "2", *server, started=STARTED) as command:
        old = {ask(command.port) for _ in range(20)}
        with loaded(command.port) as clients:
            command.process.send_signal(signal.SIGHUP)
            wait_for(lambda: not any(is_alive(worker) for worker in old))
        assert lost_by(clients) == []
        assert ask(command.port) not in old
        assert command.stop() == 0


def test_a_connection_that_waits_gets_its_answer_from_the_old_worker() -> None:
    """It is told to close; a worker that nobody is connected to ends at once."""
    with running("--workers", "1", "--drain", "60", started=STARTED) as command:
        old = ask(command.port)
        kept = http.client.HTTPConnection("127.0.0.1", command.port)
        kept.request("GET", "/")
        assert kept.getresponse().read() == str(old).encode()
        command.process.send_signal(signal.SIGHUP)
        wait_for(lambda: ask(command.port) != old)
        command.wait_for("Shutting down")
        kept.request("GET", "/")
        response = kept.getresponse()
        assert (response.read(), response.getheader("connection")) == (str(old).encode(), "close")
        wait_for(lambda: not is_alive(old))
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait() == 0


def test_limits_of_workers_are_spread() -> None:
    """Workers and hosts that were started together are not replaced together."""
    recycling = Recycling(Supervision(lifetime=1000, memory=1000))
    workers = [Worker(multiprocessing.Process(), *multiprocessing.Pipe(), 0) for _ in range(50)]
    for worker in workers:
        recycling.mark(worker)
    ages = {worker.age for worker in workers if worker.age is not None}
    assert len(ages) > 40
    assert 900 <= min(ages) <= max(ages) <= 1000
    assert all(worker.memory and 900 <= worker.memory <= 1000 for worker in workers)


@SERVERS
def test_workers_that_are_old_are_replaced(server: tuple[str, ...]) -> None:
    options = ("--workers", "2", "--max-worker-lifetime", "3")
    with running(*options, *server, started=STARTED) as command:
        old = {ask(command.port) for _ in range(20)}
        with loaded(command.port) as clients:
            wait_for(lambda: not any(is_alive(worker) for worker in old))
        assert lost_by(clients) == []
        assert command.has_printed("has lived for")
        assert command.stop() == 0


@SERVERS
def test_a_worker_that_has_grown_is_replaced(server: tuple[str, ...]) -> None:
    """The option alone has a supervisor, for one worker."""
    with running("--max-worker-memory", "400", *server, started=STARTED) as command:
        old = ask(command.port)
        with loaded(command.port) as clients:
            assert ask(command.port, "/grow?mib=400") == old
            wait_for(lambda: not is_alive(old))
        assert lost_by(clients) == []
        new = ask(command.port)
        assert ask(command.port, "/grow?mib=400") == new
        assert command.stop() == 0  # It is not replaced within a minute of its start.
        assert command.output.count("MiB of memory, and is replaced") == 1


@SERVERS
def test_a_new_worker_that_is_never_ready_is_given_up(
    tmp_path: Path, server: tuple[str, ...]
) -> None:
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": "import time; time.sleep(600)"}
    options = ("--workers", "2", "--timeout-worker-start", "8")
    with running(*options, *server, started=STARTED, **worse) as command:
        old = {ask(command.port) for _ in range(30)}
        (tmp_path / "worse").touch()
        with loaded(command.port) as clients:
            command.process.send_signal(signal.SIGHUP)
            command.wait_for("did not serve in time; the old ones stay")
        assert lost_by(clients) == []
        assert all(is_alive(worker) for worker in old)
        (tmp_path / "worse").unlink()
        command.process.send_signal(signal.SIGHUP)
        wait_for(lambda: not any(is_alive(worker) for worker in old))
        assert command.stop() == 0


@pytest.mark.parametrize(
    ("server", "number"),
    [(UVICORN, signal.SIGINT), (GRANIAN, signal.SIGTERM)],
    ids=["uvicorn", "granian"],
)
def test_signals_are_seen_while_a_new_worker_starts(
    tmp_path: Path, server: tuple[str, ...], number: signal.Signals
) -> None:
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": "import time; time.sleep(600)"}
    with running("--workers", "1", "--drain", "0", *server, started=STARTED, **worse) as command:
        ask(command.port)
        (tmp_path / "worse").touch()
        command.process.send_signal(signal.SIGHUP)
        command.wait_for("It is worse now.")
        command.process.send_signal(number)
        assert command.process.wait() == 0


@SERVERS
def test_signals_are_seen_while_a_worker_ends(server: tuple[str, ...]) -> None:
    """The worker waits for a request that takes longer than any test."""
    limit = ("--timeout-graceful-shutdown", "30", "--drain", "0")
    with running("--workers", "1", *limit, *server, started=STARTED) as command:
        old = ask(command.port)
        with socket.create_connection(("127.0.0.1", command.port)) as connection:
            connection.sendall(b"GET /slow?seconds=600 HTTP/1.1\r\nHost: a\r\n\r\n")
            ask(command.port)  # The other request has been read when a later one is answered.
            command.process.send_signal(signal.SIGHUP)
            wait_for(lambda: ask(command.port) != old)
            command.process.send_signal(signal.SIGTERM)
            command.wait_for("Received SIGTERM")
            assert is_alive(old)
            wait_for(lambda: refuses(command.port))
            time.sleep(0.4)  # A signal that follows sooner is the same one, sent to a group.
            command.process.send_signal(signal.SIGTERM)
            assert command.process.wait() == 128 + signal.SIGTERM
            wait_for(lambda: not is_alive(old))


def refuses(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@SERVERS
def test_a_worker_that_dies_or_hangs_is_replaced(server: tuple[str, ...]) -> None:
    """Also soon after its start, if the supervisor does not know yet that it serves."""
    options = (
        "--workers",
        "1",
        "--timeout-worker-healthcheck",
        "1",
        "--timeout-worker-start",
        "20",
    )
    with running(*options, *server, started=STARTED) as command:
        first = ask(command.port)
        os.kill(first, signal.SIGKILL)
        command.wait_for(f"Child process [{first}] died (signal SIGKILL), and is replaced now")
        second = ask(command.port)
        os.kill(second, signal.SIGSTOP)
        command.wait_for(f"Child process [{second}] does not answer, and is killed")
        assert ask(command.port) not in {first, second}
        assert command.stop() == 0


def test_the_end_is_waited_for_without_work_while_a_place_is_empty(tmp_path: Path) -> None:
    """A worker that crashes at each start is due again while the other one ends."""
    worse = {"WORSE": str(tmp_path / "worse"), "HOW": "sys.exit(3)"}
    options = ("--workers", "2", "--timeout-graceful-shutdown", "3")
    with running(*options, started=STARTED, **worse) as command:
        first = ask(command.port)
        wait_for(lambda: ask(command.port) != first)
        (tmp_path / "worse").touch()
        os.kill(first, signal.SIGKILL)
        command.wait_for("is replaced in 0.25 seconds")
        with socket.create_connection(("127.0.0.1", command.port)) as connection:
            connection.sendall(b"GET /slow?seconds=600 HTTP/1.1\r\nHost: a\r\n\r\n")
            ask(command.port)
            command.process.send_signal(signal.SIGTERM)
            command.wait_for("Received SIGTERM")
            before = used = processor_seconds(command.process.pid)
            while is_alive(command.process.pid):
                used = processor_seconds(command.process.pid) or used
                time.sleep(0.05)
        assert used - before < 0.5


def processor_seconds(number: int) -> float:
    """Return what a process has used; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@SERVERS
def test_the_number_of_workers_changes(server: tuple[str, ...]) -> None:
    with running("--workers", "1", *server, started=STARTED) as command:
        first = ask(command.port)
        command.process.send_signal(signal.SIGTTIN)
        wait_for(lambda: ask(command.port) != first)
        with loaded(command.port) as clients:
            command.process.send_signal(signal.SIGTTOU)
            wait_for(lambda: {ask(command.port) for _ in range(30)} == {first})
        assert lost_by(clients) == []
        assert command.stop() == 0


def test_a_program_without_a_lifespan_on_granian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another framework, or none: a rolling restart knows when it serves."""
    (tmp_path / "bare.py").write_text(
        "import os\n"
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    body = str(os.getpid()).encode()\n"
        "    head = [(b'content-length', str(len(body)).encode())]\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': head})\n"
        "    await send({'type': 'http.response.body', 'body': body})\n"
    )
    monkeypatch.chdir(tmp_path)
    with served("run", "bare:app", "--workers", "1", *GRANIAN, started=STARTED) as command:
        old = ask(command.port)
        with loaded(command.port, "/") as clients:
            command.process.send_signal(signal.SIGHUP)
            wait_for(lambda: not is_alive(old))
        assert lost_by(clients) == []
        assert command.stop() == 0


@SERVERS
def test_nobody_else_gets_the_port_while_workers_start(server: tuple[str, ...]) -> None:
    """Of two commands that start at once one would serve, and the other start workers for ever."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with running("--workers", "1", *server, started=STARTED, port=port) as command:
            with pytest.raises(OSError, match="in use"):
                other.listen()
            assert ask(command.port)
