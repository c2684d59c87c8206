"""`route.stream_item_type` is the declared type of an item, as on FastAPI."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel


class Item(BaseModel):
    name: str


async def stream_items() -> AsyncIterable[Item]:
    yield Item(name="a")


def stream_numbers() -> Iterable[int]:
    yield 1


async def stream_anything():  # type: ignore[no-untyped-def]  # the case: nothing is declared
    yield 1


async def read_item() -> Item:
    return Item(name="a")


def item_type(framework: str, endpoint: Any, response_class: str = "") -> Any:
    """Return the attribute of a route for an endpoint."""
    app = importlib.import_module(framework).FastAPI()
    streams = importlib.import_module(f"{framework}.sse")
    options = {"response_class": getattr(streams, response_class)} if response_class else {}
    app.get("/items", **options)(endpoint)
    return app.routes[-1].stream_item_type


@pytest.mark.parametrize("response_class", ["", "EventSourceResponse"])
@pytest.mark.parametrize(
    ("endpoint", "expected"), [(stream_items, Item), (stream_numbers, int), (stream_anything, None)]
)
def test_streams_have_an_item_type(endpoint: Any, expected: Any, response_class: str) -> None:
    assert item_type("pronghorn", endpoint, response_class) is expected
    assert item_type("fastapi", endpoint, response_class) is expected


def test_other_routes_have_none() -> None:
    assert item_type("pronghorn", read_item) is item_type("fastapi", read_item) is None
