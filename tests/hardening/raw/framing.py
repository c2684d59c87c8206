"""Transfer-Encoding, alone and beside Content-Length (RFC 9112, sections 6.1 and 6.3)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import (
    ANSWERED,
    EITHER,
    MAY,
    REFUSED,
    REJECTED,
    SHOULD,
    Case,
    get,
    lines,
    post,
)

BODY = b"5\r\nhello\r\n0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#: A last coding that is not `chunked`, or one that no server knows.
INVALID = (
    *("identity", "gzip", "xchunked", "chunkedx", "chunk", "chunked, gzip", "chunked, identity"),
    *("chunked;q=1", "chunked; a=b", '"chunked"', "chunked gzip", "chunked\x00", "\x0bchunked"),
    *("chunked\x0b", "chunked\x0c", "\x00chunked", "", "chun ked", "chunked/1.0", "[chunked]"),
    *("chunked, x", "x", "deflate, chunked, gzip", "Chunked;", "chunk\xe9d", "\xa0chunked"),
)


def cases() -> Iterator[Case]:
    """Yield the cases of Transfer-Encoding."""
    yield from codings()
    yield from repeated()
    yield from both()


def codings() -> Iterator[Case]:
    """Yield the cases of single fields."""
    for value in ("chunked", "Chunked", "CHUNKED", " \tchunked"):
        data = post(f"Transfer-Encoding:{value}", body=BODY) + get()
        sees = {"body": "hello"}
        yield Case(f"valid coding {value!a}", (data,), "9112 7", ("200 200 open",), sees=sees)
    data = post("Transfer-Encoding: chunked \t", body=BODY)
    rule = "9110 5.5: OWS is no part of the value; a refusal is safe"
    yield Case("coding with spaces behind it", (data,), rule, EITHER, MAY, sees={"body": "hello"})
    rule = "9112 6.3: without a final `chunked`, the length cannot be known: MUST be 400"
    for value in INVALID:
        data = post(f"Transfer-Encoding: {value}", body=BODY)
        yield Case(f"coding {value!a}", (data,), rule, REJECTED)
    rule = "9112 6.1: an unknown coding SHOULD be answered with 501"
    for value in ("gzip, chunked", "x, chunked", "identity, chunked", "deflate, gzip, chunked"):
        data = post(f"Transfer-Encoding: {value}", body=BODY)
        yield Case(f"coding {value}", (data,), rule, REJECTED, SHOULD)
    rule = "9112 7: an empty element of a list is ignored, or the list is invalid"
    for value in (",chunked", "chunked,", ", chunked ,"):
        data = post(f"Transfer-Encoding: {value}", body=BODY)
        yield Case(
            f"coding {value!a}", (data,), rule, (*EITHER, "501 closed"), sees={"body": "hello"}
        )
    rule = "9112 6.1: `chunked` MUST NOT be applied more than once"
    for value in ("chunked, chunked", "chunked,chunked", "chunked, gzip, chunked"):
        data = post(f"Transfer-Encoding: {value}", body=BODY)
        yield Case(f"coding {value}", (data,), rule, REJECTED)
    rule = "9112 6.1: in HTTP/1.0 the framing is faulty; the connection MUST be closed"
    data = lines("POST /echo HTTP/1.0", "Host: a", "Transfer-Encoding: chunked") + BODY
    accepts = ("400 closed", "200 closed", "501 closed")
    yield Case("Transfer-Encoding in HTTP/1.0", (data,), rule, accepts)
    data = lines(
        *("POST /echo HTTP/1.0", "Host: a", "Connection: keep-alive", "Transfer-Encoding: chunked"),
        "Content-Length: 5",
    )
    yield Case("both lengths in HTTP/1.0, kept alive", (data + BODY + SMUGGLED,), rule, accepts)
    data = get("Transfer-Encoding: chunked") + BODY + get()
    yield Case("GET in chunks", (data,), "9112 6.3", ("200 200 open", "400 closed"))
    data = get("Transfer-Encoding: gzip") + BODY
    yield Case("GET with another coding", (data,), "9112 6.3: MUST be 400", REJECTED)
    rule = "9110 10.1.4: TE says what the client reads"
    yield Case("TE", (get("TE: trailers", "Connection: TE"),), rule, ANSWERED)
    rule = "9112 6.3: no body, and what follows is another request"
    data = post("Transfer_Encoding: chunked", body=SMUGGLED)
    yield Case("Transfer_Encoding is no coding", (data,), rule, ("200 404 open",))


def repeated() -> Iterator[Case]:
    """Yield the cases of several fields."""
    rule = "9110 5.3: fields of one name are one list; 9112 6.1: `chunked` once, and last"
    for values in (
        *(("chunked", "chunked"), ("chunked", "gzip"), ("chunked", "identity"), ("gzip", "gzip")),
        *(("identity", "identity"), ("chunked", "x"), ("chunked", "chunked, chunked")),
    ):
        fields = [f"Transfer-Encoding: {value}" for value in values]
        data = post(*fields, body=BODY)
        yield Case(f"two codings: {' | '.join(values)}", (data,), rule, REJECTED)
    for values in (("gzip", "chunked"), ("identity", "chunked"), ("x", "chunked")):
        fields = [f"Transfer-Encoding: {value}" for value in values]
        data = post(*fields, body=BODY)
        yield Case(f"two codings: {' | '.join(values)}", (data,), rule, REJECTED, SHOULD)
    for values in (("", "chunked"), ("chunked", "")):
        fields = [f"Transfer-Encoding: {value}" for value in values]
        data = post(*fields, body=BODY)
        accepts = (*EITHER, "501 closed")
        yield Case(f"two codings: {values}", (data,), rule, accepts, sees={"body": "hello"})


def both() -> Iterator[Case]:
    """Yield the cases of a message with both lengths."""
    rule = "9112 6.3: MAY be rejected; else Transfer-Encoding counts, and it MUST be closed"
    accepts = ("400 closed", "200 closed")
    for length in ("5", "0", "15", "100", "4"):
        fields = f"Content-Length: {length}", "Transfer-Encoding: chunked"
        for order in (fields, fields[::-1]):
            first = order[0].partition(":")[0]
            name = f"Content-Length {length} and chunks, {first} first"
            data = post(*order, body=BODY)
            yield Case(name, (data,), rule, accepts, sees={"body": "hello"})
    data = post("Content-Length: 5", "Transfer-Encoding: chunked", body=BODY + SMUGGLED)
    yield Case("both lengths, and a request behind them", (data,), rule, accepts)
    body = b"0\r\n\r\n" + SMUGGLED
    data = post(f"Content-Length: {len(body)}", "Transfer-Encoding: chunked", body=body)
    yield Case("a request behind the last chunk", (data,), rule, accepts)
    for value in ("identity", "xchunked", "chunked, identity", "gzip"):
        data = post("Content-Length: 5", f"Transfer-Encoding: {value}", body=b"hello")
        yield Case(f"Content-Length and coding {value}", (data,), "9112 6.3: MUST be 400", REJECTED)
    data = post("Content-Length: 5", "Transfer-Encoding: gzip, chunked", body=BODY)
    yield Case("Content-Length and gzip, chunked", (data,), rule, (*accepts, "501 closed"))
    data = post("Content-Length: x", "Transfer-Encoding: chunked", body=BODY)
    yield Case("an invalid Content-Length and chunks", (data,), rule, REFUSED)
    data = post("Content-Length: 5", "Content-Length: 6", "Transfer-Encoding: chunked", body=BODY)
    yield Case("two Content-Lengths and chunks", (data,), rule, REFUSED)
    data = post("Transfer-Encoding: chunked\r\nContent-Length: 5", body=BODY)
    yield Case("chunks, and Content-Length in one segment", (data,), rule, accepts)
    data = post("Content-Length: 5\nTransfer-Encoding: chunked", body=BODY)
    yield Case("both lengths, LF between them", (data,), rule, accepts)
    data = post("X: y\rTransfer-Encoding: chunked", "Content-Length: 5", body=b"hello")
    yield Case("Transfer-Encoding behind a bare CR", (data,), "9112 2.2", REFUSED)
