"""Requests that contain a secret and are not valid, so that an error might repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.bad_input.attacks import FORM, JSON, MULTIPART, Attack, Headers

SECRET = "correct-horse-battery-staple"
TEXT: Headers = ((b"content-type", b"text/plain"),)
_NAMES = ("password", "new_password", "passwd", "secret", "clientSecret", "token", "access_token")
_NAMES += ("authorization", "api_key", "X-API-Key", "apiKey", "refresh-token")
_SHAPES: tuple[Any, ...] = (SECRET, [SECRET], {"is": SECRET}, {"is": [[SECRET]]})


def secret_requests() -> Iterator[Attack]:
    """Yield them."""
    for (number, name), shape in product(enumerate(_NAMES), _SHAPES):
        yield from _bodies(f"{number} {type(shape).__name__}", {name: shape, "age": "x"})
    for shape in _SHAPES:
        typed = {"username": 1, "password": shape, "pin": [shape], "code": {"a": shape}}
        yield from _bodies("typed", typed)
    for name in _NAMES:
        pairs = f"{name}={SECRET}&page=x&age=x".encode()
        part = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{SECRET}\r\n--x--\r\n'
        for path in ("/form", "/fields", "/login", "/json"):
            yield Attack(f"form {name}", path, "POST", headers=FORM, body=pairs)
            yield Attack(f"parts {name}", path, "POST", headers=MULTIPART, body=part.encode())
        inner = f'data={{"{name}":"{SECRET}"'.encode()
        yield Attack(f"inner {name}", "/json", "POST", headers=FORM, body=inner)
        yield Attack(f"inner {name}", "/json", "POST", headers=FORM, body=inner + b"}")
        for path in ("/parameters", "/query", "/headers", "/login", "/nothing"):
            yield Attack(f"query {name}", path, query=f"{name}={SECRET}&page=x".encode())
        header = ((name.lower().encode(), SECRET.encode()), (b"page", b"x"))
        cookie = ((b"cookie", f"{name}={SECRET}".encode()),)
        for path in ("/parameters", "/headers"):
            yield Attack(f"header {name}", path, headers=header)
            yield Attack(f"cookie {name}", path, headers=cookie)
    yield Attack("response", "/account")


def _bodies(name: str, value: Any) -> Iterator[Attack]:
    inside = {"login": value, "others": [value], **value}
    for path, sent in (
        ("/login", value),
        ("/login", [value]),
        ("/account", inside),
        ("/two", inside),
        ("/form", value),
    ):
        body = json.dumps(sent).encode()
        for kind in (JSON, TEXT):
            yield Attack(f"{name} {path}", path, "POST", headers=kind, body=body)
