"""The end of a connection: RFC 6455, sections 5.5.1 and 7."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.websocket.case import (
    BROKEN,
    CLOSE,
    MAY,
    NOT_UTF8,
    PING,
    Case,
    close,
    frame,
    handshake,
    text,
)

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000)
VALID += (4999,)
#: IANA has registered these since.
LATER = (1012, 1013, 1014)
INVALID = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)


def cases() -> Iterator[Case]:
    """Yield the cases of ends."""
    yield from codes()
    yield from reasons()
    yield from order()
    yield from by_the_server()


def codes() -> Iterator[Case]:
    """Yield close codes."""
    rule = "6455 5.5.1: MUST answer, and typically echoes the code"
    yield Case("a close without a code", (close(),), rule, ("close() closed",))
    for code in VALID:
        accepts = (f"close({code}) closed", "close(1000) closed")
        if code in LATER:
            accepts += BROKEN
        yield Case(f"close {code}", (close(code),), rule, accepts)
    rule = "6455 7.4: MUST NOT be set in a close frame"
    for code in INVALID:
        yield Case(f"close {code}", (close(code),), rule, BROKEN)
    data = frame(CLOSE, b"\x03")
    yield Case("a close of 1 byte", (data,), "6455 5.5.1: MUST be 2 bytes", BROKEN)


def reasons() -> Iterator[Case]:
    """Yield reasons."""
    rule = "6455 5.5.1"
    for reason in (b"bye", "tschüß 👋".encode(), b"x" * 123):
        name = f"close with a reason of {len(reason)} bytes"
        yield Case(name, (close(1000, reason),), rule, ("close(1000) closed",))
    rule = "6455 8.1: MUST be UTF-8"
    for name, reason in {"FF": b"\xff", "half a code point": b"ok\xf0\x9f\x98"}.items():
        accepts = (*NOT_UTF8, *BROKEN)
        yield Case(f"a reason with {name}", (close(1000, reason),), rule, accepts)
    yield Case("a reason of 124 bytes", (close(1000, b"x" * 124),), "6455 5.5", BROKEN)


def order() -> Iterator[Case]:
    """Yield frames around a close."""
    rule = "6455 1.4 and 5.5.1: later data is discarded"
    ends = ("close(1000) closed",)
    yield Case("a message behind the close", (close(1000) + text("late"),), rule, ends)
    yield Case("a ping behind the close", (close(1000) + frame(PING, b"p"),), rule, ends)
    yield Case("two closes", (close(1000) + close(1001),), rule, ends)
    yield Case("garbage behind the close", (close(1000) + b"\xff" * 64,), rule, ends)
    data = close(1000) + bytes(2_000_000)
    yield Case("2 MB behind the close", (data,), rule, ends)
    data = text("one") + close(1000)
    accepts = ("text(one) close(1000) closed", *ends)
    yield Case("a message before the close", (data,), "6455 5.5.1", accepts)
    data = frame(PING, b"p") + close(1000)
    accepts = ("pong(p) close(1000) closed", *ends)
    yield Case("a ping before the close", (data,), "6455 5.5.2: unless it was closed", accepts)
    data = frame(3) + bytes(2_000_000)
    rule = "6455 7.1.7: the reason SHOULD arrive although the client goes on sending"
    yield Case("opcode 3, and 2 MB behind it", (data,), rule, BROKEN, "SHOULD")


def by_the_server() -> Iterator[Case]:
    """Yield connections that the program closes."""
    rule = "6455 7.1.2"
    closes = handshake(path="/closes?code=4001")
    accepts = ("close(4001) closed",)
    yield Case(
        "the program closes, the client answers", (close(4001),), rule, accepts, handshake=closes
    )
    data = text("late") + frame(PING, b"p") + close(4001)
    yield Case(
        "messages before the answer to a close",
        (data,),
        "6455 5.5.1: the answer may be delayed",
        ("close(4001) closed", "pong(p) close(4001) closed"),
        handshake=closes,
    )
    data = frame(3)
    yield Case("a broken frame instead of the answer", (data,), "6455 7.1.7", accepts, MAY, closes)
    fails = handshake(path="/fails")
    yield Case(
        "a program that fails",
        (text("x"), close(1011)),
        "6455 7.4.1: 1011",
        ("close(1011) closed", "closed"),
        MAY,
        fails,
    )
    returns = handshake(path="/returns")
    accepts = ("close(1011) closed", "close(1000) closed", "closed")
    yield Case("a program that only returns", (close(1011),), "6455 7.1.5", accepts, MAY, returns)
