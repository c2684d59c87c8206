"""Options of servers, each shown by a server that has it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.cli.processes import STARTED, command, environment, served

Write = Callable[..., Path]

APP = """
import asyncio
import os
import time
from pronghorn import FastAPI, Request

app = FastAPI()


@app.get("/")
def about(request: Request):
    return {
        "process": os.getpid(),
        "scheme": request.url.scheme,
        "client": request.client and request.client.host,
        "root_path": request.scope["root_path"],
        "path": request.scope["path"],
        "setting": os.environ.get("SHOP_TITLE"),
    }


@app.get("/slow")
async def slow(seconds: float = 1):
    await asyncio.sleep(seconds)
    return "done"
"""

SERVERS = pytest.mark.parametrize("server", ["uvicorn", "granian"])
UP = {"uvicorn": "Uvicorn running on", "granian": "Started worker"}


class UnixConnection(http.client.HTTPConnection):
    """A connection over a Unix socket."""

    def __init__(self, file: str) -> None:
        super().__init__("localhost")
        self.file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                return self.sock.connect(self.file)
            except (ConnectionRefusedError, FileNotFoundError):
                time.sleep(0.05)


def get_over(file: str, path: str = "/", **headers: str) -> dict[str, object]:
    connection = UnixConnection(file)
    connection.request("GET", path, headers=headers)
    content: dict[str, object] = json.load(connection.getresponse())
    connection.close()
    return content


@SERVERS
@pytest.mark.parametrize("workers", ["1", "2"])
def test_unix_socket(write: Write, server: str, workers: str) -> None:
    write("main.py", APP)
    options = ["--uds", "shop.sock", "--server", server, "--workers", workers]
    # One that a killed server has left behind does not stop the next.
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind("shop.sock")
    with served("run", *options, "--forwarded-allow-ips", "*", started=UP[server]) as running:
        answer = get_over("shop.sock", **{"X-Forwarded-For": "203.0.113.7"})
        assert answer["client"] == "203.0.113.7"
        again = command("run", "--uds", "shop.sock")
        assert (again.returncode, again.stderr.splitlines()[0]) == (
            1,
            "Error: The socket shop.sock is in use",
        )
        running.stop()
    assert "  address  unix:shop.sock\n" in running.output
    assert "  docs " not in running.output


def test_socket_that_was_opened_before(write: Write) -> None:
    write("main.py", APP)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "pronghorn", "run", "--fd", str(listener.fileno())],
            env=environment(),
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/")
            assert json.load(connection.getresponse())["scheme"] == "http"
            connection.close()
        finally:
            process.terminate()
            printed, _ = process.communicate()
    assert "  address  file descriptor " in printed


@SERVERS
def test_root_path_may_end_with_a_slash(write: Write, server: str) -> None:
    write("main.py", APP)
    options = ["--root-path", "/api/", "--server", server]
    with served("run", *options, started=UP[server]) as running:
        answer = running.get()
        assert (answer["root_path"], answer["path"]) == ("/api", "/api/")


@SERVERS
@pytest.mark.parametrize("options", [[], ["--workers", "2"], ["--reload"]], ids=" ".join)
def test_env_file(write: Write, server: str, options: list[str]) -> None:
    write("main.py", APP + "os.environ['SHOP_TITLE']\n")
    write(".env", "SHOP_TITLE='Big shop'\nHOME=/nowhere\n")
    arguments = [*options, "--env-file", ".env", "--server", server]
    with served("run", *arguments, started=UP[server]) as running:
        assert running.get()["setting"] == "Big shop"
    listed = command("routes", "--env-file", ".env", "--json")
    assert listed.returncode == 0
    assert command("routes").returncode == 1


def tls_files(authority: trustme.CA) -> list[str]:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path("server.key")
    certificate.cert_chain_pems[0].write_to_path("server.pem")
    authority.cert_pem.write_to_path("ca.pem")
    return ["--ssl-certfile", "server.pem", "--ssl-keyfile", "server.key"]


def get_by_tls(port: int, context: ssl.SSLContext) -> dict[str, object]:
    while True:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        try:
            connection.request("GET", "/")
            content: dict[str, object] = json.load(connection.getresponse())
            return content
        except ConnectionRefusedError:
            time.sleep(0.05)
        finally:
            connection.close()


@SERVERS
def test_clients_with_certificates(write: Write, server: str) -> None:
    write("main.py", APP)
    authority = trustme.CA()
    options = [*tls_files(authority), "--ssl-ca-certs", "ca.pem", "--ssl-cert-reqs", "2"]
    with served("run", *options, "--server", server, started=UP[server]) as running:
        context = ssl.create_default_context(cafile="ca.pem")
        stranger = ssl.create_default_context(cafile="ca.pem")
        authority.issue_cert("client@example.com").configure_cert(context)
        assert get_by_tls(running.port, context)["scheme"] == "https"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            get_by_tls(running.port, stranger)


def encrypt_key(password: bytes) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path("server.key").read_bytes(), None)
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption
    encrypted = key.private_bytes(serialization.Encoding.PEM, form, encryption(password))
    Path("server.key").write_bytes(encrypted)


@pytest.mark.parametrize(
    ("options", "extra"),
    [(["--ssl-keyfile-password", "secret"], {}), ([], {"SSL_KEYFILE_PASSWORD": "secret"})],
    ids=["option", "environment"],
)
def test_an_encrypted_key(write: Write, options: list[str], extra: dict[str, str]) -> None:
    write("main.py", APP)
    files = tls_files(trustme.CA())
    encrypt_key(b"secret")
    with served("run", *files, *options, **extra) as running:
        context = ssl.create_default_context(cafile="ca.pem")
        assert get_by_tls(running.port, context)["scheme"] == "https"
    done = command("run", *files, "--ssl-keyfile-password", "secret", "--server", "granian")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "Error: Granian cannot open the encrypted key in server.key\n  Decrypt it "
    )


@SERVERS
def test_a_password_of_a_key_that_is_not_encrypted(write: Write, server: str) -> None:
    write("main.py", APP)
    options = [*tls_files(trustme.CA()), "--server", server]
    with served("run", *options, started=UP[server], SSL_KEYFILE_PASSWORD="x") as running:
        context = ssl.create_default_context(cafile="ca.pem")
        assert get_by_tls(running.port, context)["scheme"] == "https"


@SERVERS
def test_keep_alive_ends(write: Write, server: str) -> None:
    write("main.py", APP)
    options = ["--timeout-keep-alive", "1", "--server", server]
    with served("run", *options, started=UP[server]) as running:
        running.get()
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while part := connection.recv(65536):  # until the server closes it
                received += part
        assert received.startswith(b"HTTP/1.1 200")


@SERVERS
def test_graceful_shutdown_ends(write: Write, server: str) -> None:
    write("main.py", APP)
    options = ["--timeout-graceful-shutdown", "1", "--server", server]
    with served("run", *options, started=UP[server]) as running:
        running.get()
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(b"GET /slow?seconds=600 HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.3)
            running.stop()  # The test's own timeout ends a server that waits.
            assert connection.recv(100)[:12] in {b"", b"HTTP/1.1 500"}


def test_limit_of_concurrency(write: Write) -> None:
    write("main.py", APP)
    with served("run", "--limit-concurrency", "2") as running:
        running.get()
        with socket.create_connection(("127.0.0.1", running.port)):
            assert running.ask("/")[0] == 503  # The second connection; uvicorn wants fewer.
        while running.ask("/")[0] != 200:  # The server has to notice that the first one is closed.
            time.sleep(0.01)


@pytest.mark.parametrize("jitter", [[], ["--limit-max-requests-jitter", "1"]], ids=len)
def test_limit_of_requests(write: Write, jitter: list[str]) -> None:
    write("main.py", APP)
    with served("run", "--limit-max-requests", "3", *jitter) as running:
        for _ in range(3 + len(jitter) // 2):
            running.get()
        assert running.process.wait() == 0


def test_workers_are_replaced_after_their_requests(write: Write) -> None:
    write("main.py", APP)
    with served("run", "--workers", "2", "--limit-max-requests", "5") as running:
        running.wait_for(STARTED)
        processes = set()
        while len(processes) < 3:
            try:
                processes.add(running.get()["process"])
            except (ConnectionError, http.client.HTTPException):
                continue


@SERVERS
def test_options_that_only_have_to_be_accepted(write: Write, server: str) -> None:
    write("main.py", APP)
    options = ["--backlog", "256", "--workers", "2", "--log-level", "warning"]
    options += ["--timeout-worker-healthcheck", "20"]
    with served("run", *options, "--server", server, started="workers  2") as running:
        assert running.get()["scheme"] == "http"
        os.kill(running.process.pid, signal.SIGTERM)
        running.process.wait()
        running.stop()
    assert "INFO" not in running.output


@SERVERS
def test_dev_reloads_the_program_of_a_factory(write: Write, server: str) -> None:
    text = APP.replace("app = FastAPI()", "def create_app(): return app\napp = FastAPI()")
    file = write("main.py", text)
    options = ["main:create_app", "--factory", "--server", server]
    started = "Started worker" if server == "granian" else STARTED
    with served("dev", *options, started=started) as running:
        assert running.get()["scheme"] == "http"
        running.wait_until_watching(file.parent)
        write("main.py", text.replace('"scheme": request.url.scheme', '"scheme": "edited"'))
        running.wait_for(started)
        assert running.get()["scheme"] == "edited"


def test_python_m_pronghorn_from_another_folder(write: Write) -> None:
    write("src/shop/__init__.py")
    write("src/shop/main.py", APP)
    write("pyproject.toml", "[tool.fastapi]\nentrypoint = 'shop.main:app'\n")
    (Path("src/shop/tests")).mkdir()
    os.chdir("src/shop/tests")
    with served("run") as running:
        assert running.get()["scheme"] == "http"
    assert "  app      shop.main:app\n" in running.output
