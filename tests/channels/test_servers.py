"""Several server processes on one database: delivery, slow clients, killed processes, restarts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.channels.servers import join, serve
from tests.contract.servers import PATIENCE
from tests.sql.servers import fresh_database
from tools.postgresql import Server


@contextmanager
def database_of(request: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    """Return the address of an empty database."""
    if kind == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield server.url(name, kind)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that nobody announces."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_to_the_end(client: ClientConnection) -> None:
    """Read until the connection is closed, which is an error."""
    while True:
        client.recv(PATIENCE)


def test_a_message_reaches_every_process(postgresql: Server) -> None:
    with (
        fresh_database(postgresql) as name,
        serve(postgresql.url(name, "asyncpg")) as one,
        serve(postgresql.url(name, "psycopg"), name="run granian") as two,
        join(one, "/rooms/7?user=anna") as anna,
        join(two, "/rooms/7?user=bert") as bert,
    ):
        for number in range(20):
            sender = (anna, bert)[number % 2]
            sender.send(json.dumps({"text": str(number)}))
            for client in (anna, bert):
                assert json.loads(client.recv(PATIENCE)) == {"text": str(number)}
        assert httpx.get(f"{one.url}/rooms/7/present").json() == ["anna", "bert"]


@pytest.mark.parametrize("name", ["run uvicorn", "run granian"])
def test_a_client_that_does_not_read_is_closed_and_delays_nobody(
    sqlite_url: str, name: str
) -> None:
    """C4, the short form."""
    text = json.dumps({"text": "x" * 40_000})
    with (
        serve(sqlite_url, name=name, CHANNELS_BUFFER="20") as server,
        join(server, "/rooms/7", window=4096) as slow,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(join(server, "/rooms/7")) for _ in range(2)]
        for _ in range(400):
            clients[0].send(text)
            for client in clients:
                assert len(client.recv(PATIENCE)) == len(json.dumps({"text": ""})) + 39_999
        with pytest.raises(ConnectionClosed) as closed:
            read_to_the_end(slow)
        end = closed.value.rcvd
        assert end is not None
        assert (end.code, end.reason) == (1013, "The client reads too slowly")


@pytest.mark.parametrize("kind", ["sqlite", "asyncpg"])
def test_a_killed_process_leaves_once(request: pytest.FixtureRequest, kind: str) -> None:
    """C5: nothing of it stays, and everybody is told once."""
    fast = {"CHANNELS_FAST": "1"}
    with (
        database_of(request, kind) as database,
        serve(database, **fast) as one,
        serve(database, **fast) as two,
        serve(database, **fast) as three,
        join(one, "/rooms/7?user=anna"),
        join(three, "/rooms/7?user=carl"),
        join(two, "/rooms/7?user=bert"),
        join(two, "/rooms/7?user=bert"),
    ):
        url = f"{one.url}/rooms/7"
        assert httpx.get(f"{url}/present").json() == ["anna", "carl", "bert", "bert"]
        two.process.kill()
        until(lambda: httpx.get(f"{url}/present").json() == ["anna", "carl"])
        until(lambda: httpx.get(f"{url}/changes").json().count("leave bert") == 2)
        time.sleep(1)  # Nobody announces that nothing more happens.
        assert httpx.get(f"{url}/changes").json().count("leave bert") == 2


@pytest.mark.parametrize("name", ["run uvicorn", "run granian"])
def test_a_stream_goes_on_at_another_process(sqlite_url: str, name: str) -> None:
    """A server that stops ends its streams, and its clients find the rest elsewhere."""
    with serve(sqlite_url, name=name) as one, serve(sqlite_url) as two:
        path = "/rooms/7/events"
        seen: list[str] = []
        last = ""

        def read(url: str, most: int) -> str:
            nonlocal last
            headers = {"Last-Event-ID": last} if last else {}
            with httpx.stream("GET", url + path, headers=headers, timeout=PATIENCE) as response:
                for line in response.iter_lines():
                    field, _, value = line.partition(": ")
                    if field == "id":
                        if not last:  # The begin of the first stream.
                            httpx.post(f"{two.url}/rooms/7", json={"text": "0"})
                        last = value
                    elif field == "data":
                        seen.append(json.loads(value)["text"])
                        if len(seen) < 5:
                            httpx.post(f"{two.url}/rooms/7", json={"text": str(len(seen))})
                        else:
                            one.process.terminate()
                    elif field == "retry":
                        return value
                    if len(seen) == most:
                        return ""
            return "it ended without `retry`"

        assert int(read(one.url, 99)) > 0
        for number in range(5, 8):
            httpx.post(f"{two.url}/rooms/7", json={"text": str(number)})
        assert read(two.url, 8) == ""
        assert seen == [str(number) for number in range(8)]
