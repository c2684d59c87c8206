"""Host (RFC 9112, section 3.2; RFC 9110, section 7.2; RFC 3986, section 3.2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import ANSWERED, EITHER, MAY, REFUSED, SHOULD, Case, lines

RULE = "9112 3.2: MUST be answered with 400"
LINE = "GET /echo HTTP/1.1"
INVALID = (
    *("a b", "a/b", "a?b", "a#b", "a@b", "u:p@a", "a\\b", "[a", "a]", "[::1", "::1]", "::1"),
    *("[::1]x", "[::1]:x", "[gg::1]", "[1:2]", "[]", "a:x", "a:-1", "a:+80", "a: 80", "a:80:80"),
    *("a:8 0", "<a>", '"a"', "a^b", "a`b", "{a}", "a|b", "a\xe9", "\xff", "a%", "a%4", "a%zz"),
    *("a\x01", "a\x7f", "a\tb", "http://a", "a:80/", "/", "?", "@", ":", ":80"),
)
VALID = (
    *("a", "a.b", "a.b:80", "a:", "A.B", "a_b", "a-b", "a.b.", "xn--bcher-kva.example", "1"),
    *("127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:80", "[2001:db8::7:1.2.3.4]", "a~b"),
    *("a!b", "a'b", "a;b", "a=b", "a%41", "a" * 253, "test:65535"),
)


def cases() -> Iterator[Case]:
    """Yield the cases of Host."""
    yield Case("no Host", (lines(LINE, "Accept: */*"),), RULE, REFUSED)
    yield Case("no field at all", (lines(LINE),), RULE, REFUSED)
    yield Case("no Host in HTTP/1.0", (lines("GET /echo HTTP/1.0"),), "9112 3.2", ("200 closed",))
    data = lines("GET /echo HTTP/1.0", "Host: a/b")
    yield Case("invalid Host in HTTP/1.0", (data,), RULE, REFUSED)
    data = lines("GET /echo HTTP/1.0", "Host: a", "Host: b")
    yield Case("two Hosts in HTTP/1.0", (data,), RULE, REFUSED)
    yield Case("two Hosts", (lines(LINE, "Host: a", "Host: b"),), RULE, REFUSED)
    yield Case("two Hosts, the same", (lines(LINE, "Host: a", "Host: a"),), RULE, REFUSED)
    yield Case("two Hosts, far apart", (lines(LINE, "Host: a", "X: y", "Host: b"),), RULE, REFUSED)
    yield Case("two Hosts, the second empty", (lines(LINE, "Host: a", "Host:"),), RULE, REFUSED)
    yield Case("two Hosts, the first empty", (lines(LINE, "Host:", "host: a"),), RULE, REFUSED)
    yield Case("three Hosts", (lines(LINE, *["hOsT: a"] * 3),), RULE, REFUSED)
    data = lines(LINE, "Host: a", "Connection: close", "Host: b")
    yield Case("two Hosts and close", (data,), RULE, REFUSED)
    data = lines("POST /echo HTTP/1.1", "Content-Length: 5") + b"hello"
    yield Case("no Host, with a body", (data,), RULE, REFUSED, heads=("POST",))
    data = lines("GET /missing HTTP/1.1")
    yield Case("no Host for a resource that is missing", (data,), RULE, REFUSED)
    data = lines(LINE, "Host: a") + lines(LINE)
    yield Case("no Host in the second request", (data,), RULE, ("200 400 closed",))
    data = lines(LINE, "Host: a") + lines(LINE, "Host: b/c")
    yield Case("invalid Host in the second request", (data,), RULE, ("200 400 closed",))
    data = lines(LINE, "Host: a") + lines(LINE, "Host: a", "Host: a")
    yield Case("two Hosts in the second request", (data,), RULE, ("200 400 closed",))
    data = lines(LINE, "Host: a") + lines(LINE, "Host: b")
    yield Case("another Host in the second request", (data,), "9112 3.2", ("200 200 open",))
    data = lines("GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", *WEBSOCKET)
    yield Case("WebSocket without Host", (data,), RULE, REFUSED)
    data = lines(
        "GET /ws HTTP/1.1", "Host: a/b", "Connection: Upgrade", "Upgrade: websocket", *WEBSOCKET
    )
    yield Case("WebSocket with an invalid Host", (data,), RULE, REFUSED)
    data = lines("GET /echo HTTP/1.1", "Connection: Upgrade", "Upgrade: foo")
    yield Case("another upgrade without Host", (data,), RULE, REFUSED)
    data = lines(LINE, "Host:")
    yield Case("an empty Host", (data,), "9112 3.2: valid for a URI without authority", EITHER, MAY)
    for host in ("a,b", "a, b"):
        rule = "3986 3.2.2 allows a comma; 9110 5.3: it joins two fields"
        yield Case(f"Host {host}", (lines(LINE, f"Host: {host}"),), rule, REFUSED, SHOULD)
    for host in INVALID:
        data = lines(LINE, f"Host: {host}")
        yield Case(f"Host {host!a}", (data,), f"{RULE} (invalid value)", REFUSED)
    for host in VALID:
        data = lines(LINE, f"Host: {host}")
        sees = {"host": host, "path": "/echo"}
        name = f"valid Host {host[:30]!a}"
        yield Case(name, (data,), "3986 3.2.2", ANSWERED, sees=sees)
    data = lines(LINE, "Host:   a\t ")
    yield Case("Host with spaces around it", (data,), "9110 5.5: OWS", ANSWERED, sees={"host": "a"})
    data = lines(LINE, "Accept: */*", "User-Agent: x", "HOST: a")
    yield Case("Host as the last field", (data,), "9110 5.3", ANSWERED, sees={"host": "a"})
    data = lines(LINE, "Host: a", "X-Forwarded-Host: b/c")
    yield Case("X-Forwarded-Host", (data,), "9110 7.2: not Host", ANSWERED, sees={"host": "a"})


WEBSOCKET = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
