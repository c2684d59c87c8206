"""Frames: RFC 6455, section 5."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.websocket.case import (
    BINARY,
    BROKEN,
    CLOSE,
    CONT,
    DEFLATE,
    MAY,
    PING,
    PONG,
    TEXT,
    TOO_BIG,
    Case,
    close,
    fragments,
    frame,
    handshake,
    text,
)

#: The program may have answered the message before.
BEHIND_ONE = tuple(f"text(one) {end}" for end in BROKEN)


def cases() -> Iterator[Case]:
    """Yield the cases of frames."""
    yield from lengths()
    yield from reserved()
    yield from control()
    yield from fragmented()
    yield from pieces()


def lengths() -> Iterator[Case]:
    """Yield lengths of payloads, and how they are written."""
    rule = "6455 5.2"
    for count in (0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537):
        shown = f"text({'x' * count})" if count <= 40 else f"text[{count}]"
        yield Case(f"text of {count} bytes", (text("x" * count),), rule, (f"{shown} open",))
        shown = f"binary({'x' * count})" if count <= 40 else f"binary[{count}]"
        data = frame(BINARY, b"x" * count)
        yield Case(f"binary of {count} bytes", (data,), rule, (f"{shown} open",))
    rule = "6455 5.2: the sender MUST use the minimal number of bytes"
    for size in (2, 8):
        yield Case(
            f"5 bytes with a length of {size} bytes",
            (text("hello", size=size),),
            rule,
            ("text(hello) open", *BROKEN),
            MAY,
        )
    yield Case(
        "200 bytes with a length of 8 bytes",
        (text("x" * 200, size=8),),
        rule,
        ("text[200] open", *BROKEN),
        MAY,
    )
    rule = "6455 5.2: the most significant bit MUST be 0"
    accepts = (*BROKEN, *TOO_BIG)
    for name, length in {"the highest bit": 1 << 63, "all bits": (1 << 64) - 1}.items():
        data = frame(BINARY, b"", size=8, length=length)
        yield Case(f"a length with {name}", (data,), rule, accepts)
    data = frame(BINARY, b"", size=8, length=1 << 62)
    yield Case("a length of 4 exabytes", (data,), "6455 10.4: MUST guard", TOO_BIG)
    rule = "6455 5.1: MUST close"
    yield Case("text that is not masked", (text("hi", masked=False),), rule, BROKEN)
    yield Case("a ping that is not masked", (frame(PING, masked=False),), rule, BROKEN)
    yield Case("a close that is not masked", (frame(CLOSE, masked=False),), rule, BROKEN)
    data = text("one") + text("two", masked=False)
    yield Case("masked, then not masked", (data,), rule, (*BROKEN, *BEHIND_ONE))


def reserved() -> Iterator[Case]:
    """Yield reserved bits and opcodes."""
    rule = "6455 5.2: MUST fail"
    for bits in range(1, 8):
        yield Case(f"text with RSV {bits:03b}", (text("x", reserved=bits),), rule, BROKEN)
    for bits in (1, 2, 3):
        yield Case(
            f"text with RSV {bits:03b}, compression agreed",
            (text("x", reserved=bits),),
            rule,
            BROKEN,
            handshake=handshake(DEFLATE),
        )
    for opcode, name in {PING: "ping", CLOSE: "close", PONG: "pong"}.items():
        data = frame(opcode, reserved=4)
        yield Case(f"a {name} with RSV1", (data,), rule, BROKEN)
        sent = handshake(DEFLATE)
        again = f"a {name} with RSV1, compression agreed"
        yield Case(again, (data,), "7692 6: MUST NOT", BROKEN, handshake=sent)
    data = frame(TEXT, b"a", fin=False) + frame(CONT, b"b", reserved=4)
    yield Case("a continuation with RSV1", (data,), rule, BROKEN)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield Case(f"opcode {opcode}", (frame(opcode, b"x"),), rule, BROKEN)
    data = frame(3, b"", length=1_000_000, size=8)
    yield Case("opcode 3, and no payload yet", (data,), rule, BROKEN, MAY)
    data = text("one") + frame(5)
    accepts = (*BEHIND_ONE, *BROKEN)
    yield Case("a message, then opcode 5", (data,), rule, accepts)
    data = text("one", reserved=2) + text("two")
    yield Case("RSV 010, then a message", (data,), "6455 7.1.7: MUST NOT go on", BROKEN)


def control() -> Iterator[Case]:
    """Yield control frames."""
    rule = "6455 5.5.2: MUST send a pong with the same data"
    yield Case("a ping", (frame(PING),), rule, ("pong() open",))
    yield Case("a ping with data", (frame(PING, b"data"),), rule, ("pong(data) open",))
    data = frame(PING, b"\x00\xff\xfe")
    yield Case("a ping with bytes", (data,), rule, (r"pong(\x00\xff\xfe) open",))
    yield Case("a ping of 125 bytes", (frame(PING, b"x" * 125),), rule, ("pong[125] open",))
    data = b"".join(frame(PING, b"%d" % index) for index in range(10))
    accepts = " ".join(f"pong({index})" for index in range(10))
    yield Case(
        "ten pings", (data,), f"{rule}, or for the last", (f"{accepts} open", "pong(9) open")
    )
    parts = tuple(bytes([byte]) for byte in frame(PING, b"data"))
    yield Case("a ping byte by byte", parts, rule, ("pong(data) open",))
    yield Case("a pong that nobody asked for", (frame(PONG, b"x"),), "6455 5.5.3", ("open",))
    data = frame(PONG, b"x") + frame(PING, b"y") + frame(PONG)
    yield Case("pongs around a ping", (data,), "6455 5.5.3", ("pong(y) open",))
    rule = "6455 5.5: MUST be at most 125 bytes"
    for opcode, name in {PING: "ping", PONG: "pong", CLOSE: "close"}.items():
        payload = b"\x03\xe8" + b"x" * 124
        yield Case(f"a {name} of 126 bytes", (frame(opcode, payload),), rule, BROKEN)
    yield Case("a ping of 70,000 bytes", (frame(PING, b"x" * 70_000),), rule, BROKEN)
    data = frame(PING, b"", length=2_000_000)
    yield Case("a ping of 2 MB", (data,), rule, (*BROKEN, *TOO_BIG))
    rule = "6455 5.5: MUST NOT be fragmented"
    for opcode, name in {PING: "ping", PONG: "pong", CLOSE: "close"}.items():
        yield Case(f"a {name} without FIN", (frame(opcode, fin=False),), rule, BROKEN)
    data = frame(PING, b"a", fin=False) + frame(CONT, b"b")
    yield Case("a ping in two fragments", (data,), rule, BROKEN)


def fragmented() -> Iterator[Case]:
    """Yield messages in fragments."""
    rule = "6455 5.4"
    whole = ("text(abc) open",)
    yield Case("three fragments", (fragments(TEXT, [b"a", b"b", b"c"]),), rule, whole)
    data = fragments(BINARY, [b"a", b"b", b"c"])
    yield Case("three binary fragments", (data,), rule, ("binary(abc) open",))
    parts = (frame(TEXT, b"a", fin=False), frame(CONT, b"b", fin=False), frame(CONT, b"c"))
    yield Case("three fragments apart", parts, rule, whole)
    data = fragments(TEXT, [b"", b"a", b"", b"bc", b""])
    yield Case("fragments with empty ones", (data,), rule, whole)
    yield Case("only empty fragments", (fragments(TEXT, [b""] * 5),), rule, ("text() open",))
    parts = tuple(bytes([byte]) for byte in fragments(TEXT, [b"a", b"b", b"c"]))
    yield Case("fragments byte by byte", parts, rule, whole)
    rule = "6455 5.4: control frames MAY be in the middle"
    data = frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(CONT, b"bc")
    yield Case("a ping within a message", (data,), rule, ("text(abc) pong(p) open",))
    data = frame(TEXT, b"a", fin=False) + frame(PONG, b"p") + frame(CONT, b"bc")
    yield Case("a pong within a message", (data,), rule, whole)
    data = frame(TEXT, b"a", fin=False) + close(1000)
    yield Case("a close within a message", (data,), rule, ("close(1000) closed",))
    data = b"".join(
        frame(TEXT if not index else CONT, b"x", fin=index == 9) + frame(PING, b"%d" % index)
        for index in range(10)
    )
    pongs = " ".join(f"pong({index})" for index in range(10))
    yield Case("pings between ten fragments", (data,), rule, (f"text({'x' * 10}) {pongs} open",))
    data = frame(TEXT, b"a", fin=False)
    yield Case("a message without an end", (data,), "6455 5.4", ("open",), asks="ping")
    rule = "6455 5.4: MUST be a continuation of a message"
    yield Case("a continuation alone", (frame(CONT, b"x"),), rule, BROKEN)
    yield Case("a continuation without FIN", (frame(CONT, b"x", fin=False),), rule, BROKEN)
    data = text("one") + frame(CONT, b"x")
    accepts = (*BEHIND_ONE, *BROKEN)
    yield Case("a message, then a continuation", (data,), rule, accepts)
    rule = "6455 5.4: MUST NOT be interleaved"
    for opcode, name in {TEXT: "text", BINARY: "binary"}.items():
        data = frame(TEXT, b"a", fin=False) + frame(opcode, b"x")
        yield Case(f"{name} within a message", (data,), rule, BROKEN)
    data = frame(TEXT, b"a", fin=False) * 2
    yield Case("two beginnings", (data,), rule, BROKEN)


def pieces() -> Iterator[Case]:
    """Yield data that arrives in unusual pieces."""
    rule = "6455 5.4: frames have nothing to do with segments"
    data = text("hello")
    parts = tuple(bytes([byte]) for byte in data)
    yield Case("a message byte by byte", parts, rule, ("text(hello) open",))
    data = b"".join(text(f"{index}") for index in range(100))
    accepts = " ".join(f"text({index})" for index in range(100))
    yield Case("100 messages at once", (data,), rule, (f"{accepts} open",))
    data = text("one") + frame(BINARY, b"two") + frame(PING, b"p") + text("three")
    accepts = "text(one) binary(two) text(three) pong(p) open"
    yield Case("four frames at once", (data,), rule, (accepts,))
    data = text("one") + text("two")
    yield Case("a cut within a head", (data[:10], data[10:]), rule, ("text(one) text(two) open",))
