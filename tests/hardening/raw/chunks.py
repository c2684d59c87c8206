"""Bodies in chunks, their extensions and trailers (RFC 9112, section 7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import ANSWERED, EITHER, MAY, REFUSED, Case, chunked, get

HELLO = {"body": "hello"}
END = b"\r\nhello\r\n0\r\n\r\n"


def cases() -> Iterator[Case]:
    """Yield the cases of chunks."""
    yield from sizes()
    yield from extensions()
    yield from data()
    yield from trailers()


def sizes() -> Iterator[Case]:
    """Yield the cases of sizes."""
    rule = "9112 7.1: chunk-size = 1*HEXDIG"
    for size in ("5", "05", "00000005"):
        request = chunked(size.encode() + END) + get()
        yield Case(f"valid size {size}", (request,), rule, ("200 200 open",), sees=HELLO)
    for size in ("A", "a", "0a"):
        request = chunked(size.encode() + b"\r\n0123456789\r\n0\r\n\r\n")
        yield Case(f"valid size {size}", (request,), rule, ANSWERED, sees={"body": "0123456789"})
    for size in (
        *("0x5", "0X5", "x5", "+5", "-5", "-0", "5_0", "_5", "", " 5", "\t5", "5g", "5.0", "5,"),
        *("5h", "\x005", "5\x00", '"5"', "\xb5", "\xef\xbc\x95", "5\x0b", "5 5", "$5", "5/", "0 5"),
        *("FFFFFFFFFFFFFFFFF", "10000000000000005", "8000000000000000000000000000000000000005"),
    ):
        request = chunked(size.encode("latin-1") + END)
        accepts = (*REFUSED, "413 closed") if len(size) > 9 else REFUSED
        yield Case(f"size {size!a}", (request,), rule, accepts)
    rule = "9112 7.1.1: BWS before an extension only"
    for size in ("5 ", "5\t"):
        request = chunked(size.encode() + END)
        yield Case(f"size {size!a}", (request,), rule, EITHER, MAY, sees=HELLO)
    request = chunked(b"0" * 5_000 + b"5" + END)
    accepts = ("200 open", "400 closed", "413 closed")
    yield Case("size with 5,000 zeros", (request,), "9112 7.1: SHOULD be limited", accepts, MAY)


def extensions() -> Iterator[Case]:
    """Yield the cases of extensions."""
    rule = "9112 7.1.1: extensions MUST be ignored"
    for extension in (";a", ";a=b", ';a="b"', ";a=b;c=d", ';a="b c"', ';a="b\\"c"', ";a=1;b"):
        request = chunked(b"5" + extension.encode() + END) + get()
        yield Case(f"extension {extension}", (request,), rule, ("200 200 open",), sees=HELLO)
    for extension in (
        " ;a",
        "; a",
        ";a =b",
        ";a= b",
        ";",
        ";;",
        ";=",
        ';a="',
        ";a=b=c",
        ";a,b",
        ";\xe9",
    ):
        request = chunked(b"5" + extension.encode("latin-1") + END)
        yield Case(f"extension {extension!a}", (request,), rule, EITHER, MAY, sees=HELLO)
    rule = "9112 7.1.1 and 2.2: no control characters in an extension"
    for extension in (
        ";a\nb",
        ";a\rb",
        ";\n",
        ";\r",
        ';a="\n"',
        ";a\n",
        ";a\x00",
        ";\x00",
        ";a\x01",
    ):
        request = chunked(b"5" + extension.encode() + END)
        yield Case(f"extension {extension!a}", (request,), rule, REFUSED)
    request = chunked(b"5;" + b"a" * 65_536 + END)
    accepts = ("200 open", "400 closed", "413 closed")
    yield Case("extension of 64 KiB", (request,), "9112 7.1.1: ought to be limited", accepts, MAY)
    request = chunked(b"5\r\nhello\r\n0;a=b\r\n\r\n") + get()
    yield Case("extension of the last chunk", (request,), rule, ("200 200 open",), sees=HELLO)


def data() -> Iterator[Case]:
    """Yield the cases of chunk data and the last chunk."""
    rule = "9112 7.1"
    request = chunked(b"0\r\n\r\n") + get()
    yield Case("the last chunk only", (request,), rule, ("200 200 open",), sees={"body": ""})
    request = chunked(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n") + get()
    yield Case("two chunks", (request,), rule, ("200 200 open",), sees=HELLO)
    body = b"".join(b"1\r\n%c\r\n" % letter for letter in b"hello" * 200)
    request = chunked(body + b"0\r\n\r\n")
    yield Case("1,000 chunks of a byte", (request,), rule, ANSWERED, sees={"body": "hello" * 200})
    request = chunked(b"5\r\nhello\r\n000\r\n\r\n") + get()
    yield Case("last chunk of three zeros", (request,), rule, ("200 200 open",), sees=HELLO)
    parts = tuple(bytes([byte]) for byte in chunked(b"5;a=b" + END)[-24:])
    head = chunked(b"5;a=b" + END)[:-24]
    yield Case("chunks byte by byte", (head, *parts), rule, ANSWERED, sees=HELLO)
    for name, body in (
        ("data is too long", b"5\r\nhelloo\r\n0\r\n\r\n"),
        ("data is too short", b"5\r\nhell\r\n0\r\n\r\n"),
        ("no line end after data", b"5\r\nhello0\r\n\r\n"),
        ("LF after the size", b"5\nhello\r\n0\r\n\r\n"),
        ("LF after data", b"5\r\nhello\n0\r\n\r\n"),
        ("CR after the size", b"5\rhello\r\n0\r\n\r\n"),
        ("CR after data", b"5\r\nhello\r0\r\n\r\n"),
        ("two line ends after data", b"5\r\nhello\r\n\r\n0\r\n\r\n"),
        ("LF after the last chunk", b"5\r\nhello\r\n0\n\r\n"),
        ("CR CR LF after the size", b"5\r\r\nhello\r\n0\r\n\r\n"),
        ("text instead of a size", b"hello\r\n0\r\n\r\n"),
        ("no chunks at all", b"GET / HTTP/1.1\r\n\r\n"),
    ):
        yield Case(f"chunks: {name}", (chunked(body),), rule, REFUSED)
    rule = "9112 8: a message without its last chunk is incomplete"
    for name, body in (
        ("data", b"5\r\nhel"),
        ("size", b"5"),
        ("last", b"5\r\nhello\r\n"),
        ("end", b"0\r\n"),
    ):
        request = chunked(body)
        accepts = ("closed", "400 closed")
        yield Case(f"chunks that end in {name}", (request,), rule, accepts, ends=True)


def trailers() -> Iterator[Case]:
    """Yield the cases of trailers."""
    rule = "9110 6.5.1: trailers MUST NOT become headers"
    for name, line in (
        ("X", b"X: y"),
        ("Authorization", b"Authorization: evil"),
        ("Host", b"Host: evil"),
        ("Cookie", b"Cookie: a=b"),
        ("X-Forwarded-For", b"X-Forwarded-For: 6.6.6.6"),
    ):
        request = chunked(b"5\r\nhello\r\n0\r\n%b\r\n\r\n" % line) + get()
        accepts = ("200 200 open", "400 closed")
        sees = {"body": "hello", "host": "a", "absent": name.lower(), "hosts": 1}
        yield Case(f"trailer {name}", (request,), rule, accepts, sees=sees)
    rule = "9110 6.5.1: framing MUST NOT be in trailers"
    for line in (b"Content-Length: 5", b"Transfer-Encoding: chunked"):
        request = chunked(b"5\r\nhello\r\n0\r\n%b\r\n\r\n" % line) + get()
        accepts = ("200 200 open", "400 closed")
        name = line.partition(b":")[0].decode()
        yield Case(f"trailer {name}", (request,), rule, accepts, sees=HELLO)
    rule = "9112 5.1 and 7.1.2: trailers are fields"
    for line in (b"X : y", b"X", b"X\x00: y", b": y", b"X: \x00", b"X: a\rb"):
        request = chunked(b"5\r\nhello\r\n0\r\n%b\r\n\r\n" % line)
        yield Case(f"trailer {line!a}", (request,), rule, REFUSED)
    for line in (b"X: y\nZ: y", b"X: a\r\n b"):
        request = chunked(b"5\r\nhello\r\n0\r\n%b\r\n\r\n" % line)
        yield Case(
            f"trailer {line!a}", (request,), "9112 2.2 and 5.2: MAY", EITHER, MAY, sees=HELLO
        )
    body = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
    request = chunked(b"5\r\nhello\r\n0\r\n%b\r\n" % body)
    accepts = ("200 open", "400 closed", "431 closed")
    yield Case("10,000 trailers", (request,), "9110 5.4", accepts, MAY)
