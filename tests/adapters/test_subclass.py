"""Programs may extend our protocol class as they extend uvicorn's."""

from __future__ import annotations

import json
import os

import pytest

from tests.contract.servers import ROOT, RawConnection, Server, request

PROGRAMS = "tests.adapters.other_programs"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("program", ["direct", "wrapped"])
def test_every_method_of_the_parser_can_be_extended(program: str) -> None:
    protocol = f"{PROGRAMS}:CountingProtocol"
    server = Server("protocol", f"{PROGRAMS}:{program}", ENVIRONMENT, "--http", protocol)
    try:
        with RawConnection(server.port) as connection:
            once = request("POST", "/echo", "X-Begun: 0", body=b"hello")
            connection.send(once * 2)
            for byte in once:
                connection.send(bytes([byte]))
            answers = [json.loads(connection.read().body) for _ in range(3)]
        assert answers == [["1", "HELLO"], ["2", "HELLO"], ["3", "HELLO"]]
    finally:
        server.stop()
