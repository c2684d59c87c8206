"""The small measurements on which the compiler's choices stand.

    python -m benchmarks.micro            print them
    python -m benchmarks.micro --write    print them, and write results/micro.json

Each compares two ways that give the same result. Only the ratio counts: the microseconds depend on
the machine.
"""

from __future__ import annotations

import gc
import json
import sys
import timeit
from collections.abc import Callable
from dataclasses import dataclass, make_dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import Annotated, Any

import pydantic_core
from pydantic import BaseModel, Field, TypeAdapter
from starlette.datastructures import QueryParams
from typing_extensions import TypedDict

from benchmarks.record import environment, write
from pronghorn.core.records import Record
from pronghorn.encoders import jsonable_encoder
from pronghorn.fields.json_writer import json_bytes
from pronghorn.run.input.json import without_pauses
from pronghorn.run.input.query import query_dict

ROUNDS = 25
Limit = Annotated[int, Field(ge=1, le=100)]
PATH = {"item_id": "42"}
QUERY = {"q": "hello", "limit": "10"}
ANSWER = {"message": "Hello", "items": [1, 2, 3]}
JSON: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}


class Together(TypedDict, total=False):
    """All parameters of one endpoint as one type."""

    item_id: int
    q: str | None
    limit: Limit


class Item(BaseModel):
    """An item of a large body."""

    id: int
    name: str
    price: float
    tags: list[str]


SMALL = TypeAdapter(Together).validator
LARGE = TypeAdapter(list[Item])
LARGE_BODY = json.dumps(
    [
        {"id": number, "name": "A lamp", "price": 19.9, "tags": ["a", "b"]}
        for number in range(11_000)
    ]
).encode()


def validate_together() -> Callable[[], Any]:
    """Put raw values into a dictionary, validate it at once, and take it apart again."""
    validate = SMALL.validate_python

    def run() -> Any:
        raw: dict[str, Any] = {"item_id": PATH["item_id"]}
        if "q" in QUERY:
            raw["q"] = QUERY["q"]
        if "limit" in QUERY:
            raw["limit"] = QUERY["limit"]
        values = validate(raw)
        return values["item_id"], values.get("q"), values.get("limit", 10)

    return run


def validate_each() -> Callable[[], Any]:
    """Call the validator of each parameter, without the adapter around it."""
    check_item_id = TypeAdapter(int).validator.validate_python
    check_q = TypeAdapter(str | None).validator.validate_python
    check_limit = TypeAdapter(Limit).validator.validate_python

    def run() -> Any:
        item_id = check_item_id(PATH["item_id"])
        q = check_q(QUERY["q"]) if "q" in QUERY else None
        limit = check_limit(QUERY["limit"]) if "limit" in QUERY else 10
        return item_id, q, limit

    return run


def parse_query() -> Callable[[], Any]:
    """Build `QueryParams`, as every request object does."""
    return lambda: dict(QueryParams(b"skip=20&limit=10"))


def split_query() -> Callable[[], Any]:
    """Split the query, and decode only what contains something to decode."""
    return lambda: query_dict(b"skip=20&limit=10")


def encode_twice() -> Callable[[], Any]:
    """Call `jsonable_encoder`, then `json.dumps`."""
    return lambda: json.dumps(jsonable_encoder(ANSWER), **JSON).encode()


def dump_json() -> Callable[[], Any]:
    """Call `json.dumps`, which creates an encoder each time."""
    return lambda: json.dumps(ANSWER, **JSON).encode()


def encode_once() -> Callable[[], Any]:
    """Use the encoder that was created once."""
    return lambda: json_bytes(ANSWER)


def pass_dict() -> Callable[[], Any]:
    """Serialise with named arguments that `partial` keeps in a dictionary."""
    return partial(TypeAdapter(int).serializer.to_json, 42, by_alias=True)


def pass_names() -> Callable[[], Any]:
    """Serialise with named arguments that are written in the call."""
    to_json = TypeAdapter(int).serializer.to_json
    return lambda: to_json(42, by_alias=True)


def find_text() -> Callable[[], Any]:
    """Look for a byte in a target as bytes of length one."""
    target, fragment = b"/items/42?limit=10", b"#"
    return lambda: fragment in target


def find_number() -> Callable[[], Any]:
    """Look for the same byte by its number."""
    target, fragment = b"/items/42?limit=10", ord("#")
    return lambda: fragment in target


FACTS = [f"fact_{number}" for number in range(12)]


def define_dataclass() -> Callable[[], Any]:
    """Define a frozen dataclass of twelve fields."""
    fields: Any = [(name, int) for name in FACTS]
    return lambda: make_dataclass("Facts", fields, frozen=True, eq=False).__name__


def define_record() -> Callable[[], Any]:
    """Define a `Record` of twelve fields."""
    annotations = dict.fromkeys(FACTS, int)
    return lambda: type("Facts", (Record,), {"__annotations__": annotations}).__name__


def read_in_python_mode(body: bytes) -> Any:
    """Parse a body, then validate the objects."""
    return LARGE.validator.validate_python(pydantic_core.from_json(body))


def read_in_json_mode(body: bytes) -> Any:
    """Validate the text of a body."""
    return LARGE.validator.validate_json(body)


def read(
    function: Callable[[bytes], Any], *, body: bytes = LARGE_BODY, pauses: bool
) -> Callable[[], Callable[[], Any]]:
    """Return a way to read a body, with the pauses of the garbage collector or without them."""
    return lambda: lambda: function(body) if pauses else without_pauses(function, body)


@dataclass(frozen=True)
class Pair:
    """Two ways to do the same."""

    name: str
    choice: str
    before: Callable[[], Callable[[], Any]]
    chosen: Callable[[], Callable[[], Any]]
    calls: int = 5_000


ONE_ITEM = LARGE_BODY[: LARGE_BODY.index(b"}") + 1] + b"]"
PAIRS = [
    Pair("parameters", "validate three parameters one by one, not together",
         validate_together, validate_each),
    Pair("query", "split a query string, without `QueryParams`", parse_query, split_query),
    Pair("encoder", "write JSON with one encoder, not `jsonable_encoder` and `json.dumps`",
         encode_twice, encode_once),
    Pair("dumps", "the same compared with `json.dumps` alone", dump_json, encode_once),
    Pair("names", "write named arguments in the call, not in a dictionary",
         pass_dict, pass_names),
    Pair("fragment", "search a byte by its number, not as bytes", find_text, find_number),
    Pair("records", "define a record of twelve fields, not a dataclass",
         define_dataclass, define_record, 50),
    Pair("item_mode", "read a body of one item in JSON mode, not Python mode",
         read(read_in_python_mode, body=ONE_ITEM, pauses=True),
         read(read_in_json_mode, body=ONE_ITEM, pauses=True)),
    Pair("large_mode", "read a body of 11,000 items in JSON mode, not Python mode",
         read(read_in_python_mode, pauses=False), read(read_in_json_mode, pauses=False), 1),
    Pair("python_pauses", "pause the collector while Python mode reads that body",
         read(read_in_python_mode, pauses=True), read(read_in_python_mode, pauses=False), 1),
    Pair("json_pauses", "pause the collector while JSON mode reads that body",
         read(read_in_json_mode, pauses=True), read(read_in_json_mode, pauses=False), 1),
]  # fmt: skip


def measure(pair: Pair) -> dict[str, Any]:
    """Return the microseconds of processor time of both ways, the best of rounds that alternate.

    Raises:
        SystemExit: The two ways give different results.
    """
    before, chosen = pair.before(), pair.chosen()
    if before() != chosen():
        raise SystemExit(f"{pair.name}: the two ways give different results")
    times = [
        # The collector runs, as on a server; without this setup `timeit` switches it off.
        [timeit.timeit(way, gc.enable, process_time, pair.calls) for way in (before, chosen)]
        for _ in range(ROUNDS)
    ]
    slow, fast = (min(column) / pair.calls * 1e6 for column in zip(*times, strict=True))
    return {"name": pair.name, "choice": pair.choice, "before": slow, "chosen": fast}


def main(arguments: list[str]) -> None:
    """Print a row for each pair; write them all where that is asked for."""
    print(f"{'microseconds':16}{'before':>11}{'chosen':>11}{'ratio':>8}")
    rows = []
    for pair in PAIRS:
        row = measure(pair)
        rows.append(row)
        slow, fast = row["before"], row["chosen"]
        print(f"{pair.name:16}{slow:11.2f}{fast:11.2f}{slow / fast:8.1f}")
    if "--write" in arguments:
        print(f"Written {write('micro', {**environment(Path(sys.executable)), 'pairs': rows})}.")


if __name__ == "__main__":
    main(sys.argv[1:])
