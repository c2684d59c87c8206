"""Targets that answer one request on both frameworks, and compare."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import FORM, JSON, Attack, Headers, attacks
from tests.bad_input.program import build
from tests.bad_input.test_reference import comparable, is_too_deep

MULTIPART = b"multipart/form-data; boundary=x"
QUERIES = ("/query/single", "/query/list", "/query/model", "/request")
COOKIES = ("/cookies", "/request", "/key")
HEADERS = ("/headers", "/bearer", "/basic", "/digest")
FORMS = ("/form", "/form/model", "/form/list", "/token", "/upload")
FILES = ("/upload", "/uploads", "/file-bytes", "/form", "/form/model")
BODIES = (
    *("/json/model", "/json/plain", "/json/any", "/json/dict", "/json/numbers", "/json/node"),
    *("/json/embedded", "/json/optional", "/json/any-type", "/bytes"),
)
TYPES = (
    *(
        b"application/json",
        b"",
        b"application/problem+json",
        b"text/plain",
        b"application/JSON; q=1",
    ),
    *(b"application/x-www-form-urlencoded", MULTIPART),
)
#: The characters of a header that a server passes on.
ALLOWED = bytes([9, *range(0x20, 0x7F), *range(0x80, 0x100)])
Made = Callable[[bytes], Attack]


class Difference(AssertionError):
    """Our answer is wrong, or is not that of FastAPI."""


class Engines:
    """The program on both frameworks, in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.ours, self.reference = build("pronghorn"), build("fastapi")

    def compare(self, request: Attack) -> None:
        """Answer a request on both.

        Raises:
            Difference: Our answer is a 500, or another one than that of FastAPI.
        """
        ours = self.loop.run_until_complete(ask(self.ours, request))
        if ours.status >= 500 or ours.error:
            raise Difference(f"{request}: {ours}")
        reference = self.loop.run_until_complete(ask(self.reference, request))
        if reference.status >= 500 or (is_too_deep(request) and ours.status == 400):
            return
        if simple(ours) != simple(reference):
            raise Difference(f"{request}:\n{ours}\n{reference}")


def simple(answer: Answer) -> Any:
    """Return what must be the same; of the errors in an input type and place, and no value."""
    found = comparable(answer)
    if found.status != 422:
        return found
    errors = json.loads(found.body)["detail"]
    kept = [(each["type"], each["loc"], each["msg"]) for each in errors]
    headers = [each for each in found.headers if each[0] != b"content-length"]
    return found.status, headers, kept


def pick(data: bytes, paths: tuple[str, ...]) -> tuple[str, bytes]:
    """Return the path that the first byte chooses, and the rest."""
    return paths[(data[0] if data else 0) % len(paths)], data[1:]


def make_query(data: bytes) -> Attack:
    """Return a request with a query; servers pass on what is ASCII and has no space."""
    path, rest = pick(data, QUERIES)
    kept = bytes(each for each in rest if 0x20 < each < 0x7F and each != 0x23)
    return Attack("query", path, query=kept)


def make_cookie(data: bytes) -> Attack:
    """Return a request with one or two headers of cookies."""
    path, rest = pick(data, COOKIES)
    parts = [each.translate(None, FORBIDDEN).strip(b" \t") for each in rest.split(b"\n", 1)]
    return Attack("cookie", path, headers=tuple((b"cookie", each) for each in parts))


FORBIDDEN = bytes(each for each in range(256) if each not in ALLOWED)
NAMES = (b"x-number", b"x-word", b"user-agent", b"authorization", b"x-other")


def make_header(data: bytes) -> Attack:
    """Return a request with headers: in each line the first byte chooses the name."""
    path, rest = pick(data, HEADERS)
    headers = [
        (NAMES[line[0] % len(NAMES)], line[1:].translate(None, FORBIDDEN).strip(b" \t"))
        for line in rest.split(b"\n")[:8]
        if line
    ]
    return Attack("header", path, headers=tuple(headers))


def make_form(data: bytes) -> Attack:
    """Return a request with an urlencoded form."""
    path, body = pick(data, FORMS)
    return Attack("form", path, "POST", headers=with_length(FORM, body), body=body)


def make_multipart(data: bytes) -> Attack:
    """Return a request with a multipart form; the first line is the rest of its content type."""
    path, rest = pick(data, FILES)
    kind, _, body = rest.partition(b"\n")
    if not kind.startswith(b";"):
        kind, body = b"; boundary=x", rest
    value = b"multipart/form-data" + kind.translate(None, FORBIDDEN).rstrip(b" \t")
    headers = with_length(((b"content-type", value),), body)
    return Attack("multipart", path, "POST", headers=headers, body=body)


def make_json(data: bytes) -> Attack:
    """Return a request with JSON; the second byte chooses the content type."""
    path, rest = pick(data, BODIES)
    kind, body = TYPES[(rest[0] if rest else 0) % len(TYPES)], rest[1:]
    return Attack(
        "json", path, "POST", headers=with_length(((b"content-type", kind),), body), body=body
    )


def with_length(headers: Headers, body: bytes) -> Headers:
    """Return headers with that of the length."""
    return *(each for each in headers if each[1]), (b"content-length", str(len(body)).encode())


MAKERS: dict[str, Made] = {
    "query": make_query,
    "cookie": make_cookie,
    "header": make_header,
    "form": make_form,
    "multipart": make_multipart,
    "json": make_json,
}


def seeds(name: str) -> Iterator[bytes]:
    """Yield the inputs of a target that make the requests of `tests/bad_input`."""
    for attack in attacks():
        yield from (each for each in _seed(name, attack) if len(each) < 4096)


def _seed(name: str, attack: Attack) -> Iterator[bytes]:
    headers = dict(attack.headers)
    kind = headers.get(b"content-type", b"")
    if name == "query" and attack.path in QUERIES:
        yield bytes([QUERIES.index(attack.path)]) + attack.query
    elif name == "cookie" and attack.path in COOKIES:
        yield bytes([COOKIES.index(attack.path)]) + headers.get(b"cookie", b"")
    elif name == "header" and attack.path in HEADERS:
        lines = [bytes([NAMES.index(key)]) + value for key, value in attack.headers if key in NAMES]
        yield bytes([HEADERS.index(attack.path)]) + b"\n".join(lines)
    elif name == "form" and attack.path in FORMS and not kind.startswith(b"multipart"):
        yield bytes([FORMS.index(attack.path)]) + attack.body
    elif name == "multipart" and attack.path in FILES and kind.startswith(b"multipart"):
        rest = kind.removeprefix(b"multipart/form-data") + b"\n" + attack.body
        yield bytes([FILES.index(attack.path)]) + rest
    elif name == "json" and attack.path in BODIES and attack.headers == JSON:
        yield bytes([BODIES.index(attack.path), 0]) + attack.body
