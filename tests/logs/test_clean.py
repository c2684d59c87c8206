"""Values in logs: secrets are masked, control characters escaped, nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from pronghorn.logs.clean import clean_field, clean_value, escape, is_secret, mask_text, shorten


@pytest.mark.parametrize(
    "name",
    [
        *("password", "PASSWORD", "db_password", "user.password", "passwd", "pwd", "passphrase"),
        *("token", "access_token", "accessToken", "refresh-token", "secret", "client_secret"),
        *("api_key", "apikey", "apiKey", "X-API-Key", "authorization", "Authorization", "cookie"),
        *("Set-Cookie", "private_key", "aws_access_key", "credentials", "session_id", "jwt"),
        *("secrets", "passwords", "proxy-authorization", "csrf_token", "X-Amz-Signature"),
        *("csrftoken", "accesstoken", "refreshToken", "idtoken"),
    ],
)
def test_secret_names(name: str) -> None:
    assert is_secret(name)
    assert clean_field(name, "value") == "***"
    assert clean_field(name, {"inner": "value"}) == "***"


@pytest.mark.parametrize(
    "name", ["user", "tokens_used", "max_tokens", "path", "key", "author", "passenger", "secretary"]
)
def test_other_names(name: str) -> None:
    assert not is_secret(name)
    assert clean_field(name, "value") == "value"


def test_flags_and_absent_values_of_secret_names_are_shown() -> None:
    assert clean_field("token", None) is None
    assert clean_field("password", True) is True


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://shop:pa55@db:5432/shop", "postgresql://shop:***@db:5432/shop"),
        ("redis://:pa:55@cache/0", "redis://:***@cache/0"),
        ("postgresql://shop:p/a#5?5@db/shop", "postgresql://shop:***@db/shop"),
        ("postgresql://db/shop?password=pa55", "postgresql://db/shop?password=***"),
        ("http://host/a@b:c", "http://host/a@b:c"),
        ("http://host:8000/a@b", "http://host:8000/a@b"),
        ("http://host:80 http://a:b@c", "http://host:80 http://a:***@c"),
        ("GET https://api/x?api_key=abc&page=2", "GET https://api/x?api_key=***&page=2"),
        ("password=hunter2, user=ann", "password=***, user=ann"),
        ("{'password': 'hunter 2', 'user': 'ann'}", "{'password': ***, 'user': 'ann'}"),
        ('{"access_token": "abc", "n": 1}', '{"access_token": ***, "n": 1}'),
        ("Authorization: Bearer abcdef.ghi-jkl", "Authorization: Bearer ***"),
        ("sent Basic dXNlcjpwYXNz to it", "sent Basic *** to it"),
        ("12:30:05 all is well: 3 = three", "12:30:05 all is well: 3 = three"),
        ("a basic question", "a basic question"),
    ],
)
def test_secrets_in_texts(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("one\nINFO two", "one\\nINFO two"),
        ("\r\x1b[2J\x07\x00\x7f", "\\r\\x1b[2J\\x07\\x00\\x7f"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\u202eevil\u2066\u200f", "\\u202eevil\\u2066\\u200f"),
        ("\ud800", "\\ud800"),
        ("größe 日本 🦌", "größe 日本 🦌"),
    ],
)
def test_characters_that_do_not_print_are_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_long_texts_keep_both_ends() -> None:
    short = shorten("a" * 10_000 + "b", 100)
    assert len(short) < 200
    assert short.startswith("aaa")
    assert short.endswith("ab")
    assert "9901 characters left out" in short


class Unwritable:
    def __str__(self) -> str:
        raise LookupError("no text")


class Model(BaseModel):
    name: str
    key: SecretStr


class Broken(dict[str, int]):
    def items(self) -> Any:
        raise LookupError("no items")


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def numbers() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (1, 1),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**5000, "<int of 5001 bits>"),
        (Decimal("1.10"), "1.10"),
        (datetime(2026, 11, 29, tzinfo=UTC), "2026-11-29T00:00:00+00:00"),
        (b"\xff\x00a", "\\xff\x00a"),
        ("\ud800", "\ufffd"),
        ({"pwd": "x", "all": [{"token": "y"}, 1]}, {"pwd": "***", "all": [{"token": "***"}, 1]}),
        ({1: (2, 3)}, {"1": [2, 3]}),
        (Unwritable(), "<Unwritable that raises LookupError>"),
        (Broken(), "<Broken that raises LookupError>"),
        ([Unwritable()], ["<Unwritable that raises LookupError>"]),
        (Model(name="a", key=SecretStr("b")), "name='a' key=SecretStr('**********')"),
        (endless(), [[[[["..."]]]]]),
    ],
)  # fmt: skip
def test_values_of_all_kinds(value: Any, clean: Any) -> None:
    found = clean_value(value)
    assert found == clean
    assert json.loads(json.dumps(found, allow_nan=False)) == clean


def test_containers_are_limited() -> None:
    assert len(clean_value(list(range(10_000)))) == 100
    assert len(clean_value({str(number): number for number in range(10_000)})) == 100
    assert len(clean_value(["x" * 100_000])[0]) < 3000
