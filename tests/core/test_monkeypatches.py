"""Detect whether a function is still the original."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from pronghorn import routing
from pronghorn.core.monkeypatches import (
    ROUTING,
    UNKNOWN,
    is_defined_by,
    is_overridden,
    is_replaced,
    original,
)


def test_nothing_is_replaced_at_first() -> None:
    assert original(Starlette, "__call__") is Starlette.__call__
    assert not is_replaced(Starlette)
    assert not is_replaced(Middleware, "__init__")
    assert not is_replaced(json, "loads")
    assert not is_replaced(ROUTING)
    assert not is_replaced("a.module.that.nobody.imports", "name")


def test_a_replacement_is_seen_until_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = functools.wraps(Request.body)(lambda self: None)
    with monkeypatch.context() as patch:
        patch.setattr(Request, "body", wrapper)
        assert is_replaced(Request, "body")
        assert is_replaced(Request)
        assert original(Request, "body") is not wrapper
    assert not is_replaced(Request, "body")


def test_what_was_replaced_before_the_first_question_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pronghorn.core.monkeypatches._originals", {})
    with monkeypatch.context() as patch:
        patch.setattr(Request, "body", functools.wraps(Request.body)(lambda self: None))
        assert original(Request, "body") is UNKNOWN
        assert is_replaced(Request, "body")
    assert not is_replaced(Request, "body")


def test_functions_of_our_routing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "serialize_response", print)
    assert is_replaced(ROUTING, "serialize_response", "solve_dependencies")
    assert not is_replaced(ROUTING, "solve_dependencies")


def test_an_attribute_that_nobody_watches_is_refused() -> None:
    with pytest.raises(KeyError, match="url"):
        original(Request, "url")


class Base:
    def one(self) -> None: ...

    def two(self) -> None: ...


class Own(Base):
    def two(self) -> None: ...


def test_overrides_of_a_class_and_of_an_instance() -> None:
    assert is_overridden(Own, Base, "one", "two")
    assert is_overridden(Own(), Base, "two")
    assert not is_overridden(Own(), Base, "one")
    changed: Any = Base()
    changed.one = print
    assert is_overridden(changed, Base, "one")
    assert not is_overridden(type(changed), Base, "one")
    assert not is_overridden(changed, Base, "two")


def test_where_a_function_was_compiled() -> None:
    assert is_defined_by(Base.one, "elsewhere", __name__)
    assert not is_defined_by(Base.one, "elsewhere")
    assert not is_defined_by(functools.wraps(Request.body)(Base.one), Request.__module__)
    assert not is_defined_by(object())
