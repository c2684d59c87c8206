"""Handshakes: RFC 6455, section 4, and the negotiation of RFC 7692, section 5."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.websocket.case import (
    BROKEN,
    DEFLATE,
    KEY,
    MAY,
    SHOULD,
    TEXT,
    Case,
    deflate,
    frame,
    handshake,
    text,
)

OPEN = ("text(hi) open",)
REFUSED = ("400 closed", "400 open", "426 closed", "426 open")
#: Without a valid upgrade it is an ordinary request, for which there may be no resource.
ORDINARY = (*REFUSED, "404 open", "404 closed", "405 open", "405 closed")
HI = (text("hi"),)


def cases() -> Iterator[Case]:
    """Yield the cases of handshakes."""
    yield from valid()
    yield from keys_and_versions()
    yield from upgrades()
    yield from subprotocols()
    yield from extensions()


def good(name: str, rule: str, *fields: str, level: str = "MUST", **options: str) -> Case:
    """Return a case of a handshake that has to succeed."""
    return Case(name, HI, rule, OPEN, level, handshake(*fields, **options))


def bad(
    name: str, rule: str, sent: bytes, accepts: tuple[str, ...] = REFUSED, level: str = "MUST"
) -> Case:
    """Return a case of a handshake that must not succeed."""
    return Case(name, (), rule, accepts, level, sent)


def valid() -> Iterator[Case]:
    """Yield handshakes that are valid, some of them unusual."""
    yield good("handshake", "6455 4.2.2")
    yield good("upgrade in capitals", "6455 4.2.1: compared without case", upgrade="WebSocket")
    yield good("keep-alive, Upgrade", "6455 4.2.1: a token", connection="keep-alive, Upgrade")
    yield good("upgrade in small letters", "6455 4.2.1", connection="upgrade")
    yield good("an Origin", "6455 4.2.1: optional", "Origin: https://example.com")
    yield good("a target with a query", "6455 3", path="/echo?a=b&c=%20")
    yield good("a long cookie", "9110 5.4", "Cookie: session=" + "x" * 12_000, level=SHOULD)
    yield Case(
        "frames behind the handshake at once",
        HI,
        "6455 4.1: the client MUST wait",
        (*OPEN, "open", "closed", "400 closed", "close(1002) closed"),
        MAY,
        handshake(),
        waits=False,
    )
    yield Case(
        "a broken frame behind the handshake at once",
        (frame(3),),
        "6455 4.1: the client MUST wait",
        ("open", "400 closed", *BROKEN),
        MAY,
        handshake(),
        waits=False,
    )


def keys_and_versions() -> Iterator[Case]:
    """Yield wrong keys and versions."""
    rule = "6455 4.2.1 (5): base64 of 16 bytes"
    for name, key in {
        "no key": None,
        "an empty key": "",
        "a short key": "eA==",
        "a long key": KEY + "AAAA",
        "a key that is no base64": "dGhlIHNhbXBsZSBub25jZ!==",
        "a key without padding": KEY[:-2],
        "a key of spaces": "    ",
    }.items():
        yield bad(name, rule, handshake(key=key))
    yield bad("two keys", "6455 11.3.1: MUST NOT", handshake(f"Sec-WebSocket-Key: {KEY}"))
    yield bad("two keys in one", "6455 11.3.1", handshake(key=f"{KEY}, {KEY}"))
    rule = "6455 4.2.2 (4): MUST abort"
    for version in (None, "", "0", "7", "8", "12", "14", "13, 8", "x", "+13", "1e1", "013"):
        yield bad(f"version {version!r}", rule, handshake(version=version))
    yield bad("two versions", "6455 11.3.5", handshake("Sec-WebSocket-Version: 8"))


def upgrades() -> Iterator[Case]:
    """Yield requests that are no upgrade to a WebSocket."""
    rule = "6455 4.2.1 (3)"
    for name, upgrade in {
        "no Upgrade": None,
        "Upgrade: h2c": "h2c",
        "Upgrade: websocket2": "websocket2",
        "Upgrade: xwebsocket": "xwebsocket",
        "an empty Upgrade": "",
    }.items():
        yield bad(name, rule, handshake(upgrade=upgrade), ORDINARY)
    rule = "6455 4.2.1 (4)"
    for name, connection in {
        "no Connection": None,
        "Connection: close": "close",
        "Connection: Upgraded": "Upgraded",
    }.items():
        yield bad(name, rule, handshake(connection=connection), ORDINARY)
    rule = "6455 4.1: GET"
    for method in ("POST", "PUT", "HEAD", "OPTIONS"):
        sent = handshake("Content-Length: 0", first=f"{method} /echo HTTP/1.1")
        yield bad(f"WebSocket with {method}", rule, sent, ORDINARY)
    sent = handshake(first="GET /echo HTTP/1.0")
    yield bad("WebSocket in HTTP/1.0", "6455 4.1: at least 1.1", sent, (*ORDINARY, "505 closed"))
    sent = handshake(first="GET http:///echo HTTP/1.1")
    yield bad("a target without a host", "9112 3.2.2", sent)
    sent = handshake(path="/missing")
    yield bad(
        "a path without a WebSocket",
        "9110 15.5",
        sent,
        ("403 closed", "404 closed", "403 open", "404 open"),
    )
    sent = handshake(path="/refuses")
    yield bad("a program that refuses", "6455 4.2.2", sent, ("403 closed", "403 open"))
    sent = handshake(path="/denies")
    yield bad("a program that answers", "6455 4.2.2", sent, ("401 closed", "401 open"))


def subprotocols() -> Iterator[Case]:
    """Yield offers of subprotocols."""
    field = "Sec-WebSocket-Protocol"
    yield good("no subprotocol", "6455 4.2.2 (5)", path="/protocol")
    yield good("a subprotocol", "6455 4.2.2 (5)", f"{field}: chat", path="/protocol")
    yield good("subprotocols", "6455 4.2.2 (5)", f"{field}: chat, v2", path="/protocol")
    yield good(
        "subprotocols in two fields", "6455 11.3.4", f"{field}: a", f"{field}: b", path="/protocol"
    )
    yield good("a subprotocol that is not taken", "6455 4.2.2 (5)", f"{field}: chat")
    for name, value in {"an empty": "", "a comma as": ",,", "a quoted": '"x"'}.items():
        yield Case(
            f"{name} subprotocol",
            HI,
            "6455 4.1 (10): tokens",
            (*OPEN, *REFUSED),
            MAY,
            handshake(f"{field}: {value}"),
        )


def extensions() -> Iterator[Case]:
    """Yield offers of extensions."""
    field, rule = "Sec-WebSocket-Extensions", "7692 5: MUST decline, or fail"
    packed = (frame(TEXT, deflate(b"hi"), reserved=4),)
    for offer in (
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=9",
        "x-unknown, permessage-deflate",
        "permessage-deflate; server_max_window_bits=99, permessage-deflate",
    ):
        sent = handshake(f"{field}: {offer}")
        yield Case(offer, packed, "7692 7.1", OPEN, "MAY", sent, deflates=True)
    for offer in (
        "x-unknown",
        "x-webkit-deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits=08",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ):
        sent = handshake(f"{field}: {offer}")
        yield Case(offer, HI, rule, (*OPEN, *REFUSED), "MUST", sent, deflates=False)
    for offer in ("", ",", ";", "permessage-deflate;", "a=b", 'permessage-deflate; x="', "\x01"):
        sent = handshake(f"{field}: {offer}")
        accepts = (*OPEN, *REFUSED)
        yield Case(f"extensions {offer!r}", HI, "6455 9.1: MUST fail", accepts, "MAY", sent)
    yield good("permessage-deflate, and no compressed message", "7692 6", DEFLATE)
