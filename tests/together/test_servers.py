"""A server with a worker inside serves all batteries, and ends without losing or reporting one."""

import os
import re

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.contract.servers import COMMANDS, PATIENCE, ROOT, RUN, Server

COMMANDS["run jobs"] = [*RUN, "--jobs", "--entrypoint", "{app}", "--port"]


def test_a_server_with_a_worker(url: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PYTHONWARNINGS": "always::ResourceWarning",
    }
    server = Server("run jobs", "tests.together.served:app", environment)
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            key = {"Idempotency-Key": "a"}
            for _ in range(2):
                answer = client.post("/shop/orders", json={"item": "lamp"}, headers=key)
                assert (answer.status_code, answer.json()) == (201, 1)
            assert answer.headers["idempotency-replayed"] == "true"
            assert client.get("/shop/orders").json() == ["lamp"]
            story = client.post("/shop/stories?words=3").json()
            assert 'data: {"state":"done"}' in client.get(story["url"]).text
            with (
                connect(
                    f"{server.url.replace('http', 'ws')}/shop/chat", open_timeout=PATIENCE
                ) as chat,
                client.stream("GET", "/shop/events?after=0&count=50") as events,
            ):
                lines = events.iter_lines()
                assert next(line for line in lines if line.startswith("data:")) == (
                    'data: {"item":"lamp"}'
                )
                server.process.terminate()
                assert any(line.startswith("retry:") for line in lines)
                with pytest.raises(ConnectionClosed):
                    chat.recv(PATIENCE)
                assert chat.close_code == 1012
        server.process.wait(PATIENCE)  # A second signal would not wait for the end of its work.
    finally:
        output = server.stop()
    assert server.process.returncode == 0, output
    assert not re.search("ERROR|WARNING|Warning|Traceback", output), output
