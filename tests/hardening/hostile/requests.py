"""Generate hostile requests from a seed: each seed gives the same requests everywhere.

A request is one of `tests/bad_input/attacks.py`, sent to another route, with other headers or with
a changed body, or is put together from the words and texts below.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote

from tests.bad_input.attacks import (
    AUTHORIZATION,
    CONTENT_TYPES,
    COOKIES,
    FORM,
    FORM_TEXTS,
    HEADERS,
    JSON,
    MULTIPART,
    PARTS,
    QUERIES,
    TEXTS,
    WORDS,
    Attack,
    Headers,
)

JSON_PATHS = (
    *("/json/model", "/json/plain", "/json/any", "/json/dict", "/json/numbers", "/json/node"),
    *("/json/embedded", "/json/optional", "/json/any-type", "/bytes", "/json/pet", "/json/pets"),
    *("/json/order", "/json/union", "/json/many/1", "/echo/any", "/echo/untyped", "/echo/stream"),
)
FORM_PATHS = (
    *("/form", "/form/model", "/form/list", "/upload", "/uploads", "/file-bytes", "/token"),
    *("/form/sent", "/form/json", "/form/files"),
)
OTHER_PATHS = (
    *("/query/single", "/query/list", "/query/model", "/headers", "/cookies", "/request"),
    *("/basic", "/bearer", "/digest", "/key", "/search", "/model/headers", "/model/cookies"),
    *("/openapi.json", "/docs", "/nothing", "/"),
)
PLACES = ("/path/int/", "/path/convertor/", "/path/rest/", "/path/text/", "/number/", "/json/many/")
METHODS = {**dict.fromkeys(("/json/order",), "PUT"), "/json/many/1": "PATCH"}
#: Values of JSON, some of which no JSON has.
VALUES = (
    *(
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"-0",
        b"0",
        b"1.5",
        b"true",
        b"null",
    ),
    *(b'""', b'"a"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"', b'"\xed\xa0\x80"', b'"\\u0000"'),
    *(
        b'"2020-13-40"',
        b'"P9999999999D"',
        b'"cat"',
        b'"dog"',
        b"[]",
        b"{}",
        b"[NaN]",
        b'["\\ud800"]',
    ),
    *(b'{"\\ud800":1}', b'{"kind":"cat"}', b'{"kind":"dog","weight":NaN}', b'{"kind":"\\ud800"}'),
    *(b'{"kind":"dog","friends":[{"kind":"dog","weight":"sNaN"}]}', b"9" * 400, b"-" + b"9" * 4301),
    *(
        b"1" + b"0" * 5000,
        b"[" * 150 + b"]" * 150,
        b'{"a":' * 250 + b"1" + b"}" * 250,
        b"01",
        b"0x1",
    ),
    *(b'{"name":"x","extra":{"a":NaN}}', b'"1e400"', b'"nan"', b"'a'", b"undefined", b"\\", b""),
)
KEYS = (
    *(b"name", b"price", b"count", b"when", b"extra", b"kind", b"lives", b"weight", b"friends"),
    *(b"number", b"lines", b"on", b"takes", b"tags", b"password", b"children", b"item", b"order"),
    *(
        b"nodes",
        b"search",
        b"title",
        b"counts",
        b"more",
        b"value",
        b"\\ud800",
        b"",
        b"\xff",
        b"a\\u0000",
    ),
)
#: Texts of queries, forms, cookies and headers.
FIELDS = (
    *(b"number", b"ratio", b"text", b"flag", b"day", b"tags", b"n", b"limit", b"order", b"words"),
    *(
        b"page",
        b"token",
        b"session",
        b"theme",
        b"key",
        b"name",
        b"age",
        b"title",
        b"counts",
        b"more",
    ),
    *(
        b"value",
        b"amount",
        b"of",
        b"grant_type",
        b"username",
        b"password",
        b"%ff",
        b"",
        b"%00",
        b"a[b]",
    ),
)
TEXTS_OF_FIELDS = (
    *(
        b"1",
        b"x",
        b"",
        b"nan",
        b"-inf",
        b"1e999",
        b"%ff%fe",
        b"%ed%a0%80",
        b"%00",
        b"%",
        b"%zz",
        b"+",
    ),
    *(
        b"\xff\xfe",
        b"\xe2\x82\xac",
        b"9" * 4301,
        b"1e4300",
        b"sNaN",
        b"%0d%0a",
        b"a;b",
        b"{}",
        b"[NaN]",
    ),
    *(
        b"9999-99-99",
        b"1e30",
        b"true",
        b'"\\ud800"',
        b"'",
        b"%F0%9F%92%A5",
        b"%c0%80",
        b"..%2f..%2f",
    ),
)
TYPES = (
    *CONTENT_TYPES,
    *(
        b"application/json; charset=utf-16",
        b"application/json; charset=utf-32",
        b"application/json;a=b",
    ),
    *(
        b"application/x-www-form-urlencoded; charset=utf-7",
        b"text/plain; charset=nope",
        b"text/json",
    ),
    *(b"multipart/form-data; boundary=x; boundary=y", b'multipart/form-data; boundary="x"'),
    *(b"multipart/form-data; boundary=" + b"x" * 300, b"application/problem+json", b"a/b/c", b"\t"),
)
#: How many of a thousand requests have a body or a query of many kilobytes.
LARGE = 4
DEEPEST = 200_000
LARGE_BODIES = (
    b"[" * DEEPEST,
    b"[" * DEEPEST + b"]" * DEEPEST,
    b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST,
    b"9" * 100_000,
    b"-" + b"9" * 100_000,
    b'{"name":"x","count":' + b"9" * 100_000 + b"}",
    b'{"name":"' + b"\\ud800" * 20_000 + b'"}',
    b"[" + b"NaN," * 20_000 + b"1]",
    b'{"kind":"dog","friends":[' * 300 + b"]}" * 300,
)


def generate(seed: int, count: int) -> Iterator[Attack]:
    """Yield hostile requests."""
    source = random.Random(seed)
    makers = (_json, _json, _json, _text, _form, _multipart, _parameters, _parameters, _path)
    for number in range(count):
        make = _large if source.randrange(1000) < LARGE else source.choice(makers)
        yield make(source, f"{make.__name__[1:]} {seed}/{number}")


def _value(source: random.Random, depth: int = 0) -> bytes:
    """Return the text of a value that is JSON, or nearly."""
    kind = source.random()
    if depth > 3 or kind < 0.55:
        return source.choice(VALUES)
    count = source.randrange(4)
    if kind < 0.7:
        return b"[" + b",".join(_value(source, depth + 1) for _ in range(count)) + b"]"
    members = (b'"%b":%b' % (source.choice(KEYS), _value(source, depth + 1)) for _ in range(count))
    return b"{" + b",".join(members) + b"}"


def _mutate(source: random.Random, body: bytes) -> bytes:
    """Return bytes with a part removed, repeated or replaced, or as they are."""
    kind = source.randrange(8)
    if kind > 3 or not body or len(body) > 10_000:
        return body
    start = source.randrange(len(body))
    end = min(len(body), start + source.randrange(1, 12))
    if kind == 0:
        return body[:start] + body[end:]
    if kind == 1:
        return body[:end] + body[start:]
    if kind == 2:
        return body[:start] + source.randbytes(end - start) + body[end:]
    return body[:start]


def _headers(source: random.Random, usual: Headers) -> Headers:
    """Return the headers of a body, mostly the usual ones, and sometimes odd ones beside them."""
    kind = source.random()
    if kind < 0.75:
        found = usual
    elif kind < 0.95:
        found = ((b"content-type", source.choice(TYPES)),)
    else:
        found = ()
    if source.random() < 0.1:
        found += (source.choice(_ODD_HEADERS),)
    return found


_ODD_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"accept", b"\xff/*;q=nan"),
    (b"accept-encoding", b"gzip;q=\xff, br;q=1e999"),
    (b"origin", b"null\xff"),
    (b"x-forwarded-for", b"\xff, 999.1.1.1, [::"),
    (b"traceparent", b"00-zz-\xff"),
    (b"range", b"bytes=" + b"0-1," * 200),
    (b"if-none-match", b'"\xff'),
    (b"cookie", b"a=\xff; =; ;;"),
    (b"content-encoding", b"gzip"),
    (b"access-control-request-method", b"\xff"),
    (b"authorization", b"Basic \xff"),
)


def _json(source: random.Random, name: str) -> Attack:
    path = source.choice(JSON_PATHS)
    body = _mutate(source, _value(source))
    method = METHODS.get(path, "POST")
    return Attack(name, path, method, _query(source, 0.1), _headers(source, JSON), body)


def _text(source: random.Random, name: str) -> Attack:
    path = source.choice((*JSON_PATHS, *FORM_PATHS))
    text = source.choice(_SHORT_TEXTS)
    headers = _headers(source, JSON)
    return Attack(name, path, METHODS.get(path, "POST"), b"", headers, _mutate(source, text))


def _large(source: random.Random, name: str) -> Attack:
    path = source.choice(JSON_PATHS)
    headers = _headers(source, JSON)
    return Attack(name, path, METHODS.get(path, "POST"), b"", headers, source.choice(LARGE_BODIES))


def _pairs(source: random.Random, most: int = 5) -> bytes:
    count = source.randrange(most + 1)
    return b"&".join(
        source.choice(FIELDS) + b"=" + source.choice(TEXTS_OF_FIELDS) for _ in range(count)
    )


def _query(source: random.Random, share: float) -> bytes:
    if source.random() >= share:
        return b""
    return source.choice(_SHORT_QUERIES) if source.random() < 0.3 else _pairs(source)


def _form(source: random.Random, name: str) -> Attack:
    body = source.choice(_SHORT_FORMS) if source.random() < 0.3 else _pairs(source)
    path = source.choice(FORM_PATHS)
    return Attack(name, path, "POST", b"", _headers(source, FORM), _mutate(source, body))


def _multipart(source: random.Random, name: str) -> Attack:
    body = source.choice(_SHORT_PARTS)
    if source.random() < 0.6:
        parts = (_part(source) for _ in range(source.randrange(1, 4)))
        body = b"".join(parts) + source.choice((b"--x--\r\n", b"--x--", b"", b"--y--", b"--x"))
    path = source.choice(FORM_PATHS)
    return Attack(name, path, "POST", b"", _headers(source, MULTIPART), _mutate(source, body))


def _part(source: random.Random) -> bytes:
    field = source.choice((*FIELDS, b"file", b"files"))
    file = source.choice((b"", b'; filename="a"', b'; filename="\xff"', b"; filename*=UTF-8''%ff"))
    more = source.choice((b"", b"Content-Type: a/b; charset=\xff\r\n", b"Content-Length: 99\r\n"))
    content = source.choice((*TEXTS_OF_FIELDS, b"\xff" * 50, b"--x", b"\r\n--x\r\n"))
    head = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n%b\r\n' % (field, file, more)
    return head + content + b"\r\n"


def _parameters(source: random.Random, name: str) -> Attack:
    headers: Headers = ()
    if source.random() < 0.6:
        groups = (_SHORT_HEADERS, _SHORT_COOKIES, _SHORT_CREDENTIALS)
        headers = source.choice(source.choice(groups))
    if source.random() < 0.3:
        value = b"; ".join(_pairs(source, 3).split(b"&"))
        headers += ((b"cookie", value),)
    method = source.choice(("GET",) * 6 + ("HEAD", "OPTIONS", "POST", "DELETE", "TRACE", "BREW"))
    return Attack(name, source.choice(OTHER_PATHS), method, _query(source, 0.8), headers)


def _path(source: random.Random, name: str) -> Attack:
    word = source.choice(_SHORT_WORDS)
    if source.random() < 0.5:
        word = source.choice(TEXTS_OF_FIELDS).decode("latin-1")
    return Attack(name, source.choice(PLACES) + word, "GET", _query(source, 0.3))


def _short(values: object) -> tuple[bytes, ...]:
    assert isinstance(values, dict)
    return tuple(value for value in values.values() if len(value) < 6000)


_SHORT_TEXTS, _SHORT_QUERIES = _short(TEXTS), _short(QUERIES)
_SHORT_FORMS, _SHORT_PARTS = _short(FORM_TEXTS), _short(PARTS)
_SHORT_WORDS = tuple(word for word in WORDS.values() if len(word) < 6000)
_SHORT_HEADERS = tuple(
    headers
    for headers in HEADERS.values()
    if len(headers) < 50 and all(len(value) < 6000 for _, value in headers)
)
_SHORT_COOKIES = tuple(((b"cookie", value),) for value in _short(COOKIES))
_SHORT_CREDENTIALS = tuple(((b"authorization", value),) for value in _short(AUTHORIZATION))


def on_the_wire(request: Attack) -> bytes:
    """Return a request as a client writes it: complete, so that only its meaning is hostile."""
    path = request.path.encode("utf-8", "surrogatepass")
    target = quote(path, safe="/%:;,@&=+$!*'()~").encode()
    if request.query:
        target += b"?" + request.query.replace(b" ", b"%20")
    headers = list(request.headers)
    if not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", b"testserver"))
    headers.append((b"content-length", b"%d" % len(request.body)))
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), target)]
    lines += [name + b": " + value for name, value in headers if name != b"content-length"]
    lines.append(b"content-length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
