"""Contents of messages: UTF-8 (RFC 6455, section 8.1) and compression (RFC 7692)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.websocket.case import (
    BINARY,
    BROKEN,
    CONT,
    DEFLATE,
    MAY,
    NOT_UTF8,
    TEXT,
    TOO_BIG,
    Case,
    close,
    deflate,
    fragments,
    frame,
    handshake,
    text,
)

MIB = 1 << 20
SMILE = "κόσμε😀"
INVALID = {
    "a lone continuation byte": b"\x80",
    "FE": b"\xfe",
    "FF": b"a\xffb",
    "an overlong slash": b"\xc0\xaf",
    "an overlong zero": b"\xc0\x80",
    "an overlong form of 3 bytes": b"\xe0\x80\xaf",
    "an overlong form of 4 bytes": b"\xf0\x80\x80\xaf",
    "a high surrogate": b"\xed\xa0\x80",
    "a low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "a code point above 10FFFF": b"\xf4\x90\x80\x80",
    "a form of 5 bytes": b"\xf8\x88\x80\x80\x80",
    "half a code point": SMILE.encode()[:-1],
    "Latin-1": b"caf\xe9",
}


def cases() -> Iterator[Case]:
    """Yield the cases of contents."""
    yield from valid_text()
    yield from invalid_text()
    yield from sizes()
    yield from compressed()
    yield from badly_compressed()


def valid_text() -> Iterator[Case]:
    """Yield texts that are valid."""
    rule = "6455 5.6"
    for name, content in {
        "several scripts": SMILE,
        "zero": "a\x00b",
        "a byte order mark": "\ufeffx",
        "noncharacters": "\ufffe\uffff\U0010ffff",
        "the last code points": "\x7f\u07ff\ud7ff\ue000\U00010000",
    }.items():
        shown = content.encode().decode("latin-1").encode("unicode_escape").decode()
        yield Case(f"text: {name}", (text(content),), rule, (f"text({shown}) open",))
        data = fragments(TEXT, [bytes([byte]) for byte in content.encode()])
        yield Case(f"text in bytes: {name}", (data,), rule, (f"text({shown}) open",))
    data = frame(BINARY, b"\xff\xfe\x80")
    yield Case("binary that is no text", (data,), rule, (r"binary(\xff\xfe\x80) open",))


def invalid_text() -> Iterator[Case]:
    """Yield texts that are not valid."""
    rule = "6455 8.1: MUST fail"
    for name, content in INVALID.items():
        yield Case(f"text: {name}", (text(content),), rule, NOT_UTF8)
    for name in ("FF", "a high surrogate", "a code point above 10FFFF"):
        data = fragments(TEXT, [bytes([byte]) for byte in b"ok" + INVALID[name]])
        yield Case(f"text in bytes: {name}", (data,), rule, NOT_UTF8)
    data = fragments(TEXT, [SMILE.encode()[:-1], b""])
    yield Case("half a code point in fragments", (data,), rule, NOT_UTF8)
    data = fragments(TEXT, [SMILE.encode()[:-1], b"x"])
    yield Case("a code point cut off by a fragment", (data,), rule, NOT_UTF8)
    data = frame(TEXT, b"ok\xff", fin=False)
    yield Case("a first fragment that is not valid", (data,), f"{rule}, or later", NOT_UTF8, MAY)
    data = text(b"\xff") + close(1000)
    yield Case("text that is not valid, then a close", (data,), rule, NOT_UTF8)
    data = text("one") + text(b"\xff")
    accepts = (*NOT_UTF8, *(f"text(one) {end}" for end in NOT_UTF8))
    yield Case("a message, then one that is not valid", (data,), rule, accepts)


def sizes() -> Iterator[Case]:
    """Yield messages around the limit of 1 MiB."""
    rule = "6455 7.4.1 and 10.4: 1009"
    kept = ("text[1048576] open",)
    yield Case("a message of 1 MiB", (text("x" * MIB),), rule, kept)
    yield Case("a message of 1 MiB and 1 byte", (text("x" * (MIB + 1)),), rule, TOO_BIG)
    data = text("x", length=16 * MIB)
    yield Case("a message that declares 16 MiB", (data,), rule, TOO_BIG)
    part = b"x" * (MIB // 4)
    yield Case("1 MiB in fragments", (fragments(TEXT, [part] * 4),), rule, kept)
    data = fragments(TEXT, [part] * 4 + [b"x"])
    yield Case("1 MiB and 1 byte in fragments", (data,), rule, TOO_BIG)
    data = frame(TEXT, b"x" * (MIB - 1), fin=False) + frame(9, b"y" * 125) + frame(CONT, b"x")
    accepts = ("text[1048576] pong[125] open",)
    yield Case("a ping before the last byte of 1 MiB", (data,), "6455 5.4", accepts)
    data = frame(TEXT, b"x" * MIB, fin=False) + frame(CONT)
    yield Case("1 MiB, then an empty fragment", (data,), rule, kept)


def compressed() -> Iterator[Case]:
    """Yield compressed messages."""
    sent = handshake(DEFLATE)
    whole = ("text(hello) open",)
    data = frame(TEXT, deflate(b"hello"), reserved=4)
    yield _packed("a compressed message", data, "7692 6.2", whole)
    yield _packed("the same twice", data * 2, "7692 7.2.3", ("text(hello) text(hello) open",))
    packed = deflate(b"hello")
    parts = [packed[:2], packed[2:]]
    yield _packed("a compressed message in fragments", fragments(TEXT, parts, 4), "7692 6.2", whole)
    parts = [packed[index : index + 1] for index in range(len(packed))]
    yield _packed("a compressed message in bytes", fragments(TEXT, parts, 4), "7692 6.2", whole)
    yield _packed("a message that is not compressed", text("hello"), "7692 6", whole)
    data = frame(TEXT, b"\x00", reserved=4)
    yield _packed("an empty compressed message", data, "7692 7.2.3.6", ("text() open",))
    data = frame(TEXT, deflate(b"x" * MIB), reserved=4)
    yield _packed("1 MiB, compressed", data, "7692 8", ("text[1048576] open",))
    stored = b"".join(_stored(b"x" * 32_768) for _ in range(32)) + b"\x00"
    data = frame(TEXT, stored, reserved=4)
    yield _packed("1 MiB in stored blocks", data, "7692 7.2.3.3", ("text[1048576] open",))
    data = frame(TEXT, packed, reserved=4)
    yield Case("compressed without agreement", (data,), "7692 6: MUST fail", BROKEN)
    yield Case(
        "a large message, compression agreed",
        (text("y" * 100_000),),
        "7692 6",
        ("text[100000] open",),
        handshake=sent,
    )


def badly_compressed() -> Iterator[Case]:
    """Yield compressed messages that are broken, or too large."""
    rule = "6455 7.4.1: 1009, for the content"
    yield _packed("a bomb of 1 MiB and 1 byte", _bomb(MIB + 1), rule, TOO_BIG)
    yield _packed("a bomb of 16 MiB", _bomb(16 * MIB), rule, TOO_BIG)
    yield _packed("a bomb of 200 MiB", _bomb(200 * MIB), rule, TOO_BIG)
    packed = deflate(b"\x00" * (64 * MIB))
    parts = [packed[index : index + 500] for index in range(0, len(packed), 500)]
    yield _packed("a bomb in fragments", fragments(BINARY, parts, 4), rule, TOO_BIG)
    parts = [deflate(b"\x00" * MIB, is_last=False), deflate(b"\x00" * MIB)]
    yield _packed("a bomb in the second fragment", fragments(BINARY, parts, 4), rule, TOO_BIG)
    rule = "7692 6.2: cannot be decompressed"
    accepts = (*BROKEN, *NOT_UTF8)
    data = frame(TEXT, b"\xff\xff\xff\xff", reserved=4)
    yield _packed("data that is not compressed", data, rule, accepts)
    data = frame(TEXT, deflate(b"hello")[:3] + b"\xff\xff", reserved=4)
    yield _packed("data that breaks off", data, rule, (*accepts, "text(hel) open"), MAY)
    data = frame(TEXT, deflate(b"\xff\xfe"), reserved=4)
    yield _packed("compressed text that is no UTF-8", data, "6455 8.1", NOT_UTF8)
    packed = deflate(b"hello")
    data = frame(TEXT, packed[:2], fin=False, reserved=4) + frame(CONT, packed[2:], reserved=4)
    yield _packed("RSV1 on the continuation too", data, "7692 6.1: MUST NOT", BROKEN)


def _packed(
    name: str, data: bytes, rule: str, accepts: tuple[str, ...], level: str = "MUST"
) -> Case:
    """Return a case of a connection with compression; a server may refuse the extension."""
    return Case(name, (data,), rule, accepts, level, handshake(DEFLATE), deflates=True)


def _bomb(size: int) -> bytes:
    return frame(BINARY, deflate(b"\x00" * size), reserved=4)


def _stored(data: bytes) -> bytes:
    size = len(data)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data
