"""Sizes of requests: what `pronghorn run` refuses, and what it does not, on both servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.hardening.servers import Server, start
from tests.hardening.sizes import BODIES, FILES, FRAMING, HEADS, MIB, Sized, json_of, post, send

PROGRAM = "tests.hardening.sizes_program:app"
WRAPPED = "tests.hardening.sizes_wrapped:app"


@pytest.fixture(scope="module", params=["run", "granian"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start(request.param, PROGRAM) as server:
        yield server


@pytest.mark.parametrize(
    "group", [HEADS, FRAMING, BODIES, FILES], ids=["heads", "framing", "bodies", "files"]
)
def test_limits_of_sizes(server: Server, group: tuple[Sized, ...]) -> None:
    before = server.resident_mib()
    found = {request.name: send(server.port, request) for request in group}
    assert found == {request.name: request.status for request in group}
    assert server.resident_mib() - before < 64


def test_applications_inside_a_layer_of_others() -> None:
    with start("run", WRAPPED) as server:
        found = [
            send(server.port, Sized("", json_of(b"/json", MIB), 200)),
            send(server.port, Sized("", json_of(b"/json", MIB + 1), 413)),
            send(server.port, Sized("", json_of(b"/large", 2 * MIB), 200)),
        ]
        found += [send(server.port, request) for request in HEADS]
    assert found == [200, 413, 200, *(request.status for request in HEADS)]


def test_options_of_the_command() -> None:
    options = ("--max-json-size", "1000", "--max-upload-size", "0", "--max-header-count", "20")
    with start("run", PROGRAM, options) as server:
        requests = [
            Sized("JSON", json_of(b"/json", 1000), 200),
            Sized("longer JSON", json_of(b"/json", 1001), 413),
            Sized("upload", (post(b"/stream", 33 * MIB, b"image/png"), b"x" * 33 * MIB), 200),
            Sized("fields", (HEADS[-4].parts[0],), 431),
        ]
        found = [send(server.port, request) for request in requests]
    assert found == [request.status for request in requests]
