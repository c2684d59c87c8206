"""One test for each class of hole in the reading of HTTP that Python's servers and frameworks had.

The name of a test is that of the report. The package of the report need not be one of ours: what
matters is that the same request does no harm here, on both servers.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from benchmarks.hardening.servers import Server, start
from tests.hardening.conftest import PATIENCE, PROGRAM

WEBSOCKET = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LIVE = b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module", params=["run", "granian"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start(request.param, PROGRAM) as running:
        yield running


def talk(server: Server, data: bytes) -> bytes:
    """Send some bytes; return all that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        received = b""
        try:
            while part := connection.recv(1 << 16):
                received += part
        except ConnectionResetError:
            pass
        return received


def statuses(received: bytes) -> list[int]:
    """Return the status codes of all responses in some bytes."""
    return [int(part[2:5]) for part in received.split(b"HTTP/1.")[1:]]


def post(*fields: bytes, body: bytes = b"") -> bytes:
    head = b"\r\n".join([b"POST /echo HTTP/1.1", b"Host: a", b"Connection: close", *fields])
    return head + b"\r\n\r\n" + body


def reflect(value: bytes) -> bytes:
    """Return a request whose value the program writes into a header of its response."""
    target = b"/reflect?value=" + value
    return b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target


def is_refused(server: Server, data: bytes) -> bool:
    return statuses(talk(server, data)) == [400]


def test_cve_2025_43859_line_ends_of_chunks_are_checked(server: Server) -> None:
    """h11 before 0.16.0 skipped two bytes after a chunk, whatever they were."""
    body = b"5\r\nhelloXX2\r\n45\r\n0\r\n\r\n" + SMUGGLED
    assert is_refused(server, post(b"Transfer-Encoding: chunked", body=body))


def test_cve_2023_47627_and_ghsa_mfx4_numbers_are_digits(server: Server) -> None:
    """aiohttp before 3.8.6 read sizes with `int()`, which takes signs and underscores."""
    for size in (b"+5", b"-5", b"5_0", b"0x5", b" 5 "):
        chunks = size + b"\r\nhello\r\n0\r\n\r\n"
        assert is_refused(server, post(b"Transfer-Encoding: chunked", body=chunks))
    for length in (b"+5", b"-5", b"5_0", b"0x5"):
        assert is_refused(server, post(b"Content-Length: " + length, body=b"hello"))


def test_cve_2023_47641_both_lengths_are_one_request(server: Server) -> None:
    """aiohttp before 3.8.0 disagreed with proxies about which length counts."""
    body = b"0\r\n\r\n" + SMUGGLED
    fields = b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"
    assert len(statuses(talk(server, post(*fields, body=body)))) == 1


def test_cve_2023_37276_bare_cr_does_not_end_a_field(server: Server) -> None:
    """llhttp before 8.1.1 took a CR without LF for the end of a header."""
    data = post(b"X: a\rTransfer-Encoding: chunked", b"Content-Length: 5", body=b"hello")
    assert is_refused(server, data)


def test_cve_2018_1000164_and_2020_7695_responses_cannot_be_split(server: Server) -> None:
    """gunicorn before 19.5.0 and uvicorn before 0.11.7 wrote line ends in header values."""
    received = talk(server, reflect(b"a%0d%0aX-Evil:%201"))
    assert b"\r\nx-evil" not in received.lower()
    assert len(statuses(received)) == 1


def test_cve_2026_42544_a_subprotocol_ends_no_worker(server: Server) -> None:
    """Granian before 2.7.4 aborted its worker for a subprotocol that is not ASCII."""
    before = server.processes()
    head = b"GET /ws HTTP/1.1\r\nHost: a\r\n" + WEBSOCKET
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(head + b"Sec-WebSocket-Protocol: \x80\xff\r\n\r\n")
        assert statuses(connection.recv(1 << 16))[0] in {101, 400}
    assert statuses(talk(server, LIVE)) == [200]
    assert server.processes() == before


def test_cve_2026_42545_a_bad_header_of_a_response_ends_no_worker(server: Server) -> None:
    """Granian before 2.7.4 aborted its worker for a response header that is not valid."""
    before = server.processes()
    talk(server, reflect(b"%00%01"))
    assert statuses(talk(server, LIVE)) == [200]
    assert server.processes() == before


def test_cve_2026_48710_host_does_not_change_the_path(server: Server) -> None:
    """Starlette before 1.0.1 read `Host: a/b?` as a part of the URL that guards check."""
    for host in (b"a/admin?x=", b"a?", b"a#", b"evil@a", b"a\\b"):
        data = b"GET /echo HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host
        assert is_refused(server, data)


def test_cve_2026_54282_the_path_does_not_change_the_host(server: Server) -> None:
    """Starlette before 1.3.0 joined a target such as `@evil` to the Host."""
    for target in (b"@evil", b"evil", b":80/x", b"?x"):
        data = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target
        assert is_refused(server, data)


def test_cve_2026_48818_and_gitlab_a_method_is_no_attribute(server: Server) -> None:
    """Starlette before 1.1.0 looked the method up as an attribute of the endpoint."""
    for method in (b"__CLASS__", b"__class__", b"DISPATCH", b"__INIT__"):
        data = b"%b /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % method
        assert statuses(talk(server, data))[0] in {400, 405, 501}


def test_cve_2026_22815_trailers_do_not_become_headers(server: Server) -> None:
    """aiohttp before 3.13.4 had no limit for trailers; here none of them is kept."""
    trailers = b"".join(b"X-%d: y\r\n" % number for number in range(1_000))
    body = b"5\r\nhello\r\n0\r\nAuthorization: evil\r\n%b\r\n" % trailers
    received = talk(server, post(b"Transfer-Encoding: chunked", body=body))
    assert statuses(received)[0] in {200, 400, 431}
    assert b'"x-1"' not in received
    assert b"evil" not in received


def test_cve_2023_49081_and_49082_the_request_line_is_checked(server: Server) -> None:
    """aiohttp before 3.9.0 accepted line ends in versions and methods."""
    for line in (b"GET /echo HTTP/1.1\rX: y", b"G\nET /echo HTTP/1.1", b"GET /echo HTTP/1.1\x00"):
        assert is_refused(server, line + b"\r\nHost: a\r\n\r\n")


def test_cve_2024_23829_names_and_versions_are_strict(server: Server) -> None:
    """aiohttp before 3.9.2 was lenient about spaces in names and about digits of the version."""
    for field in (b"Content-Length : 5", b"Content Length: 5", b"\xe9: y", b": y"):
        assert is_refused(server, post(field, body=b"hello"))
    assert is_refused(server, b"GET /echo HTTP/1.\xb9\r\nHost: a\r\n\r\n")


def test_cve_2020_28724_a_double_slash_leads_nowhere_else(server: Server) -> None:
    """werkzeug before 0.11.6 and aiohttp before 3.7.4 redirected `//evil` to another host."""
    data = b"GET //evil.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received = talk(server, data).lower()
    assert b"location: //" not in received
    assert b"location: http://evil" not in received


def test_cve_2020_7694_the_log_has_no_control_characters(server: Server) -> None:
    """uvicorn before 0.11.7 wrote escapes of terminals from the path into its log."""
    data = b"GET /%1b%5b31mFAKE%0d%0aFAKE HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(talk(server, data)) == [404]
    assert "\x1b[31mFAKE" not in server.read_output()
    assert "\nFAKE" not in server.read_output()
