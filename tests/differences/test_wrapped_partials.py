"""A plain wrapper around a partial of an `async` function is awaited; FastAPI fails."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import fastapi
import fastapi.testclient
import pytest

import pronghorn
from pronghorn.testclient import TestClient


async def add(x: int, y: int = 1) -> int:
    return x + y


def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    return wrapper


def answers(engine: tuple[Any, Any], call: Callable[..., Any]) -> list[int]:
    module, client = engine
    app = module.FastAPI()

    async def read(found: Any = module.Depends(call)) -> Any:
        return found

    app.get("/dependency")(read)
    app.get("/endpoint")(call)
    asking = client(app)
    return [asking.get(f"/{path}", params={"x": 1}).json() for path in ("endpoint", "dependency")]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (wrap(functools.partial(add, y=5)), 6),
        (wrap(wrap(functools.partial(add, y=5))), 6),
        (functools.partial(wrap(functools.partial(add, y=5)), y=7), 8),
    ],
)
def test_a_wrapper_counts_as_the_partial_that_it_wraps(
    mode: str, call: Callable[..., Any], expected: int
) -> None:
    assert answers((pronghorn, TestClient), call) == [expected, expected]


@pytest.mark.parametrize("call", [wrap(add), functools.partial(wrap(add), y=1)])
def test_wrappers_of_functions_are_awaited_on_both(call: Callable[..., Any]) -> None:
    assert answers((pronghorn, TestClient), call) == [2, 2]
    assert answers((fastapi, fastapi.testclient.TestClient), call) == [2, 2]
