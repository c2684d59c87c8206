"""Types that are refused while an application is declared."""

from __future__ import annotations

import sys
import types
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from pronghorn.exceptions import FastAPIError, PydanticV1NotSupportedError, SetupError
from pronghorn.plan.check import invalid_type_error, refuse_pydantic_v1, uses_pydantic_v1


class Item(BaseModel):
    name: str


class OldBaseModel:
    """Stands for the base of the models of `pydantic.v1`, which new Pythons cannot import."""


class OldItem(OldBaseModel):
    name: str


@pytest.fixture
def old_models(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("pydantic.v1")
    vars(module)["BaseModel"] = OldBaseModel
    monkeypatch.setitem(sys.modules, "pydantic.v1", module)


@pytest.mark.usefixtures("old_models")
@pytest.mark.parametrize(
    "annotation",
    [
        OldItem,
        OldItem | None,
        dict[str, int] | OldItem,
        list[OldItem],
        dict[str, list[OldItem]],
        Annotated[OldItem, "a note"],
    ],
)
def test_models_of_pydantic_v1_are_refused(annotation: Any) -> None:
    assert uses_pydantic_v1(annotation)
    with pytest.raises(PydanticV1NotSupportedError, match=r"pydantic\.v1"):
        refuse_pydantic_v1(annotation)


@pytest.mark.usefixtures("old_models")
def test_other_types_are_not() -> None:
    assert not uses_pydantic_v1(Item | None)
    refuse_pydantic_v1(list[Item])


def test_without_pydantic_v1_there_is_nothing_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pydantic.v1", raising=False)
    assert not uses_pydantic_v1(OldItem)


def test_the_error_for_a_type_that_cannot_be_validated() -> None:
    error = invalid_type_error(OldItem)
    assert isinstance(error, SetupError | FastAPIError)
    assert "valid Pydantic field type" in str(error)
    assert "parameter response_model=None" in str(error)
