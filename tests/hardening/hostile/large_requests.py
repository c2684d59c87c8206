"""Large bodies of JSON: many values, many wrong values, an end that is wrong or missing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bad_input.attacks import JSON, Attack

ITEM = b'{"name":"abc","price":1.5,"tags":["a","b"]}'
PATHS = ("/any", "/numbers", "/counts", "/items", "/box")


#: What the probe sends: FastAPI takes minutes and gigabytes for millions of errors.
FEW = frozenset(
    {
        "empty lists to /any",
        "no end to /any",
        "keys to /counts",
        "items to /items",
        "items, the last one wrong to /items",
        "items of a box to /box",
    }
)


def large_requests(size: int, *, few: bool = False) -> Iterator[Attack]:
    """Yield requests whose bodies have about `size` bytes.

    Args:
        size: In bytes.
        few: Only those of `FEW`.
    """
    keys = b",".join(b'"%07d":"x"' % number for number in range(size // 14))
    shapes = {
        "numbers": _fill(b"1", size),
        "texts": _fill(b'"a"', size),
        "empty lists": _fill(b"[]", size),
        "empty objects": _fill(b"{}", size),
        "items": _fill(ITEM, size),
        "items, the last one wrong": _fill(ITEM, size)[:-1] + b",{}]",
        "no end": _fill(b"[]", size)[:-1],
        "keys": b"{" + keys + b"}",
        "items of a box": b'{"items":' + _fill(ITEM, size) + b"}",
        "wrong items of a box": b'{"items":' + _fill(b"{}", size) + b"}",
        "wrong counts of a box": b'{"counts":{' + keys + b"}}",
    }
    for path in PATHS:
        for name, body in shapes.items():
            title = f"{name} to {path}"
            if ("box" in name) == (path == "/box") and (title in FEW or not few):
                yield Attack(title, path, "POST", headers=JSON, body=body)


def _fill(member: bytes, size: int) -> bytes:
    return b"[" + b",".join([member] * (size // (len(member) + 1))) + b"]"
