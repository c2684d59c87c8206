"""Header fields: names, values, line folding, Content-Length (RFC 9112, 5 and 6; RFC 9110, 5)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import (
    ANSWERED,
    EITHER,
    MAY,
    REFUSED,
    SHOULD,
    Case,
    get,
    lines,
    post,
)

LIMITED = ("200 open", "400 closed", "431 closed")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def cases() -> Iterator[Case]:
    """Yield the cases of header fields."""
    yield from names()
    yield from values()
    yield from folds()
    yield from lengths()
    yield from amounts()


def names() -> Iterator[Case]:
    """Yield the cases of names."""
    rule = "9112 5.1: whitespace before the colon MUST be rejected with 400"
    for space in (" ", "\t", "  "):
        yield Case(f"{space!a} before the colon", (get(f"X{space}: y"),), rule, REFUSED)
    yield Case(
        "space before the colon of Host", (lines("GET /echo HTTP/1.1", "Host : a"),), rule, REFUSED
    )
    data = post("Content-Length : 5", body=b"hello")
    yield Case("space before the colon of Content-Length", (data,), rule, REFUSED)
    data = post("Transfer-Encoding : chunked", body=b"0\r\n\r\n")
    yield Case("space before the colon of Transfer-Encoding", (data,), rule, REFUSED)
    rule = "9110 5.1: field-name = token"
    for character in '()<>@,;\\"/[]?={} \t\x00\x01\x0b\x0c\x7f\x80\xe9\xff':
        yield Case(f"{character!a} in a name", (get(f"X{character}Y: z"),), rule, REFUSED)
    for field in (": y", "X", "X y", "=", "\x00: y", "\xe9: y", "@: y"):
        yield Case(f"field {field!a}", (get(field),), rule, REFUSED)
    for name in ("X-A", "x_a", "!#$%&'*+-.^_`|~", "1", "a" * 200):
        data = get(f"{name}: y")
        sees = {"fields": {name.lower(): "y"}}
        yield Case(f"name {name[:20]}", (data,), rule, ANSWERED, sees=sees)
    rule = "9112 6.3: no body, and what follows is another request"
    for name in ("Content_Length", "Content-Lengthx", "XContent-Length"):
        data = post(f"{name}: {len(SMUGGLED)}", body=SMUGGLED)
        yield Case(f"{name} is no length", (data,), rule, ("200 404 open",))


def values() -> Iterator[Case]:
    """Yield the cases of values."""
    rule = "9110 5.5: CR, LF and NUL MUST be rejected or replaced"
    for value in ("\x00", "a\x00b", "a\rb", "\r", "a\r", "a\r b", "\x00a", "a\r\x00"):
        yield Case(f"value {value!a}", (get(f"X: {value}"),), rule, REFUSED)
    rule = "9110 5.5: other control characters are invalid"
    for code in (*range(1, 9), 0x0B, 0x0C, 0x0E, 0x1B, 0x1F, 0x7F):
        yield Case(f"value {chr(code)!a}", (get(f"X: a{chr(code)}b"),), rule, REFUSED, SHOULD)
    rule = "9112 2.2: LF may end a line, MAY"
    data = get("X: a\nY: b")
    yield Case("LF between two fields", (data,), rule, EITHER, MAY)
    data = b"GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n\n"
    yield Case("LF as the end of the head", (data,), rule, EITHER, MAY)
    data = b"GET /echo HTTP/1.1\r\nHost: a\r\nX: y\n\r\n"
    yield Case("LF before the end of the head", (data,), rule, EITHER, MAY)
    rule = "9110 5.5: OWS is no part of the value"
    for value, seen in (("  y", "y"), ("y  ", "y"), ("\ty\t", "y"), ("", ""), ("a \t b", "a \t b")):
        data = get(f"X:{value}")
        yield Case(f"value {value!a}", (data,), rule, ANSWERED, sees={"fields": {"x": seen}})
    rule = "9110 5.5: obs-text is opaque data"
    for value in ("\xe9", "\xe2\x82\xac", "\xff\xfe"):
        data = get(f"X: {value}")
        yield Case(f"value {value!a}", (data,), rule, EITHER, sees={"fields": {"x": value}})
    rule = "9110 5.3: the order of fields with one name"
    data = get("X: 1", "Y: 2", "X: 3")
    yield Case("a field twice", (data,), rule, ANSWERED, sees={"fields": {"x": "1, 3"}})


def folds() -> Iterator[Case]:
    """Yield the cases of line folding."""
    rule = "9112 5.2: obs-fold MUST be rejected with 400, or replaced with SP"
    for name, field, seen in (
        ("space", "X: a\r\n b", "a b"),
        ("tab", "X: a\r\n\tb", "a b"),
        ("several", "X: a\r\n b\r\n c", "a b c"),
        ("no value first", "X:\r\n b", "b"),
        ("blanks only", "X: a\r\n ", "a"),
    ):
        data = get(field, "Y: z")
        sees = {"folded": {"x": seen}}
        yield Case(f"folded, {name}", (data,), rule, EITHER, sees=sees)
    data = post("Content-Length:\r\n 5", body=b"hello")
    yield Case("folded Content-Length", (data,), rule, EITHER, sees={"body": "hello"})
    data = post("Content-Length: 5\r\n 0", body=b"hello")
    yield Case("folded into Content-Length", (data,), rule, REFUSED)
    data = post("Transfer-Encoding:\r\n chunked", body=b"5\r\nhello\r\n0\r\n\r\n")
    yield Case("folded Transfer-Encoding", (data,), rule, EITHER, sees={"body": "hello"})
    data = post("Transfer-Encoding: chunked\r\n ,gzip", body=b"0\r\n\r\n")
    yield Case("folded into Transfer-Encoding", (data,), rule, (*REFUSED, "501 closed"))
    data = lines("GET /echo HTTP/1.1", "Host: a\r\n b")
    yield Case("folded Host", (data,), rule, REFUSED)
    data = lines("GET /echo HTTP/1.1", "Host:\r\n a")
    yield Case("folded Host, no value first", (data,), rule, EITHER, sees={"host": "a"})


def lengths() -> Iterator[Case]:
    """Yield the cases of Content-Length."""
    rule = "9112 6.3: an invalid Content-Length MUST be answered with 400"
    for value in (
        *("+5", "-5", "-0", "0x5", "5x", "5.0", "5;", "five", "5 5", "5 0", "", "5,6", "5, 6"),
        *("5,", ",5", "\xb5", "\xd9\xa5", "5_0", "1e1", "'5'", '"5"', "5\x0b", "\x0b5", "5/1"),
        *("9" * 30, "18446744073709551616", "18446744073709551621", "-18446744073709551611"),
    ):
        data = post(f"Content-Length: {value}", body=b"hello")
        accepts = (*REFUSED, "413 closed") if value.startswith(("9", "1844")) else REFUSED
        yield Case(f"Content-Length {value!a}", (data,), rule, accepts)
    for value in ("5", "05", "0000005", " 5", "5\t "):
        data = post(f"Content-Length:{value}", body=b"hello") + get()
        accepts = ("200 200 open", "400 closed") if value.startswith("0") else ("200 200 open",)
        yield Case(
            f"valid Content-Length {value!a}", (data,), "9110 8.6", accepts, sees={"body": "hello"}
        )
    rule = "9112 6.3: differing lengths MUST be answered with 400"
    for first, second in (("5", "6"), ("0", "5"), ("5", "0"), ("5", "x"), ("5", "")):
        data = post(f"Content-Length: {first}", f"Content-Length: {second}", body=b"hello")
        yield Case(f"Content-Length {first} and {second!a}", (data,), rule, REFUSED)
    rule = "9112 6.3: a list of one value MAY be accepted"
    data = post("Content-Length: 5", "Content-Length: 5", body=b"hello")
    yield Case("Content-Length twice, the same", (data,), rule, EITHER, MAY, sees={"body": "hello"})
    data = post("Content-Length: 5, 5", body=b"hello")
    yield Case("Content-Length 5, 5", (data,), rule, EITHER, MAY, sees={"body": "hello"})
    data = get("Content-Length: 5") + b"hello" + get()
    rule = "9110 9.3.1: a body of GET has no meaning, but its length counts"
    yield Case("GET with a body", (data,), rule, ("200 200 open", "400 closed"))
    data = post("Content-Length: 0") + get()
    yield Case("a body of no bytes", (data,), "9112 6.3", ("200 200 open",), sees={"body": ""})
    data = post() + get()
    yield Case(
        "POST without a length", (data,), "9112 6.3: no body", ("200 200 open", "411 closed")
    )
    data = post("Content-Length: 10", body=b"hello")
    rule = "9112 8: an incomplete request MAY be answered with an error"
    accepts = ("closed", "400 closed")
    yield Case("a body that ends too early", (data,), rule, accepts, ends=True)
    data = post("Content-Length: 5", body=b"helloGARBAGE\r\n\r\n")
    rule = "9112 6.3: what follows the body is another request"
    yield Case("a body that is too long", (data,), rule, ("200 400 closed",))


def amounts() -> Iterator[Case]:
    """Yield the cases of large heads."""
    data = get(*[f"X-{number}: y" for number in range(80)])
    yield Case("80 fields", (data,), "9110 5.4", ANSWERED, SHOULD)
    data = get(f"X: {'y' * 7_000}")
    yield Case("a field of 7,000 bytes", (data,), "9110 5.4", ANSWERED, SHOULD)
    rule = "9110 5.4: what is too large MUST be answered with a 4xx"
    data = get(*[f"X-{number}: y" for number in range(10_000)])
    yield Case("10,000 fields", (data,), rule, LIMITED)
    yield Case("a field of 1 MB", (get(f"X: {'y' * 1_000_000}"),), rule, LIMITED)
    yield Case("a name of 100 kB", (get(f"{'x' * 100_000}: y"),), rule, LIMITED)
