"""A stream that fails is aborted on the wire, so the client can tell that it is incomplete."""

from __future__ import annotations

import pytest

from tests.contract.conftest import PROGRAM, WITH_MIDDLEWARE, Servers
from tests.contract.servers import COMMANDS, RawConnection, request

KINDS = ("chunks", "lines", "events", "file")
#: Granian reads files itself, so nothing of the program can fail there.
CASES = [
    (name, kind) for name in COMMANDS for kind in KINDS if kind != "file" or "granian" not in name
]
LAST_CHUNK = b"0\r\n\r\n"


@pytest.mark.parametrize("program", [PROGRAM, WITH_MIDDLEWARE], ids=["plain", "middleware"])
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_failed_stream_is_broken_off(servers: Servers, name: str, program: str, kind: str) -> None:
    with RawConnection(servers.get(name, program).port) as connection:
        connection.send(request("GET", f"/crash-in-{kind}"))
        answered = b""
        while part := connection.socket.recv(65536):
            answered += part
    head, _, body = answered.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert (b"0123456789" if kind == "file" else b"begin") in body
    assert not body.endswith(LAST_CHUNK)
    if kind == "file":
        assert len(body) < 600_000
