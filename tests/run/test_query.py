"""Query strings and cookies are read as the standard library and Starlette read them."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import cookie_parser

from pronghorn.run.input.query import cookie_dict, parse_query, query_dict, query_lists

CHOSEN = [
    b"",
    b"a=1",
    b"a=1&b=2",
    b"a=1&a=2&b=3&a=4",
    b"a",
    b"a&b",
    b"=",
    b"=1",
    b"a=",
    b"&&a=1&&b=2&",
    b"a=1;b=2",
    b"a=1=2",
    b"a+b=c+d",
    b"a%20b=c%20d",
    b"a=%C3%A9",
    b"a=%c3%a9%E2%82%AC",
    b"a=%C3",
    b"a=%FF%FE",
    b"a=%",
    b"a=%2",
    b"a=%zz",
    b"a=100%&b=1",
    b"a=%%20",
    b"a=%25%32%30",
    b"%61=1&a=2",
    b"a=\xc3\xa9",
    b"a=\xe9",
    b"a=\xc3%A9",
    b"a=%C3\xa9%20b",
    b"\xff=\xfe+%41",
    b"a=%00",
    b"a[]=1&a[]=2",
    b"a=?&b=#",
]


def reference(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True)


def generated(count: int) -> list[bytes]:
    source = random.Random(20260101)
    pieces = [
        b"a", b"b", b"name", b"=", b"=", b"&", b"&", b"+", b"%20", b"%2B", b"%26", b"%3D", b"%C3",
        b"%A9", b"%e2%82%ac", b"%", b"%4", b"%G1", b";", b"\xe9", b"\xc3\xa9", b"1", b"", b" ",
    ]  # fmt: skip
    return [b"".join(source.choices(pieces, k=source.randrange(14))) for _ in range(count)]


@pytest.mark.parametrize("raw", CHOSEN)
def test_chosen_query_strings_parse_as_in_the_standard_library(raw: bytes) -> None:
    assert parse_query(raw) == reference(raw)


def test_generated_query_strings_parse_as_in_the_standard_library() -> None:
    for raw in generated(5000):
        assert parse_query(raw) == reference(raw), raw


def test_generated_bytes_parse_as_in_the_standard_library() -> None:
    source = random.Random(7)
    for _ in range(3000):
        raw = source.randbytes(source.randrange(12))
        assert parse_query(raw) == reference(raw), raw


def test_query_dict_keeps_the_last_value_and_the_first_place() -> None:
    for raw in [*CHOSEN, *generated(2000)]:
        assert list(query_dict(raw).items()) == list(QueryParams(raw).items()), raw


def test_query_lists_keep_every_value_in_order() -> None:
    for raw in [*CHOSEN, *generated(2000)]:
        received = QueryParams(raw)
        expected = {name: received.getlist(name) for name in received}
        assert list(query_lists(raw).items()) == list(expected.items()), raw


@pytest.mark.parametrize(
    "header",
    [
        "",
        "a=1",
        "a=1; b=2",
        "a=1;b=2",
        "a=1; a=2",
        "a = 1 ;  b= 2 ",
        "a",
        "; ;a=1;",
        "=value",
        "a=b=c",
        'a="quoted"; b=2',
        'a="with \\"escape\\" and \\073"; b="open',
        "a=%20; b=é",
        "a=\t1\t",
        "a='single'",
    ],
)
def test_cookies_parse_as_in_starlette(header: str) -> None:
    assert cookie_dict(header) == cookie_parser(header)


def test_generated_cookies_parse_as_in_starlette() -> None:
    source = random.Random(11)
    for _ in range(3000):
        header = "".join(source.choices('ab=;=; "\\0131é,\t', k=source.randrange(20)))
        assert list(cookie_dict(header).items()) == list(cookie_parser(header).items()), header
