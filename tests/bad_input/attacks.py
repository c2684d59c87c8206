"""Malformed and hostile requests, by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]
JSON: Headers = ((b"content-type", b"application/json"),)
FORM: Headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
MULTIPART: Headers = ((b"content-type", b"multipart/form-data; boundary=x"),)
BODIES = (
    *("/json/model", "/json/plain", "/json/any", "/json/dict", "/json/numbers", "/json/node"),
    *("/json/embedded", "/json/optional", "/json/any-type", "/bytes"),
)
FORMS = ("/form", "/form/model", "/form/list", "/upload", "/uploads", "/file-bytes", "/token")


@dataclass(frozen=True)
class Attack:
    """One request: what goes over the wire, with the path as the server decodes it."""

    name: str
    path: str
    method: str = "GET"
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""


def attacks() -> list[Attack]:
    """All of them."""
    groups = (_paths(), _queries(), _headers(), _json(), _content_types(), _forms(), _multipart())
    return [attack for group in groups for attack in group]


# --- what goes before the body ------------------------------------------------------------------

WORDS = {
    "empty": "",
    "letters": "abc",
    "NUL": "\0",
    "replacement": "\ufffd",
    "not ASCII": "٣",
    "emoji": "\U0001f4a5",
    "line end": "1\r\nx: y",
    "dots": "..",
    "slash": "a/b",
    "4,000 digits": "9" * 4000,
    "5,000 digits": "9" * 5000,
    "over 64 bits": "9223372036854775808",
    "minus": "-0",
    "underscores": "1_000",
    "spaces": " 1 ",
    "not a number": "nan",
    "infinity": "1e999",
    "braces": "{number}",
    "long": "x" * 70_000,
}


def _paths() -> Iterator[Attack]:
    for name, word in WORDS.items():
        for place in ("int", "convertor", "rest", "text"):
            yield Attack(f"path {place}: {name}", f"/path/{place}/{word}")
        yield Attack(f"path many: {name}", "/path/many/" + "/".join([word] * 5))
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get", "", "G T"):
        yield Attack(f"method {method!r}", "/path/int/1", method=method)
        yield Attack(f"method {method!r} on JSON", "/json/any-type" + "x", method=method)
    for path in ("/", "//", "", "/nothing", "/query/single/", "//query/single", "/\0", "/.."):
        yield Attack(f"route {path!r}", path)
    yield Attack("slash with query", "/query/single/", query=b"a=%ff&b=\xff")


QUERIES = {
    "nothing": b"",
    "bad percent": b"number=%zz&text=%&tags=%2&limit=%",
    "bad UTF-8": b"number=%ff%fe&text=%c3%28&tags=%ed%a0%80&limit=%ff",
    "raw bytes": b"number=\xff&text=\xc3\x28&tags=\xff&limit=\xfe",
    "NUL": b"number=%00&text=%00&tags=%00&limit=%00",
    "only separators": b"&&&===&;;;",
    "semicolons": b"number=1;text=2&tags=1;2",
    "huge number": b"number=" + b"9" * 5000 + b"&limit=" + b"9" * 5000 + b"&tags=1",
    "NaN": b"number=1&ratio=nan&tags=a&n=nan",
    "infinity": b"number=1&ratio=1e999&tags=a&n=inf",
    "repeated": b"number=1&number=x&limit=1&limit=x&tags=a&n=1&n=x",
    "unknown keys": b"number=1&nope=1&limit=1&other=2&tags=1",
    "long text": b"number=1&text=" + b"x" * 100_000 + b"&tags=" + b"y" * 100_000,
    "20,000 keys": b"number=1&tags=a&" + b"&".join(b"k%d=%d" % (i, i) for i in range(20_000)),
    "20,000 tags": b"number=1&" + b"&".join(b"tags=%d" % i for i in range(20_000)),
    "bad flag": b"number=1&flag=maybe&day=yesterday&tags=a&order=sideways",
    "far days": b"number=1&day=999999-01-01&tags=a",
    "day as number": b"number=1&day=1e30&tags=a",
    "brackets": b"number[]=1&tags[]=1&limit[a]=1",
    "plus": b"number=+1&tags=+&limit=+1",
}


def _queries() -> Iterator[Attack]:
    for name, query in QUERIES.items():
        for path in ("/query/single", "/query/list", "/query/model", "/request"):
            yield Attack(f"query {path}: {name}", path, query=query)


HEADERS: dict[str, Headers] = {
    "nothing": (),
    "no number": ((b"x-number", b"x"),),
    "bytes": ((b"x-number", b"1"), (b"x-word", b"\xff\xfe"), (b"user-agent", b"\x80")),
    "NUL": ((b"x-number", b"\0"), (b"x-word", b"a\0b")),
    "many": ((b"x-number", b"1"), *((b"x-word", b"%d" % i) for i in range(5000))),
    "long": ((b"x-number", b"9" * 5000), (b"x-word", b"y" * 100_000)),
    "twice": ((b"x-number", b"1"), (b"x-number", b"x")),
    "underscore": ((b"x_number", b"1"),),
    "bad host": ((b"host", b"bad host/../:x:y"), (b"x-number", b"1")),
    "host bytes": ((b"host", b"\xff\xfe"), (b"x-number", b"1")),
    "host port": ((b"host", b"example.com:99999999"), (b"x-number", b"1")),
    "host brackets": ((b"host", b"[::1"), (b"x-number", b"1")),
    "host path": ((b"host", b"a/b?c#d"), (b"x-number", b"1")),
    "two hosts": ((b"host", b"a"), (b"host", b"b"), (b"x-number", b"1")),
    "empty host": ((b"host", b""), (b"x-number", b"1")),
}
COOKIES = {
    "empty": b"",
    "no equals": b"session",
    "only equals": b"=;=;=",
    "no number": b"session=x",
    "bytes": b"session=\xff; theme=\xfe",
    "quotes": b'session="1; theme="a\\"b',
    "octal": b'session="\\061"; theme="\\777\\"',
    "NUL": b"session=\0; theme=a\0b",
    "huge": b"session=" + b"9" * 5000 + b"; theme=" + b"x" * 100_000,
    "many": b"; ".join(b"k%d=v" % i for i in range(5000)) + b"; session=1",
    "commas": b"session=1, theme=2",
    "twice": b"session=1; session=x",
    "reserved": b"$Version=1; session=1; $Path=/; expires=1",
}
AUTHORIZATION = {
    "empty": b"",
    "scheme alone": b"Basic",
    "other scheme": b"Negotiate abc",
    "not base64": b"Basic !!!",
    "not UTF-8": b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    "no colon": b"Basic " + base64.b64encode(b"nothing"),
    "control character": b"Basic " + base64.b64encode(b"a\0b:c"),
    "bytes": b"Bearer \xff\xfe",
    "spaces": b"Bearer     ",
    "long": b"Bearer " + b"x" * 100_000,
    "padding": b"Basic YTpi=====",
    "tab": b"Bearer\tabc",
}


def _headers() -> Iterator[Attack]:
    for name, headers in HEADERS.items():
        for path in ("/headers", "/request", "/headers/", "/nothing"):
            yield Attack(f"headers {path}: {name}", path, headers=headers)
    for name, cookie in COOKIES.items():
        for path in ("/cookies", "/request", "/key"):
            yield Attack(f"cookie {path}: {name}", path, headers=((b"cookie", cookie),))
    yield Attack("two cookie headers", "/cookies", headers=((b"cookie", b"session=1"),) * 2)
    for name, value in AUTHORIZATION.items():
        for path in ("/basic", "/bearer", "/digest"):
            yield Attack(
                f"authorization {path}: {name}", path, headers=((b"authorization", value),)
            )


# --- bodies -------------------------------------------------------------------------------------


def _nested(depth: int, around: str = "[]") -> bytes:
    return (around[0] * depth + around[-1] * depth).encode()


def _nested_nodes(depth: int) -> bytes:
    return b'{"children":[' * depth + b"]}" * depth


TEXTS = {
    "nothing": b"",
    "space": b" ",
    "cut off": b'{"name": "x"',
    "word": b"nope",
    "trailing comma": b'{"name": "x",}',
    "single quotes": b"{'name': 'x'}",
    "comment": b'{"name": "x"} // no',
    "two values": b'{"name": "x"} {}',
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "UTF-32": '{"name": "x"}'.encode("utf-32"),
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\x80"}',
    "surrogate UTF-8": b'{"name": "\xed\xa0\x80"}',
    "control character": b'{"name": "a\x01b"}',
    "raw NUL": b'{"name": "a\0b"}',
    "escaped NUL": b'{"name": "\\u0000"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "lone low surrogate": b'{"name": "\\udc00", "price": "\\ud800"}',
    "surrogate key": b'{"\\ud800": 1}',
    "surrogate alone": b'"\\ud800"',
    "reversed surrogates": b'{"name": "\\udc00\\ud800"}',
    "bad escape": b'{"name": "\\x41"}',
    "short escape": b'{"name": "\\u12"}',
    "NaN": b'{"name": "x", "price": NaN}',
    "infinity": b'{"name": "x", "price": Infinity}',
    "minus infinity": b'{"name": "x", "price": -Infinity}',
    "NaN in any": b'{"name": "x", "extra": {"a": NaN}}',
    "NaN as text field": b'{"name": NaN}',
    "NaN alone": b"NaN",
    "NaN list": b"[NaN, Infinity]",
    "1e999": b'{"name": "x", "price": 1e999}',
    "1e999 as int": b'{"name": "x", "count": 1e999}',
    "huge int": b'{"name": "x", "count": ' + b"9" * 4000 + b"}",
    "too huge int": b'{"name": "x", "count": ' + b"9" * 5000 + b"}",
    "100,000 digits": b"9" * 100_000,
    "huge exponent": b'{"name": "x", "price": 1e99999999999999999999}',
    "long fraction": b'{"name": "x", "price": 0.' + b"1" * 100_000 + b"}",
    "over 64 bits": b'{"name": "x", "count": 18446744073709551616}',
    "leading zero": b'{"name": "x", "count": 01}',
    "hex": b'{"name": "x", "count": 0x10}',
    "plus": b'{"name": "x", "count": +1}',
    "duplicate keys": b'{"name": "x", "name": 1}',
    "10,000 keys": json.dumps({"name": "x", **{str(i): i for i in range(10_000)}}).encode(),
    "long key": b'{"name": "x", "' + b"k" * 100_000 + b'": 1}',
    "long text": b'{"name": "' + b"x" * 200_000 + b'"}',
    "wrong types": b'{"name": 1, "price": [], "count": {}, "when": "never", "extra": 1}',
    "negative": b'{"name": "x", "price": -1}',
    "far date": b'{"name": "x", "when": 1e30}',
    "null": b"null",
    "number": b"1",
    "true": b"true",
    "text": b'"text"',
    "list": b'[1, "x", null]',
    "empty object": b"{}",
    "prototype": b'{"__proto__": 1, "__class__": 2, "name": "x"}',
    "weight alone": b'{"weight": "x"}',
    "embedded wrong": b'{"item": 1, "weight": NaN}',
}
DEPTHS = (90, 199, 201, 900, 100_000)


def _json() -> Iterator[Attack]:
    for path in BODIES:
        for name, body in TEXTS.items():
            yield Attack(f"JSON {path}: {name}", path, "POST", headers=JSON, body=body)
        for depth in DEPTHS:
            for around in ("lists", "objects", "members", "nodes"):
                body = {
                    "lists": _nested(depth),
                    "objects": b'{"a":' * depth + b"1" + b"}" * depth,
                    "members": b'{"name":"x","extra":{"a":' + _nested(depth) + b"}}",
                    "nodes": _nested_nodes(depth),
                }[around]
                name = f"JSON {path}: {depth} nested {around}"
                yield Attack(name, path, "POST", headers=JSON, body=body)
        yield Attack(f"JSON {path}: cut off at depth", path, "POST", headers=JSON, body=b"[" * 1000)


CONTENT_TYPES = (
    *(b"", b"text/plain", b"application/xml", b"application/json; charset=latin-1"),
    *(b"application/vnd.api+json", b"application/jsonx", b"json", b"/", b";", b"application/"),
    *(b"APPLICATION/JSON", b"application/json, text/plain", b"multipart/form-data"),
    *(b"multipart/form-data; boundary=", b"multipart/form-data; boundary=x; charset=nope"),
    *(b"multipart/form-data; boundary=" + b"b" * 1000, b"application/x-www-form-urlencoded;"),
    *(b"multipart/mixed; boundary=x", b"\xff\xfe", b'application/x-www-form-urlencoded; a="'),
    b'application/x-www-form-urlencoded; !="' + b"\\" * 4000,
    b"multipart/form-data; boundary=\xff",
    b"application/json\0",
    b"application/json; " + b";" * 5000,
)


def _content_types() -> Iterator[Attack]:
    paths = ("/json/model", "/json/any", "/json/optional", "/bytes", "/form", "/upload", "/token")
    for path in paths:
        for kind in CONTENT_TYPES:
            name = f"content type {path}: {kind[:40]!r}"
            headers = ((b"content-type", kind),)
            yield Attack(name, path, "POST", headers=headers, body=b'{"name": "x"}')
            yield Attack(f"{name}, empty", path, "POST", headers=headers)
        yield Attack(f"no content type {path}", path, "POST", body=b'{"name": "x"}')
        twice = JSON + FORM
        yield Attack(f"two content types {path}", path, "POST", headers=twice, body=b"{}")


FORM_TEXTS = {
    "nothing": b"",
    "bad percent": b"name=%zz&age=%&tags=%2",
    "bad UTF-8": b"name=%ff%fe&age=%c3%28&tags=%ff",
    "raw bytes": b"name=\xff\xfe&age=\xff&tags=\xff",
    "separators": b"&&&===&;;;",
    "NUL": b"name=%00&age=%00&tags=%00",
    "no number": b"name=x&age=x&tags=x&tags=1",
    "huge number": b"name=x&age=" + b"9" * 5000 + b"&tags=" + b"9" * 5000,
    "repeated": b"name=x&name=y&age=1&age=z",
    "2,000 fields": b"&".join(b"k%d=v" % i for i in range(2000)) + b"&name=x",
    "large field": b"name=" + b"x" * (1024 * 1024 + 10),
    "empty values": b"name=&age=&tags=&file=",
    "surrogate": b"name=%ed%a0%80&age=1",
    "JSON": b'{"name": "x"}',
    "grant": b"grant_type=wrong&username=a&password=b",
    "fields are text": b"file=text&files=text&name=x&age=1",
}


def _forms() -> Iterator[Attack]:
    for path in FORMS:
        for name, body in FORM_TEXTS.items():
            length = ((b"content-length", b"%d" % len(body)),)
            yield Attack(f"form {path}: {name}", path, "POST", headers=FORM, body=body)
            yield Attack(
                f"form {path}: {name}, with length", path, "POST", headers=FORM + length, body=body
            )
        wrong = (*FORM, (b"content-length", b"nonsense"))
        yield Attack(f"form {path}: bad length", path, "POST", headers=wrong, body=b"name=x")


def _part(disposition: bytes, content: bytes, *more: bytes) -> bytes:
    lines = (b"--x", b"Content-Disposition: " + disposition, *more, b"", content)
    return b"\r\n".join(lines) + b"\r\n"


PARTS = {
    "nothing": b"",
    "no end": _part(b'form-data; name="name"', b"x"),
    "end alone": b"--x--\r\n",
    "no part": b"--x\r\n--x--\r\n",
    "other boundary": _part(b'form-data; name="name"', b"x").replace(b"--x", b"--y") + b"--y--",
    "no name": _part(b"form-data", b"x") + b"--x--\r\n",
    "no disposition": b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n",
    "no headers": b"--x\r\n\r\nx\r\n--x--\r\n",
    "bad header": b"--x\r\nnonsense\r\n\r\nx\r\n--x--\r\n",
    "bad header bytes": b"--x\r\n\xff\xfe: \xff\r\n\r\nx\r\n--x--\r\n",
    "line feeds": _part(b'form-data; name="name"', b"x").replace(b"\r\n", b"\n") + b"--x--\n",
    "name bytes": _part(b'form-data; name="\xff\xfe"', b"x") + b"--x--\r\n",
    "content bytes": _part(b'form-data; name="name"', b"\xff\xfe") + b"--x--\r\n",
    "bad charset": _part(b'form-data; name="name"', b"x", b"Content-Type: text/plain; charset=nope")
    + b"--x--\r\n",
    "NUL in name": _part(b'form-data; name="na\0me"', b"x") + b"--x--\r\n",
    "file for text": _part(b'form-data; name="name"; filename="a"', b"x") + b"--x--\r\n",
    "text for file": _part(b'form-data; name="file"', b"x") + b"--x--\r\n",
    "text for files": _part(b'form-data; name="files"', b"x") + b"--x--\r\n",
    "empty file name": _part(b'form-data; name="file"; filename=""', b"") + b"--x--\r\n",
    "dangerous file name": _part(b'form-data; name="file"; filename="../../etc/passwd"', b"x")
    + b"--x--\r\n",
    "file name bytes": _part(b'form-data; name="file"; filename="\xff\0"', b"x") + b"--x--\r\n",
    "file name star": _part(b"form-data; name=\"file\"; filename*=UTF-8''%ff", b"x") + b"--x--\r\n",
    "2,000 fields": _part(b'form-data; name="name"', b"x") * 2000 + b"--x--\r\n",
    "2,000 files": _part(b'form-data; name="files"; filename="a"', b"x") * 2000 + b"--x--\r\n",
    "large field": _part(b'form-data; name="name"', b"x" * (1024 * 1024 + 10)) + b"--x--\r\n",
    "many part headers": _part(b'form-data; name="name"', b"x", *[b"a: b"] * 5000) + b"--x--\r\n",
    "long part header": _part(b'form-data; name="name"', b"x", b"a: " + b"b" * 100_000)
    + b"--x--\r\n",
    "text before": b"preamble\r\n" + _part(b'form-data; name="name"', b"x") + b"--x--\r\n",
    "text after": _part(b'form-data; name="name"', b"x") + b"--x--\r\nepilogue",
    "URL-encoded": b"name=x&age=1",
}


def _multipart() -> Iterator[Attack]:
    for path in FORMS:
        for name, body in PARTS.items():
            yield Attack(f"multipart {path}: {name}", path, "POST", headers=MULTIPART, body=body)
