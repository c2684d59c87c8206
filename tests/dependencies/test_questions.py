"""Functions about nodes of a graph, under their names in FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from pronghorn.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_computed_scope,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
    _uses_scopes,
)


def plain() -> None: ...


async def coroutine() -> None: ...


def generator() -> Iterator[None]:
    yield


async def async_generator() -> AsyncIterator[None]:
    yield


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("call", "kinds", "scope"),
    [
        (plain, (False, False, False), None),
        (coroutine, (True, False, False), None),
        (generator, (False, True, False), "request"),
        (async_generator, (False, False, True), "request"),
        (Unhashable(), (True, False, False), None),
        (Unhashable, (False, False, False), None),
    ],
)
def test_how_a_callable_is_run(
    call: Callable[..., Any], kinds: tuple[bool, ...], scope: str | None
) -> None:
    asked = (_is_coroutine_callable, _is_gen_callable, _is_async_gen_callable)
    assert tuple(question(call) for question in asked) == kinds
    assert _get_computed_scope(dependant=Dependant(call=call)) == scope


def test_answers_follow_the_graph() -> None:
    child = Dependant(call=plain)
    parent = Dependant(call=coroutine, dependencies=[child], parent_oauth_scopes=["a"])
    assert _get_cache_key(dependant=parent) == (coroutine, (), "")

    child.security_scopes_param_name = "scopes"
    assert _uses_scopes(dependant=parent)
    assert _get_cache_key(dependant=parent) == (coroutine, ("a",), "")
