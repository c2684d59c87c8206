"""An option at a place that does not have it, or with a value that it cannot have."""

from __future__ import annotations

from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.exceptions import SetupError, SetupTypeError


@pytest.mark.parametrize("option", ["hardened", "validation_error_input", "docs_url"])
def test_an_option_of_the_application_is_named_as_such(option: str) -> None:
    places: list[Any] = [APIRouter, APIRouter().get, FastAPI().websocket, APIRouter().post]
    for place in places:
        with pytest.raises(SetupTypeError) as caught:
            place(**({} if place is APIRouter else {"path": "/"}), **{option: "none"})
        assert caught.value.probably == f"{option} is an option of FastAPI()"
        assert __file__ in str(caught.value.where)


def test_an_option_of_several_places() -> None:
    with pytest.raises(SetupTypeError) as caught:
        FastAPI().get("/", websocket_origins=["*"])  # type: ignore[call-arg]
    named = str(caught.value.probably)
    assert named.startswith("websocket_origins is an option of APIRouter(), ")
    assert "websocket()" in named


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("validation_error_input", False),
        ("validation_error_input", ""),
        ("websocket_origins", False),
        ("websocket_origins", ""),
        ("websocket_origins", ["shop.example"]),
    ],
)
def test_a_value_that_an_option_cannot_have_is_named_with_its_line(option: str, value: Any) -> None:
    with pytest.raises(SetupError) as caught:
        FastAPI(**{option: value})
    assert str(caught.value).startswith(option)
    assert __file__ in str(caught.value.where)


def test_no_origin_at_all_may_be_allowed() -> None:
    assert FastAPI(websocket_origins=[]).websocket_origins == []
