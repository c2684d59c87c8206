"""Keywords of a `TypedDict`: what a callable accepts, and the signature that it shows."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any, TypedDict

import pytest
from typing_extensions import Unpack

from pronghorn import FastAPI
from pronghorn.core.typed_kwargs import expand_signature
from pronghorn.exceptions import SetupTypeError


class Always(TypedDict):
    colour: str


class Options(Always, total=False):
    size: int


@expand_signature(Options)
def paint(what: str, *, twice: bool = False, **options: Unpack[Options]) -> dict[str, Any]:
    return {"what": what, "twice": twice, **options}


class Painter:
    paint = paint


def test_required_and_other_keys_and_own_parameters_are_accepted() -> None:
    expected = {"what": "door", "twice": True, "colour": "red", "size": 2}
    assert paint("door", twice=True, colour="red", size=2) == expected
    assert paint(what="door", colour="red")["twice"] is False


def test_an_unknown_keyword_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SetupTypeError, match="Did you mean 'colour'"):
        paint("door", color="red")  # type: ignore[call-arg]


def test_the_signature_has_the_keys() -> None:
    shown = inspect.signature(paint)
    assert list(shown.parameters) == ["what", "twice", "colour", "size"]
    assert shown.parameters["size"].kind is inspect.Parameter.KEYWORD_ONLY
    assert shown.return_annotation == "dict[str, Any]"
    assert str(shown).startswith("(what: 'str', *, twice: 'bool' = False, colour:")
    assert shown.bind("door", size=2).arguments == {"what": "door", "size": 2}


def test_a_signature_can_be_changed_compared_and_copied() -> None:
    shown = inspect.signature(paint)
    assert shown == inspect.signature(paint)
    assert hash(shown) == hash(inspect.signature(paint))
    assert list(shown.replace(parameters=[]).parameters) == []
    assert copy.copy(shown) == shown
    assert copy.deepcopy(shown) == shown
    kept = inspect.signature(FastAPI)
    assert pickle.loads(pickle.dumps(kept.replace(parameters=[]))).parameters == {}


def test_a_method_has_no_first_parameter() -> None:
    assert list(inspect.signature(Painter().paint).parameters) == ["twice", "colour", "size"]
