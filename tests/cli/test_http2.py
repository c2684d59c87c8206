"""HTTP/2 and TLS with `pronghorn run`, tested with clients that support them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h2.connection
import h2.events
import httpx
import pytest
import trustme

from pronghorn.cli import serve
from pronghorn.cli.errors import CommandError
from tests.cli.processes import Server, served
from tests.contract.conftest import eventually

Write = Callable[..., Path]
GRANIAN = ("--server", "granian")
LISTENING = "Started worker"

APP = """
import asyncio
from pronghorn import FastAPI, Request, WebSocket
from pronghorn.responses import StreamingResponse

app = FastAPI()


@app.get("/")
async def about(request: Request):
    return [request.scope["http_version"], str(request.url), len(asyncio.all_tasks())]


@app.post("/length")
async def length(request: Request):
    return len(await request.body())


@app.get("/endless")
async def endless():
    async def chunks():
        while True:
            yield b"x" * 65536

    return StreamingResponse(chunks())


@app.get("/broken")
async def broken():
    async def chunks():
        yield b"begin"
        raise ZeroDivisionError("on purpose")

    return StreamingResponse(chunks())


@app.websocket("/ws")
async def echo(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
"""


@contextmanager
def running(write: Write, *options: str, started: str = LISTENING) -> Iterator[Server]:
    write("main.py", APP)
    with served("run", "--host", "127.0.0.1", *options, started=started) as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_options(authority: trustme.CA, tmp_path: Path) -> list[str]:
    """The options that make a server speak TLS."""
    issued = authority.issue_cert("127.0.0.1", "localhost")
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return ["--ssl-certfile", str(certificate), "--ssl-keyfile", str(key)]


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def http2_client(**options: Any) -> httpx.Client:
    """A client that tries again where a server says that it has started before it listens."""
    return httpx.Client(transport=httpx.HTTPTransport(http2=True, retries=6, **options))


@pytest.mark.parametrize("options", [[], ["--http", "auto"], ["--http", "2"]], ids=str)
def test_http_2_without_tls(write: Write, options: list[str]) -> None:
    with running(write, *GRANIAN, *options) as server:
        address = f"http://127.0.0.1:{server.port}/"
        with http2_client(http1=False) as client:
            response = client.get(address)
            assert response.http_version == "HTTP/2"
            assert response.json()[:2] == ["2", address]
            content = b"x" * 3_000_000  # more than the windows of the flow control
            assert client.post(address + "length", content=content).json() == len(content)
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(address + "broken")
            assert client.get(address).status_code == 200


def test_http_1_alone(write: Write) -> None:
    with running(write, *GRANIAN, "--http", "1") as server:
        address = f"http://127.0.0.1:{server.port}/"
        assert server.get()[0] == "1.1"
        with http2_client(http1=False) as client, pytest.raises(httpx.RemoteProtocolError):
            client.get(address)


def test_streams_that_nobody_reads_end_with_their_connection(write: Write) -> None:
    with running(write, *GRANIAN) as server:
        tasks = server.get()[2]
        connection = h2.connection.H2Connection()
        connection.initiate_connection()
        for number in range(10):
            connection.send_headers(
                1 + 2 * number,
                [
                    (":method", "GET"),
                    (":path", "/endless"),
                    (":scheme", "http"),
                    (":authority", "test"),
                ],
                end_stream=True,
            )
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(connection.data_to_send())
            answered = 0
            while answered < 10:
                events = connection.receive_data(client.recv(65536))
                answered += sum(isinstance(e, h2.events.ResponseReceived) for e in events)
            assert server.get()[2] > tasks
        eventually(lambda: server.get()[2] <= tasks, True)


@pytest.mark.parametrize(
    ("options", "started", "version"),
    [
        (GRANIAN, LISTENING, "2"),
        ((*GRANIAN, "--http", "1"), LISTENING, "1.1"),
        ((), "Application startup complete.", "1.1"),
        (("--protocol", "asgi"), "Application startup complete.", "1.1"),
    ],
    ids=["granian", "granian without HTTP/2", "uvicorn", "uvicorn asgi"],
)
def test_tls(
    write: Write,
    tls_options: list[str],
    trusting: ssl.SSLContext,
    options: tuple[str, ...],
    started: str,
    version: str,
) -> None:
    with running(write, *options, *tls_options, started=started) as server:
        address = f"https://127.0.0.1:{server.port}/"
        assert f"  address  {address[:-1]}\n" in server.output
        with http2_client(verify=trusting) as client:
            assert client.get(address).json()[:2] == [version, address]
            assert client.post(address + "length", content=b"x" * 300_000).json() == 300_000


def test_what_the_options_need(tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    file.touch()
    for given, said in (
        ({"http": "2"}, "uvicorn does not support HTTP/2"),
        ({"ssl_certfile": file}, "Cannot use --ssl-certfile without --ssl-keyfile"),
        ({"ssl_keyfile": file}, "Cannot use --ssl-keyfile without --ssl-certfile"),
        (
            {"ssl_certfile": file, "ssl_keyfile": tmp_path / "absent"},
            f"No file at {tmp_path / 'absent'} for --ssl-keyfile",
        ),
    ):
        options = serve.ServeOptions("127.0.0.1", 0, reload=False, **given)  # type: ignore[arg-type]  # by name
        with pytest.raises(CommandError) as refused:
            serve.check_options(options)
        assert (refused.value.message, refused.value.exit_code) == (said, 2)
