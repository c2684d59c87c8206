"""The records in the log of a stream: groups of items, and the end."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from pronghorn.core.setup_errors import setup_error
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import SetupValueError
from pronghorn.sse import ServerSentEvent

__all__ = ["END", "FAILED", "RESET", "Item", "Record", "State", "write_item"]

#: The names of the events that are not items.
END, FAILED, RESET = "end", "failed", "reset"
State = Literal["running", "done", "failed", "cancelled"]
#: The name of an event, which is empty for most, and its data.
Item = tuple[str, str]


class Record(BaseModel):
    """A group of items that were committed together.

    Attributes:
        run: The run of the producer that has written it. Those of earlier runs do not count, so
            that a process that was taken for dead cannot mix its items with those of the next one.
        first: The number of the first item in its run, from 1 on; 0 if it is not known.
        items: The items.
        state: How the stream has ended, in its last record.
        detail: Why it has failed, as far as clients may know.
    """

    run: int
    first: int
    items: list[Item] = []
    state: State | None = None
    detail: str | None = None


_ANYTHING = TypeAdapter(Any)


def write_item(item: Any, adapter: TypeAdapter[Any] | None) -> Item:
    """Return an item as it is kept in the log.

    Args:
        item: What the producer has yielded: data, or a `ServerSentEvent`.
        adapter: Validates and serialises data; None if the producer does not declare its type.

    Raises:
        SetupValueError: An event has the name of one that the stream itself sends.
    """
    if isinstance(item, ServerSentEvent):
        if item.event in (END, FAILED, RESET):
            raise setup_error(
                f"A producer has yielded an event with the name {item.event!r}",
                f"streams send {END!r}, {FAILED!r} and {RESET!r} themselves",
                "another name",
                kind=SetupValueError,
            )
        if item.raw_data is not None:
            return item.event or "", item.raw_data
        return item.event or "", _write_untyped(item.data)
    if adapter is None:
        return "", _write_untyped(item)
    valid = adapter.validate_python(item, from_attributes=True)
    return "", adapter.dump_json(valid, by_alias=True).decode()


def _write_untyped(item: Any) -> str:
    if isinstance(item, BaseModel):
        return item.model_dump_json(by_alias=True)
    return _ANYTHING.dump_json(jsonable_encoder(item)).decode()
