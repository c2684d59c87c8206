"""Connections: keep-alive, pipelines, responses without a body, Expect, Upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import (
    ANSWERED,
    EITHER,
    MAY,
    MUST,
    REFUSED,
    SHOULD,
    Case,
    chunked,
    get,
    lines,
    post,
)

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
WEBSOCKET = (*UPGRADE, "Sec-WebSocket-Version: 13", KEY)
GARBAGE = b"GARBAGE\r\n\r\n"


def cases() -> Iterator[Case]:
    """Yield the cases of connections."""
    yield from persistence()
    yield from pipelines()
    yield from bodiless()
    yield from expectations()
    yield from early_answers()
    yield from upgrades()
    yield from websockets()


def persistence() -> Iterator[Case]:
    """Yield the cases of keep-alive."""
    rule = "9112 9.3"
    for value in ("keep-alive", "Keep-Alive", "x", "", "close2", "x, y"):
        yield Case(f"Connection: {value}", (get(f"Connection: {value}"),), rule, ANSWERED)
    rule = "9112 9.6: after `close` the server MUST close"
    for value in ("close", "Close", "close, x", "x, close", "x,close", "keep-alive, close"):
        data = get(f"Connection: {value}") + get()
        yield Case(f"Connection: {value}", (data,), rule, ("200 closed",))
    data = get("Connection: x", "Connection: close") + get()
    yield Case("Connection twice, close last", (data,), rule, ("200 closed",))
    data = get("Connection: close", "Connection: x") + get()
    yield Case("Connection twice, close first", (data,), rule, ("200 closed",))
    rule = "9112 9.3: HTTP/1.0 is closed without keep-alive, and with it may be"
    data = lines("GET /echo HTTP/1.0", "Host: a", "Connection: keep-alive")
    yield Case("HTTP/1.0 with keep-alive", (data,), rule, ("200 open", "200 closed"))
    data = lines("GET /echo HTTP/1.0", "Host: a") + get()
    yield Case("HTTP/1.0, and a request behind it", (data,), rule, ("200 closed",))
    rule = "9112 6.1: Transfer-Encoding MUST NOT be sent to HTTP/1.0"
    data = lines("GET /stream HTTP/1.0", "Host: a")
    yield Case(
        "a stream to HTTP/1.0", (data,), rule, ("200 closed",), sees={"raw": "one two three"}
    )
    data = lines("GET /stream HTTP/1.0", "Host: a", "Connection: keep-alive")
    yield Case(
        "a stream to HTTP/1.0 with keep-alive",
        (data,),
        rule,
        ("200 closed",),
        sees={"raw": "one two three"},
    )
    data = lines("HEAD /stream HTTP/1.0", "Host: a")
    yield Case("HEAD of a stream in HTTP/1.0", (data,), rule, ("200 closed",), heads=("HEAD",))
    data = lines("POST /echo HTTP/1.0", "Host: a", "Content-Length: 5") + b"hello"
    yield Case("HTTP/1.0 with a body", (data,), rule, ("200 closed",), sees={"body": "hello"})


def pipelines() -> Iterator[Case]:
    """Yield the cases of pipelines."""
    rule = "9112 9.3.2: MUST be answered in order"
    data = get() * 10
    yield Case("10 requests at once", (data,), rule, (" ".join(["200"] * 10) + " open",))
    data = get(target="/missing") + post("Content-Length: 5", body=b"hello") + get(target="/fails")
    accepts = ("404 200 500 open", "404 200 500 closed")
    yield Case("three requests at once", (data,), rule, accepts, heads=("GET", "POST"))
    data = chunked(b"5\r\nhello\r\n0\r\n\r\n") + get()
    yield Case("chunks, then GET", (data,), rule, ("200 200 open",), sees={"body": "hello"})
    data = get(target="/slow") + get()
    yield Case("a slow request, then GET", (data,), rule, ("202 200 open",))
    yield Case("GET, then garbage", (get() + GARBAGE,), rule, ("200 400 closed",))
    data = get(target="/slow") + GARBAGE
    yield Case("a slow request, then garbage", (data,), rule, ("202 400 closed",))
    data = post("Content-Length: 5", body=b"hello") + GARBAGE
    yield Case("POST, then garbage", (data,), rule, ("200 400 closed",))
    yield Case("garbage, then GET", (GARBAGE + get(),), "9112 3", REFUSED)
    yield Case(
        "TLS",
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",),
        "9112 3",
        (*REFUSED, "closed"),
        SHOULD,
    )
    rule = "9112 9.6: the answer SHOULD arrive although the client goes on sending"
    data = get("X : y") + bytes(4_000_000)
    yield Case("an invalid field, and 4 MB behind it", (data,), rule, REFUSED, SHOULD)
    yield Case("zeros", (bytes(64),), "9112 3", REFUSED, SHOULD)
    data = tuple(bytes([byte]) for byte in get())
    yield Case("a request byte by byte", data, "9112 2", ANSWERED)
    head, _, rest = post("Content-Length: 5", body=b"hello").partition(b"\r\n\r\n")
    yield Case(
        "head and body apart",
        (head + b"\r\n\r\n", rest),
        "9112 2",
        ANSWERED,
        sees={"body": "hello"},
    )
    yield Case("the line end apart", (head + b"\r", b"\n\r", b"\n" + rest), "9112 2", ANSWERED)


def bodiless() -> Iterator[Case]:
    """Yield the cases of responses without a body; another request shows where they end."""
    for path in ("/echo", "/stream", "/missing", "/fails"):
        data = lines(f"HEAD {path} HTTP/1.1", "Host: a") + get()
        accepts = {"/missing": "404", "/fails": "500"}.get(path, "200")
        yield Case(
            f"HEAD {path}, then GET",
            (data,),
            "9110 9.3.2: MUST NOT have content",
            (f"{accepts} 200 open", f"{accepts} closed"),
            heads=("HEAD", "GET"),
        )
    for status in ("204", "304"):
        data = get(target=f"/status/{status}") + get()
        rule = f"9110 15: {status} has no content; 9112 6.1: no Transfer-Encoding in 204"
        yield Case(f"{status}, then GET", (data,), rule, (f"{status} 200 open",))
    data = get(target="/fails") + get()
    yield Case("500, then GET", (data,), "9112 9.3", ("500 closed", "500 200 open"))
    data = get(target="/stream") + get()
    yield Case("a stream, then GET", (data,), "9112 7.1", ("200 200 open",))


def expectations() -> Iterator[Case]:
    """Yield the cases of Expect."""
    rule = "9110 10.1.1: 100 before the body is read, or the final status"
    for value in ("100-continue", "100-Continue"):
        parts = post(f"Expect: {value}", "Content-Length: 5"), b"hello"
        accepts = ("100 200 open", "200 open")
        yield Case(f"Expect: {value}", parts, rule, accepts, sees={"body": "hello"})
    data = post("Expect: 100-continue", "Content-Length: 5", body=b"hello")
    yield Case(
        "Expect with its body", (data,), rule, ("100 200 open", "200 open"), sees={"body": "hello"}
    )
    rule = "9110 10.1.1: MUST be ignored in HTTP/1.0"
    data = lines("POST /echo HTTP/1.0", "Host: a", "Expect: 100-continue", "Content-Length: 5")
    yield Case(
        "Expect in HTTP/1.0", (data, b"hello"), rule, ("200 closed",), sees={"body": "hello"}
    )
    rule = "9110 10.1.1: another expectation MAY be answered with 417"
    data = post("Expect: x", "Content-Length: 5", body=b"hello")
    accepts = ("200 open", "417 open", "417 closed")
    yield Case("Expect: x", (data,), rule, accepts, MAY, sees={"body": "hello"})
    yield Case(
        "Expect without a body", (get("Expect: 100-continue"),), rule, ("100 200 open", "200 open")
    )


def early_answers() -> Iterator[Case]:
    """Yield the cases of answers before the body; its bytes must not become a request."""
    body = get(target="/smuggled")
    head = lines("POST /early HTTP/1.1", "Host: a", f"Content-Length: {len(body)}")
    rule = "9112 9.3: the body is read, or the connection closed"
    accepts = ("401 200 open", "401 closed")
    yield Case("early answer, then the body", (head, body, get()), rule, accepts)
    yield Case("early answer, body at once", (head + body + get(),), rule, accepts)
    missing = head.replace(b"/early", b"/missing")
    yield Case(
        "404, then the body",
        (missing, body[:9], body[9:] + get()),
        rule,
        ("404 200 open", "404 closed"),
    )
    data = chunked(b"5\r\nhello\r\n0\r\n\r\n", target="/early") + get()
    yield Case("early answer to chunks", (data,), rule, accepts)
    data = chunked(b"0x5\r\nhello\r\n0\r\n\r\n", target="/early")
    accepts = ("401 closed", "401 400 closed", "400 closed")
    yield Case("early answer to invalid chunks", (data,), rule, accepts)


def upgrades() -> Iterator[Case]:
    """Yield the cases of upgrades to other protocols."""
    rule = "9110 7.8: MAY be ignored; then the connection goes on"
    h2c = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"
    yield Case("Upgrade: h2c", (get(*h2c) + get(),), rule, ("200 200 open",))
    data = post(*h2c, "Content-Length: 5", body=b"hello") + get()
    yield Case("Upgrade: h2c with a body", (data,), rule, ("200 200 open",), sees={"body": "hello"})
    data = post("Connection: Upgrade", "Upgrade: foo", "Content-Length: 5", body=b"hello") + get()
    yield Case("Upgrade: foo with a body", (data,), rule, ("200 200 open",), sees={"body": "hello"})
    body = b"5\r\nhello\r\n0\r\n\r\n"
    data = chunked(body, "Connection: Upgrade", "Upgrade: foo") + get()
    yield Case("Upgrade: foo with chunks", (data,), rule, ("200 200 open",), sees={"body": "hello"})
    yield Case("Upgrade without Connection", (get("Upgrade: websocket"),), rule, ANSWERED)
    yield Case("Connection: Upgrade alone", (get("Connection: Upgrade"),), rule, ANSWERED)
    data = get("Connection: close, Upgrade", "Upgrade: foo") + get()
    yield Case("Upgrade and close", (data,), rule, ("200 closed",))


def websockets() -> Iterator[Case]:
    """Yield the cases of WebSocket handshakes."""
    rule = "6455 4.2"
    yield Case("WebSocket", (get(*WEBSOCKET, target="/ws"),), rule, ("101",))
    for name, fields in (
        ("no key", (*UPGRADE, "Sec-WebSocket-Version: 13")),
        ("a short key", (*UPGRADE, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x")),
        ("a long key", (*UPGRADE, "Sec-WebSocket-Version: 13", f"{KEY}AAAA")),
        ("two keys", (*WEBSOCKET, KEY)),
        ("no version", (*UPGRADE, KEY)),
        ("version 12", (*UPGRADE, "Sec-WebSocket-Version: 12", KEY)),
    ):
        data = get(*fields, target="/ws")
        accepts = ("400 closed", "426 closed", "426 open", "400 open")
        yield Case(f"WebSocket with {name}", (data,), f"{rule}.1 and 4.4", accepts)
    data = lines("POST /ws HTTP/1.1", "Host: a", *WEBSOCKET, "Content-Length: 0")
    accepts = ("400 closed", "404 open", "405 open", "405 closed")
    yield Case("WebSocket with POST", (data,), "6455 4.1: GET", accepts, heads=("POST",))
    data = lines("GET /ws HTTP/1.0", "Host: a", *WEBSOCKET)
    accepts = ("400 closed", "404 closed", "426 closed")
    yield Case("WebSocket in HTTP/1.0", (data,), "9110 7.8: MUST be ignored", accepts)
    data = get(target="/slow") + get(*WEBSOCKET, target="/ws")
    yield Case("a slow request, then WebSocket", (data,), "9112 9.3.2: in order", ("202 101",))
    data = get("Sec-WebSocket-Protocol: \x80\xff", *WEBSOCKET, target="/ws")
    yield Case(
        "WebSocket with a protocol that is no token", (data,), rule, ("101", "400 closed"), MAY
    )
    data = get(*WEBSOCKET)
    accepts = ("403 closed", "404 closed", "403 open", "404 open")
    yield Case("WebSocket where there is none", (data,), "9110 15.5", accepts, MUST)
    data = get(*WEBSOCKET, "Transfer-Encoding: chunked", "Content-Length: 5", target="/ws")
    yield Case("WebSocket with both lengths", (data,), "9112 6.3", (*REFUSED, "101"), MAY)
    yield Case("Sec-WebSocket-Key without Upgrade", (get(KEY),), "9110 7.8", EITHER)
