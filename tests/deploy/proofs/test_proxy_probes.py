"""HAProxy asks a container whether it is ready: one slow answer does not take it out of service."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pronghorn.deploy.compose.proxy import proxy_configuration
from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.target import Plan

SLOW = 2.0
SECONDS_TO_START = 30.0


class Container(ThreadingHTTPServer):
    """A program whose third answer to `/ready` comes late."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.probes = 0


class Handler(BaseHTTPRequestHandler):
    server: Container

    def do_GET(self) -> None:
        if self.path == "/ready":
            self.server.probes += 1
            if self.server.probes == 3:
                time.sleep(SLOW)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        return


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
        return number


def write_configuration(folder: Path, container: int, public: int) -> Path:
    """Write the configuration of a deploy with one container, which no name server has to know."""
    config = DeployConfig(name="shop", image="shop", port=container)
    text = proxy_configuration(Plan(config=config, folder=folder, tag="", app="shop:app"))
    for ours, here in (
        ("bind :8080", f"bind 127.0.0.1:{public}"),
        (f"server-template web- 20 web:{container}", f"server web-1 127.0.0.1:{container}"),
        (" resolvers docker resolve-prefer ipv4 init-addr none", ""),
    ):
        assert ours in text
        text = text.replace(ours, here)
    file = folder / "haproxy.cfg"
    file.write_text(text, "utf-8")
    return file


@contextmanager
def run_container() -> Iterator[Container]:
    with Container() as container:
        thread = threading.Thread(target=container.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield container
        finally:
            container.shutdown()
            thread.join()


def ask(port: int) -> int:
    """Return the status of a request; 0 if nobody listens."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", "/")
        return client.getresponse().status
    except OSError:
        return 0
    finally:
        client.close()


def test_one_slow_answer_keeps_a_container_in_service(tmp_path: Path) -> None:
    haproxy = shutil.which("haproxy")
    assert haproxy, "haproxy is missing; it is a package of Debian"
    public = free_port()
    with run_container() as container:
        file = write_configuration(tmp_path, container.server_port, public)
        with subprocess.Popen([haproxy, "-f", str(file)]) as process:
            try:
                until = time.monotonic() + SECONDS_TO_START
                while ask(public) != 200:
                    assert time.monotonic() < until
                seen = set()
                while container.probes < 6:
                    seen.add(ask(public))
                    time.sleep(0.02)
            finally:
                process.kill()
    assert seen == {200}
