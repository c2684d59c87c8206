"""Requests through HAProxy while a version replaces another one: none fails.

HAProxy has the configuration of the compose file. Two things differ from Docker: each container has
an address of the loopback device, and a small name server of the test says which there are.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import Write
from tests.deploy.conftest import (
    commit,
    docker,
    no_other_programs,
    own_environment,
    project,
    workspace,
    write,
)
from tests.deploy.docker import Docker, run_deploy
from tests.deploy.name_server import name_server
from tools.programs import PROGRAMS

__all__ = ["docker", "no_other_programs", "own_environment", "project", "workspace", "write"]


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
        return number


def web_containers(made: Docker) -> Callable[[], list[str]]:
    """Return a function that returns the addresses of all containers of `web`, as Docker knows."""
    known: list[str] = []

    def list_addresses() -> list[str]:
        try:
            found = made.containers().values()
        except ValueError:
            return known  # The file is being written.
        known[:] = [one["host"] for one in found if one["service"] == "web"]
        return known

    return list_addresses


@contextmanager
def traffic(port: int) -> Iterator[Counter[str]]:
    """Send requests from four clients, half of them on connections that stay open."""
    seen: Counter[str] = Counter()
    over = threading.Event()

    def ask(keep: bool) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not over.is_set():
            try:
                client.request("GET", "/version")
                answer = client.getresponse()
                text = answer.read()
                seen[json.loads(text)["tag"] if answer.status == 200 else str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                seen[repr(error)] += 1
                client.close()
            if not keep:
                client.close()
        client.close()

    threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_no_request_fails_while_versions_change(
    project: Path,
    docker: Docker,
    write: Write,
) -> None:
    haproxy = PROGRAMS["haproxy"].prepare()
    web, public, dns = free_port(), free_port(), free_port(socket.SOCK_DGRAM)
    write("pyproject.toml", (project / "pyproject.toml").read_text() + f"port = {web}\n")
    commit(project)
    docker.want(real=True, haproxy=haproxy, port=public, dns=dns, file="compose.deploy.yaml")
    with name_server("127.0.0.1", dns, web_containers(docker)):
        code, output = run_deploy("--tag", "one")
        assert code == 0, output
        with traffic(public) as seen:
            for arguments in (["--tag", "two"], ["--tag", "three"], ["rollback"]):
                code, output = run_deploy(*arguments)
                assert code == 0, output
    assert set(seen) == {"one", "two", "three"}, dict(seen)
    assert docker.serving() == ["two"]
