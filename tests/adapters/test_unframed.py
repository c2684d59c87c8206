"""A response without a length to HTTP/1.0 has no chunks, whoever makes the task of the request."""

from __future__ import annotations

import os

import pytest

from tests.contract.servers import ROOT, RawConnection, Server, request

PROGRAMS = "tests.adapters.other_programs"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("program", ["direct", "wrapped", "in_eager_tasks"])
def test_stream_ends_with_the_connection(program: str) -> None:
    server = Server("protocol", f"{PROGRAMS}:{program}", ENVIRONMENT, "--loop", "asyncio")
    try:
        with RawConnection(server.port) as connection:
            connection.send(request("GET", "/stream").replace(b"HTTP/1.1", b"HTTP/1.0"))
            answer = connection.read()
        assert (answer.body, answer.headers["connection"]) == (b"onetwo", "close")
        assert "transfer-encoding" not in answer.headers
    finally:
        server.stop()
