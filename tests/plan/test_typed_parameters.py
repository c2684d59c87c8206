"""Plain functions are read without `inspect`, with the result of `inspect.signature`."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from pronghorn.plan.signature import call_kind, typed_parameters, typed_signature


def every_kind(  # type: ignore[no-untyped-def]  # a parameter without a type is one of the cases
    x, y: int = 1, /, z: "int" = 2, *args: str, k, m: Annotated["float", "note"] = 3.0, **kw: bytes
): ...


def only_keywords(*, k: int = 1, m: str) -> None: ...


def variable(*args: int, **kw: int) -> None: ...


def nothing() -> None: ...


def unresolved(x: "Missing", y: int = 3) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def decorated() -> Callable[..., Any]:
    @functools.wraps(every_kind)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return every_kind(*args, **kwargs)

    return wrapper


class Callee:
    def __init__(self, x: int, y: str = "a") -> None: ...

    def __call__(self, z: "int") -> None: ...


@pytest.mark.parametrize(
    "call",
    [
        every_kind,
        only_keywords,
        variable,
        nothing,
        unresolved,
        decorated(),
        functools.partial(every_kind, 1),
        Callee,
        Callee(1),
        Callee(1).__call__,
        lambda x, y=2: x,
    ],
)
def test_same_as_the_signature(call: Callable[..., Any]) -> None:
    expected = typed_signature(call).parameters.values()
    assert typed_parameters(call) == [(p.name, p.annotation, p.default) for p in expected]


def test_kinds_of_plain_functions_and_of_wrapped_ones() -> None:
    async def coroutine() -> None: ...

    async def asynchronous() -> Any:
        yield

    def generator() -> Any:
        yield

    for function in (coroutine, asynchronous, generator, nothing):

        @functools.wraps(function)
        def wrapper(function: Any = function) -> Any:
            return function()

        assert call_kind(function) is call_kind(wrapper)
