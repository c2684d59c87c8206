"""Describe the values that a program has, for messages."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["describe", "describe_result"]


def describe_result(value: Any) -> str:
    """Return a description of what a function returned: `None`, or "an int"."""
    return "None" if value is None else describe(value)


def describe(value: Any) -> str:
    """Return a description of a value for messages: "a function", "the class Shop", "an int"."""
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    if inspect.isfunction(value):
        return "a function"
    kind = type(value).__name__
    return f"{_article(kind)} {kind}"


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeio" else "a"
