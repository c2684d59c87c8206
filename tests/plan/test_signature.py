"""Signatures are read through every kind of wrapper around a callable."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, get_origin, get_type_hints

import pytest

from pronghorn.core.kinds import CallKind
from pronghorn.params import Depends, Query
from pronghorn.plan.signature import (
    call_kind,
    resolve_annotation,
    typed_return,
    typed_signature,
    where_is,
)

if TYPE_CHECKING:
    from decimal import Decimal


class Local:
    """A type that only this module knows."""


def plain(value: Local, number: int = 3) -> Local:
    return value


def annotations_of(call: Callable[..., Any]) -> dict[str, Any]:
    return {name: item.annotation for name, item in typed_signature(call).parameters.items()}


def passes_through(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Instance:
    def __init__(self, value: Local) -> None:
        self.value = value

    def __call__(self, other: Local) -> Local:
        return other

    def method(self, other: Local) -> Local:
        return other


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (plain, {"value": Local, "number": int}),
        (functools.partial(plain, number=4), {"value": Local, "number": int}),
        (passes_through(passes_through(plain)), {"value": Local, "number": int}),
        (passes_through(functools.partial(plain)), {"value": Local, "number": int}),
        (Instance, {"value": Local}),
        (Instance(Local()), {"other": Local}),
        (Instance(Local()).method, {"other": Local}),
        (functools.partial(Instance(Local())), {"other": Local}),
    ],
)
def test_string_annotations_are_resolved(
    call: Callable[..., Any], expected: dict[str, Any]
) -> None:
    assert annotations_of(call) == expected


def test_defaults_of_partials_are_the_bound_values() -> None:
    signature = typed_signature(functools.partial(plain, number=4))
    assert signature.parameters["number"].default == 4


def test_metadata_is_kept() -> None:
    marker = Query(gt=3)

    def call(value: Annotated[int, marker]) -> None: ...

    call.__annotations__["value"] = Annotated[int, marker]
    annotation = annotations_of(call)["value"]
    assert get_origin(annotation) is Annotated
    assert annotation.__metadata__[0] is marker


def test_names_inside_other_types_are_resolved() -> None:
    def call(value: Any) -> None: ...

    call.__annotations__["value"] = list["Local"]
    assert annotations_of(call) == {"value": list[Local]}


def test_a_name_for_type_checkers_only_stays_a_reference() -> None:
    def call(value: Decimal, other: Local) -> Decimal | None: ...

    found = annotations_of(call)
    assert found["value"] == ForwardRef("Decimal", module=__name__)
    assert found["other"] is Local
    assert typed_return(call) == ForwardRef("Decimal | None", module=__name__)


def test_a_class_may_name_itself() -> None:
    class Node:
        def __init__(self, parent: Node | None = None) -> None:
            self.parent = parent

    assert annotations_of(Node) == {"parent": Node | None}


def test_type_parameters_are_known() -> None:
    names: dict[str, Any] = {}
    try:
        exec("def call[T](value: 'list[T]') -> 'T': ...", names)
    except SyntaxError:  # Before Python 3.12 there is nothing to know.
        return
    parameter = names["call"].__type_params__[0]
    assert annotations_of(names["call"])["value"].__args__ == (parameter,)
    assert typed_return(names["call"]) is parameter


def test_return_annotations() -> None:
    def without(value: int): ...  # type: ignore[no-untyped-def]  # the case that is tested

    def none() -> None: ...

    assert typed_return(plain) is Local
    assert typed_return(functools.partial(plain)) is Local
    assert typed_return(Instance(Local())) is Local
    assert typed_return(without) is None
    assert typed_return(none) is None


def test_annotations_given_directly() -> None:
    assert resolve_annotation("None", {}) is None
    assert resolve_annotation("Nothing", {"Nothing": None}) is type(None)
    assert resolve_annotation("Local", globals()) is Local
    assert resolve_annotation(int, {}) is int
    assert resolve_annotation("Local", {}) == ForwardRef("Local")
    assert resolve_annotation(inspect.Parameter.empty, {}) is inspect.Parameter.empty


def sync_function() -> None: ...


async def async_function() -> None: ...


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


class SyncCall:
    def __call__(self) -> None: ...


class AsyncCall:
    async def __call__(self) -> None: ...


class GeneratorCall:
    def __call__(self) -> Iterator[int]:
        yield 1


class AsyncGeneratorCall:
    async def __call__(self) -> AsyncIterator[int]:
        yield 1


def awaits(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def iterates(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        for item in function(*args, **kwargs):
            yield item

    return wrapper


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (sync_function, CallKind.THREAD),
        (async_function, CallKind.COROUTINE),
        (generator, CallKind.GENERATOR),
        (async_generator, CallKind.ASYNC_GENERATOR),
        (SyncCall(), CallKind.THREAD),
        (AsyncCall(), CallKind.COROUTINE),
        (GeneratorCall(), CallKind.GENERATOR),
        (AsyncGeneratorCall(), CallKind.ASYNC_GENERATOR),
        (AsyncCall, CallKind.THREAD),
        (GeneratorCall, CallKind.THREAD),
        (functools.partial(async_function), CallKind.COROUTINE),
        (functools.partial(AsyncGeneratorCall()), CallKind.ASYNC_GENERATOR),
        (passes_through(async_function), CallKind.COROUTINE),
        (passes_through(generator), CallKind.GENERATOR),
        (passes_through(AsyncGeneratorCall()), CallKind.ASYNC_GENERATOR),
        (passes_through(AsyncCall), CallKind.THREAD),
        (awaits(sync_function), CallKind.COROUTINE),
        (awaits(SyncCall), CallKind.COROUTINE),
        (iterates(generator), CallKind.ASYNC_GENERATOR),
        (len, CallKind.THREAD),
    ],
)
def test_how_a_callable_is_run(call: Callable[..., Any], kind: CallKind) -> None:
    assert call_kind(call) is kind


def test_where_a_callable_was_written() -> None:
    found = where_is(passes_through(plain))
    assert found["function"] == "plain"
    assert found["file"] == __file__
    assert found["line"] == plain.__code__.co_firstlineno
    assert where_is(SyncCall())["function"] == "SyncCall"
    assert where_is(len) == {"function": "len"}


def test_a_dependency_on_a_string_annotation() -> None:
    dependency = Depends(SyncCall())

    def call(value: Annotated[Local, dependency]) -> None: ...

    call.__annotations__["value"] = "Annotated[Local, dependency]"
    call.__globals__["dependency"] = dependency
    try:
        assert annotations_of(call)["value"].__metadata__ == (dependency,)
    finally:
        del call.__globals__["dependency"]


STRINGS = ["int", "int | None", "Local", "Annotated[Local, 1]", "list[Local]", "Literal['a']"]
STRINGS += ["List['Local']", "'Local'", "Optional['Local']", "Annotated['Local', 1]", "Any"]
STRINGS += ["Nothing", "Alias", "Callable[['Local'], int]", "tuple[()]", "dict[str, 'Local']", "5"]


@pytest.mark.parametrize("text", STRINGS)
def test_strings_mean_what_get_type_hints_says(text: str) -> None:
    names = {**vars(typing), "Local": Local, "Nothing": None, "Alias": "Local"}

    def function(value: Any) -> None: ...

    function.__annotations__["value"] = text
    expected = get_type_hints(function, names, include_extras=True)["value"]
    assert repr(resolve_annotation(text, names)) == repr(expected)


@pytest.mark.parametrize("text", ["Missing", "Missing | None", "Local.missing"])
def test_strings_that_are_no_type_are_left_as_they_are(text: str) -> None:
    names = {"Local": Local}
    assert resolve_annotation(text, names) == ForwardRef(text)
    assert "__builtins__" not in names
