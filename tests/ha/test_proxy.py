"""HAProxy with the configuration of the compose file, before containers that are busy."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pronghorn.deploy.compose.proxy import PROXY_PORT, proxy_configuration
from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.target import Plan
from tests.deploy.name_server import name_server
from tools.programs import PROGRAMS

#: Probes that HAProxy sends before the test asks; the first answer comes with the first of them.
PROBES = 3


class Busy(BaseHTTPRequestHandler):
    """A container whose probe takes two seconds, as on a machine that has too much to do."""

    def do_GET(self) -> None:
        """Answer; the probe late."""
        if self.path == "/ready":
            self.server.probed.release()  # type: ignore[attr-defined]
            self.server.is_over.wait(2)  # type: ignore[attr-defined]
        body = b"here"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def busy_container() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        server.probed = threading.Semaphore(0)  # type: ignore[attr-defined]
        server.is_over = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()


@contextmanager
def proxy_for(server: ThreadingHTTPServer, folder: Path) -> Iterator[int]:
    """Run HAProxy before a container; yields the port of HAProxy."""
    dns, public = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    config = DeployConfig(name="busy", image="busy", app="busy:app", port=server.server_port)
    text = proxy_configuration(Plan(config=config, folder=folder, tag="one", app="busy:app"))
    text = text.replace("127.0.0.11:53", f"127.0.0.1:{dns}").replace(f":{PROXY_PORT}", f":{public}")
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    with name_server("127.0.0.1", dns, lambda: ["127.0.0.1"]):
        process = subprocess.Popen([PROGRAMS["haproxy"].prepare(), "-db", "-f", str(file)])
        try:
            yield public
        finally:
            process.kill()
            process.wait()


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
        return number


@pytest.mark.timeout(300)
def test_a_container_that_is_busy_keeps_its_requests(tmp_path: Path) -> None:
    """All containers are busy at the same time: without them, each client would get a 503."""
    with busy_container() as server, proxy_for(server, tmp_path) as port:
        for _ in range(PROBES):
            assert server.probed.acquire(timeout=120)  # type: ignore[attr-defined]
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", "/")
        assert client.getresponse().status == 200
        client.close()
