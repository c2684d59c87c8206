"""Functions about types, tested with every spelling of a type."""

from __future__ import annotations

import typing
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    Generic,
    List,
    NamedTuple,
    Optional,
    TypeVar,
    Union,
    get_type_hints,
)

import pytest
from pydantic import BaseModel, Json, Secret
from typing_extensions import TypeAliasType

from pronghorn.datastructures import UploadFile
from pronghorn.fields import annotations as ask

T = TypeVar("T")


class Item(BaseModel):
    name: str


class Other(BaseModel):
    size: int


class Box(BaseModel, Generic[T]):
    content: T


@dataclass
class Point:
    x: int


class Pair(NamedTuple):
    first: int


Alias = TypeAliasType("Alias", Annotated[list[int], "a note"])
Nested = TypeAliasType("Nested", Annotated[Alias, "another note"])
Many = TypeAliasType("Many", list[T], type_params=(T,))


def test_aliases_and_metadata() -> None:
    assert ask.resolve_alias(Alias) == Annotated[list[int], "a note"]
    assert ask.strip_metadata(Nested) == list[int]
    assert ask.split_metadata(Nested) == (list[int], ("a note", "another note"))
    assert ask.strip_metadata(Many[str]) == list[str]
    assert ask.split_metadata(int) == (int, ())


@pytest.mark.parametrize(
    ("annotation", "members"),
    [
        (int | None, (int, type(None))),
        (Optional[int], (int, type(None))),
        (Annotated[Union[int, str], "a note"], (int, str)),
        (int, ()),
        (list[int | str], ()),
    ],
)
def test_members_of_unions(annotation: Any, members: tuple[Any, ...]) -> None:
    assert ask.union_members(annotation) == members


@pytest.mark.parametrize(
    ("annotation", "sequence", "scalar", "scalar_sequence"),
    [
        (int, False, True, False),
        (str, False, True, False),
        (bytes, False, True, False),
        (int | str | None, False, True, False),
        (Any, False, True, False),
        (list, True, False, True),
        (List[int], True, False, True),
        (Sequence[int], True, False, True),
        (deque[int], True, False, True),
        (tuple[int, ...], True, False, True),
        (Pair, True, False, True),
        (Nested, True, False, True),
        (Many[int], True, False, True),
        (int | list[int], True, False, True),
        (list[int] | None, True, False, True),
        (list[list[int]], True, False, False),
        (list[Item], True, False, False),
        (list[int] | Item, True, False, False),
        (Item, False, False, False),
        (Item | None, False, False, False),
        (Box[int], False, False, False),
        (Point, False, False, False),
        (dict[str, int], False, False, False),
        (UploadFile, False, False, False),
        (Secret[int], False, False, False),
    ],
)
def test_kinds_of_types(
    annotation: Any, sequence: bool, scalar: bool, scalar_sequence: bool
) -> None:
    assert ask.is_sequence(annotation) is sequence
    assert ask.is_scalar(annotation) is scalar
    assert ask.is_complex(annotation) is not scalar
    assert ask.is_scalar_sequence(annotation) is scalar_sequence


@pytest.mark.parametrize(
    ("annotation", "model", "models"),
    [
        (Item, Item, (Item,)),
        (Item | None, Item, (Item,)),
        (Annotated[Optional[Annotated[Item, "a"]], "b"], Item, (Item,)),
        (Item | Other | None, None, (Item, Other)),
        (Item | int, None, ()),
        (list[Item], None, ()),
        (Json[Item], None, ()),
        (Optional[Json[Item]], None, ()),
        (int, None, ()),
    ],
)
def test_models(annotation: Any, model: Any, models: tuple[Any, ...]) -> None:
    assert ask.model_of(annotation) is model
    assert ask.models_of(annotation) == models


def test_files_and_bytes() -> None:
    assert ask.is_upload(UploadFile | None)
    assert not ask.is_upload(list[UploadFile])
    assert ask.is_upload_sequence(list[UploadFile] | None)
    assert not ask.is_upload_sequence(list[str])
    assert ask.is_bytes(bytes | None)
    assert ask.is_bytes_sequence(Annotated[list[bytes], "a note"])


def test_what_is_no_class() -> None:
    assert not ask.is_class(list[int], list)
    assert not ask.is_class(type[int], type)
    assert not ask.is_class("Item", BaseModel)
    assert ask.is_class(Item, BaseModel)


SETTLED: list[Any] = [None, int, Item, List, list[int], dict[str, Item], Union[int, None]]
SETTLED += [Optional[Item], int | None, Annotated[int, "text"], tuple[int, str], Any, Many[int]]
UNSETTLED: list[Any] = ["int", List["int"], list["int"], Optional["Item"], dict[str, "Item"]]
UNSETTLED += [Annotated["int", "text"], Annotated[list["int"], "text"], Union[int, "Item"]]


@pytest.mark.parametrize("annotation", SETTLED, ids=repr)
def test_what_get_type_hints_would_not_change(annotation: Any) -> None:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    hints = get_type_hints(function, include_extras=True)
    if ask.is_settled(annotation):
        assert hints["value"] == (type(None) if annotation is None else annotation)
    else:
        assert annotation == Many[int]


@pytest.mark.parametrize("annotation", UNSETTLED, ids=repr)
def test_what_holds_a_name_is_not_settled(annotation: Any) -> None:
    assert not ask.is_settled(annotation)


@pytest.mark.parametrize("annotation", [int, str, float, bool, int | None, Optional[str]])
def test_plain_types(annotation: Any) -> None:
    assert ask.is_plain_type(annotation)


@pytest.mark.parametrize(
    "annotation",
    [Item, None, Any, "int", list[int], None | int, int | str, Annotated[int, "text"], List, T],
)
def test_other_types_are_not_plain(annotation: Any) -> None:
    assert not ask.is_plain_type(annotation)


def test_asking_about_typing_names_without_arguments() -> None:
    for name in ("List", "Dict", "Set", "Tuple", "FrozenSet", "Sequence", "Mapping", "Callable"):
        alone = getattr(typing, name)
        assert ask.is_settled(alone) in (True, False)
        assert not ask.is_plain_type(alone)
