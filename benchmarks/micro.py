"""The small measurements on which the compiler's choices stand: `python -m benchmarks.micro`.

Each compares two ways that give the same result; the ratio counts, the microseconds depend on
the machine.
"""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from starlette.datastructures import QueryParams
from typing_extensions import TypedDict

from pronghorn.encoders import jsonable_encoder
from pronghorn.fields.json_writer import json_bytes
from pronghorn.run.input.query import query_dict

Limit = Annotated[int, Field(ge=1, le=100)]
PATH = {"item_id": "42"}
QUERY = {"q": "hello", "limit": "10"}


class Together(TypedDict, total=False):
    """All parameters of one endpoint as one type."""

    item_id: int
    q: str | None
    limit: Limit


def one_call_for_all_parameters() -> Callable[[], Any]:
    """A dictionary of raw values, validated at once, and taken apart again."""
    validate = TypeAdapter(Together).validator.validate_python

    def run() -> Any:
        raw: dict[str, Any] = {"item_id": PATH["item_id"]}
        if "q" in QUERY:
            raw["q"] = QUERY["q"]
        if "limit" in QUERY:
            raw["limit"] = QUERY["limit"]
        values = validate(raw)
        return values["item_id"], values.get("q"), values.get("limit", 10)

    return run


def one_call_for_each_parameter() -> Callable[[], Any]:
    """Each parameter by its own validator, called without the adapter around it."""
    check_item_id = TypeAdapter(int).validator.validate_python
    check_q = TypeAdapter(str | None).validator.validate_python
    check_limit = TypeAdapter(Limit).validator.validate_python

    def run() -> Any:
        item_id = check_item_id(PATH["item_id"])
        q = check_q(QUERY["q"]) if "q" in QUERY else None
        limit = check_limit(QUERY["limit"]) if "limit" in QUERY else 10
        return item_id, q, limit

    return run


def starlette_query() -> Callable[[], Any]:
    """`QueryParams`, as every request object makes it."""
    return lambda: dict(QueryParams(b"skip=20&limit=10"))


def split_query() -> Callable[[], Any]:
    """Splitting, with decoding only where there is something to decode."""
    return lambda: query_dict(b"skip=20&limit=10")


ANSWER = {"message": "Hello", "items": [1, 2, 3]}


def encoded_twice() -> Callable[[], Any]:
    """`jsonable_encoder`, then `json.dumps`."""
    options: Any = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    return lambda: json.dumps(jsonable_encoder(ANSWER), **options).encode()


def encoded_once() -> Callable[[], Any]:
    """One encoder that is kept."""
    return lambda: json_bytes(ANSWER)


PAIRS = [
    ("validate three parameters", one_call_for_all_parameters, one_call_for_each_parameter),
    ("read a query string", starlette_query, split_query),
    ("write a dictionary as JSON", encoded_twice, encoded_once),
]


def microseconds(run: Callable[[], Any]) -> float:
    """The best of seven rounds: what the code costs when nothing disturbs it."""
    times = timeit.repeat(run, number=20_000, repeat=7)
    return min(times) / 20_000 * 1e6


def main() -> None:
    """Print a row for each pair."""
    print(f"{'microseconds':34}{'before':>9}{'chosen':>9}{'ratio':>8}")
    for name, before, chosen in PAIRS:
        first, second = before(), chosen()
        if first() != second():
            raise SystemExit(f"{name}: the two ways give different results")
        slow, fast = microseconds(first), microseconds(second)
        print(f"{name:34}{slow:9.2f}{fast:9.2f}{slow / fast:8.1f}")


if __name__ == "__main__":
    main()
