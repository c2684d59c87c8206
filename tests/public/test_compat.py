"""The names that libraries import from `fastapi._compat`."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Union

import pytest
from pydantic import VERSION, BaseModel
from pydantic.fields import FieldInfo

from pronghorn import _compat
from pronghorn._compat import v2
from pronghorn.datastructures import UploadFile
from pronghorn.interop.homes import HOMES


class Item(BaseModel):
    name: str
    size: int = 1


def field(annotation: Any) -> v2.ModelField:
    return v2.ModelField(name="value", field_info=FieldInfo(annotation=annotation))


def test_everything_promised_is_there() -> None:
    names = [name for names in HOMES["pronghorn._compat"].values() for name in names.split()]
    names = [name.rpartition("=")[2] for name in names]
    assert [name for name in names if not hasattr(_compat, name)] == []


def test_the_version_of_pydantic() -> None:
    major, minor = _compat.PYDANTIC_VERSION_MINOR_TUPLE
    assert VERSION.startswith(f"{major}.{minor}.")


def test_a_field_without_default() -> None:
    assert field(str).default is _compat.Undefined


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (list[str] | None, ("a",), ["a"]),
        (Union[None, list[str]], ("a",), ["a"]),
        (set[int], [1, 1], {1}),
        (tuple[int, ...], [1], (1,)),
        (deque[int], [1], deque([1])),
        (Sequence[int], (1,), [1]),
    ],
)
def test_sequences_of_the_declared_kind(annotation: Any, value: Any, expected: Any) -> None:
    made = v2.serialize_sequence_value(field=field(annotation), value=value)
    assert (made, type(made)) == (expected, type(expected))


def test_what_is_no_sequence() -> None:
    with pytest.raises(TypeError):
        v2.serialize_sequence_value(field=field(int), value=[1])


def test_questions_about_types() -> None:
    assert _compat.is_bytes_sequence_annotation(list[str] | list[bytes])
    assert _compat.is_uploadfile_sequence_annotation(list[str] | list[UploadFile])
    assert _compat.field_annotation_is_scalar(int | None)
    assert not _compat.field_annotation_is_scalar(Item | None)
    assert _compat.lenient_issubclass(Item, BaseModel)
    assert not _compat.lenient_issubclass(list[int], list)
    assert not _compat.lenient_issubclass(Item, None)
    assert _compat.value_is_sequence([1])
    assert not _compat.value_is_sequence("text")
    assert _compat.is_scalar_field(field(int))
    assert not _compat.is_pydantic_v1_model_instance(Item(name="a"))
    assert not _compat.annotation_is_pydantic_v1(list[Item])


def test_fields_of_a_model() -> None:
    fields = _compat.get_cached_model_fields(Item)
    assert [item.name for item in fields] == ["name", "size"]
    assert _compat.get_cached_model_fields(Item) is fields
    body = _compat.create_body_model(fields=fields, model_name="Body")
    assert body(name="a").model_dump() == {"name": "a", "size": 1}


def test_a_declaration_for_another_type() -> None:
    original = FieldInfo(annotation=int, title="Title", gt=3)
    copied = _compat.copy_field_info(field_info=original, annotation=str)
    assert (copied.annotation, copied.title, original.annotation) == (str, "Title", int)
    assert copied.metadata == original.metadata
    assert copied.metadata is not original.metadata


def test_forward_references() -> None:
    assert _compat.evaluate_forwardref("Item", globals()) is Item
    assert _compat.evaluate_forwardref("Item", {}, {"Item": int}) is int


def test_the_error_for_a_missing_value() -> None:
    assert _compat.get_missing_field_error(("body", "a"))["type"] == "missing"
