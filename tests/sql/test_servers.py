"""Sessions behind each server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.contract.servers import Server
from tests.sql.servers import wait_until


@pytest.mark.parametrize("name", ["uvicorn", "protocol", "granian"])
def test_sessions_behind_a_server(name: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    server = Server(name, "tests.sql.served:app", {**os.environ, "DATABASE_URL": url})
    try:
        with httpx.Client(base_url=server.url) as client:
            assert client.post("/authors/Ada").status_code == 201
            refused = client.post("/authors/Ada")
            assert refused.status_code == 409
            assert refused.json()["detail"][0]["loc"] == ["body", "name"]
            assert client.get("/authors/Eve").status_code == 500
            with connect(f"ws://127.0.0.1:{server.port}/authors") as socket:
                socket.send("Bob")
                assert socket.recv() == "saved"
            assert client.get("/authors").json() == 2
            lines = client.get("/names").text.splitlines()
            assert sorted(map(json.loads, lines)) == ["Ada", "Bob"]
            with client.stream("GET", "/endless") as stream:
                endless = stream.iter_lines()  # Without the name, the response would be closed.
                assert next(endless) == "2"
                assert client.get("/connections").json() == 1
            wait_until(lambda: client.get("/connections").json() == 0)
    finally:
        output = server.stop()
    assert "GET /authors/{name} tried to change the database" in output
