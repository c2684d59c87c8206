"""JSON bodies have the same values and the same errors as with `json.loads`."""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any

import pytest

from pronghorn.run.input.json import body_decode_error, parse_json

CHOSEN = [
    "null", "true", "false", "0", "-0", "-0.0", "0e0", "-0e0", "1", "-1", "1.5", "1e5", "1E+5",
    "1e-5", "1e400", "-1e400", "1e-400", "5e-324", "2e-324", "1.7976931348623157e308",
    "1.7976931348623159e308", "0e999999999999999999", "1e999999999999999999",
    "1e-999999999999999999", "0.1", "0.30000000000000004", "9007199254740993",
    "9007199254740993.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "1" * 400 + ".5", "1" * 5000 + ".5",
    "1" * 4300, "-" + "1" * 4300, "1" * 4301, "-" + "1" * 4301, "[" + "1" * 5000 + "]", "NaN",
    "Infinity", "-Infinity", "-NaN", "nan", "inf", "Inf", "[NaN,Infinity]", "Infinit", "+1", "01",
    "-01", "1.", ".5", "1.e5", "1e", "1e+", "-", "--1", "- 1", "0x10", "1_000", '""', '"a"', '"é"',
    '"\\u00e9"', '"\\ud83d\\ude00"', '"😀"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"',
    '"\\ud83d\\ud83d\\ude00"', '"\\n\\t\\/\\b\\f\\r\\"\\\\"', '"\\x"', '"\\u12"', '"\\u12g4"',
    '"\x01"', '"\n"', '"\x7f"', '"\u2028"', '"\\u0000"', '"', '"a', "'a'", "[]", "[ ]", "[1,2]",
    "[1,]", "[,1]", "[1 2]", "[", "]", "[1", "{}", '{"a":1}', '{"a":1,}', '{"a"}', '{"a":}',
    '{a:1}', "{1:2}", '{"":1}', '{"a":1,"a":2}', '{"b":1,"a":2,"b":3}', '{"a":{"a":[{"a":null}]}}',
    "{", " 1 ", "\t\r\n1", "\x0b1", "\x0c1", "\u00a01", "", " ", "1 1", "{}x", "[]]", "nul",
    "nulll", "/**/1", "1//", "\ufeff1", "\x001", "1\x00", "[" * 150 + "]" * 150,
    "[" * 200 + "]" * 200, "[" * 201 + "]" * 201, "[" * 100_000,
]  # fmt: skip

RAW = [
    b'"\xed\xa0\x80"',
    b'"\xc0\x80"',
    b'"\xff"',
    b"\xff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xef\xbb\xbf{}",
    b'{"\xc3\xa9": "\xf0\x9f\x98\x80"}',
    b'"\xf5\x80\x80\x80"',
]


def described(value: Any) -> Any:
    """Tell apart what `==` does not: 1 and 1.0 and True, 0.0 and -0.0, NaN, the order of keys."""
    if isinstance(value, float):
        return "float", "nan" if math.isnan(value) else struct.pack("d", value)
    if isinstance(value, list):
        return [described(item) for item in value]
    if isinstance(value, dict):
        return "object", [(name, described(item)) for name, item in value.items()]
    return type(value).__name__, value


def outcome(parse: Any, body: bytes) -> Any:
    try:
        return described(parse(body))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


def assert_equal_to_the_standard_library(body: bytes) -> None:
    assert outcome(parse_json, body) == outcome(json.loads, body), body[:200]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_chosen_texts(encoding: str) -> None:
    for text in CHOSEN:
        assert_equal_to_the_standard_library(text.encode(encoding))


@pytest.mark.parametrize("body", RAW)
def test_bytes_that_are_hardly_text(body: bytes) -> None:
    assert_equal_to_the_standard_library(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_more_than_201_levels_are_refused(encoding: str) -> None:
    for text in ("[" * 201 + "]" * 201, '{"a":' * 201 + "1" + "}" * 201):
        assert parse_json(text.encode(encoding)) == json.loads(text)
    for text in ("[" * 202 + "]" * 202, '{"b":1,"a":' * 201 + "[1]" + "}" * 201):
        with pytest.raises(RecursionError, match="more than 201 nested containers"):
            parse_json(text.encode(encoding))


class Generator:
    """Writes JSON at random, with the extremes of every kind of value; always the same sequence."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)

    def value(self, depth: int = 0) -> str:
        kind = self.source.randrange(9 if depth < 4 else 6)
        if kind < 3:
            return self.number()
        if kind < 5:
            return self.string()
        if kind == 5:
            return self.source.choice(["true", "false", "null", "NaN", "Infinity", "-Infinity"])
        gap = self.source.choice(["", " ", "\n", "\t\r "])
        values = [self.value(depth + 1) for _ in range(self.source.randrange(4))]
        if kind < 8:
            return "[" + f",{gap}".join(values) + gap + "]"
        names = [json.dumps(self.source.choice("abcé")) for _ in values]
        members = [f"{name}{gap}:{value}" for name, value in zip(names, values, strict=True)]
        return "{" + f"{gap},".join(members) + "}"

    def number(self) -> str:
        kind = self.source.randrange(3)
        sign = self.source.choice(["", "-"])
        if kind == 0:
            bits = self.source.choice([3, 8, 31, 53, 54, 62, 63, 64, 65, 128, 2000])
            return sign + str(self.source.getrandbits(bits))
        if kind == 1:
            text = repr(struct.unpack("d", self.source.randbytes(8))[0])
            return text.replace("nan", "NaN").replace("inf", "Infinity")
        digits = self.source.choices("0123456789", k=self.source.choice([1, 3, 17, 20, 40, 800]))
        exponent = self.source.choice([0, 1, 22, 23, 100, 307, 308, 309, 323, 324, 400, 10**12])
        exponent_sign = self.source.choice(["", "+", "-"])
        whole = self.source.getrandbits(self.source.choice([1, 8, 64, 200]))
        return f"{sign}{whole}.{''.join(digits)}e{exponent_sign}{exponent}"

    def string(self) -> str:
        points = [range(128), range(0x800), range(0xE000), range(0x10000, 0x110000)]
        length = self.source.randrange(6)
        text = "".join(chr(self.source.choice(self.source.choice(points))) for _ in range(length))
        return json.dumps(text, ensure_ascii=self.source.random() < 0.5)

    def damaged(self, body: bytes) -> bytes:
        broken = bytearray(body)
        for _ in range(self.source.randrange(1, 4)):
            place = self.source.randrange(len(broken) + 1)
            byte = self.source.choice([self.source.randrange(256), *b'0-+eE.,:"[]{}\\ uNI'])
            broken[place : place + self.source.randrange(2)] = bytes([byte])
        return bytes(broken)


def test_generated_texts_and_damaged_texts() -> None:
    generator = Generator(seed=20260101)
    for _ in range(4000):
        body = generator.value().encode("utf-8", "surrogatepass")
        assert_equal_to_the_standard_library(body)
        assert_equal_to_the_standard_library(generator.damaged(body))


def test_numbers_close_to_halfway_between_two_floats_round_to_the_same_one() -> None:
    source = random.Random(3)
    for _ in range(300):
        lower = source.getrandbits(53) | 1 << 52
        exponent = source.randrange(-60, 60)
        middle = (2 * lower + 1) * 5 ** max(-exponent, 0) * 2 ** max(exponent, 0)
        for offset in (-1, 0, 1):
            text = f"{middle * 10**30 + offset}e{min(exponent, 0) - 30}"
            assert_equal_to_the_standard_library(text.encode())


def test_the_error_entry_names_the_position_and_the_cause() -> None:
    with pytest.raises(json.JSONDecodeError) as raised:
        parse_json(b'{"price": }')
    assert body_decode_error(raised.value) == {
        "type": "json_invalid",
        "loc": ("body", 10),
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": "Expecting value"},
    }
