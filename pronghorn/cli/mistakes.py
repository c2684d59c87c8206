"""Describe mistakes in the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Mistake", "Mistakes", "need_own_protocol", "option_name"]


class Mistake(NamedTuple):
    """One mistake in the command line.

    Attributes:
        message: What is wrong, in one line.
        hint: What to write instead.
    """

    message: str
    hint: str = ""


Mistakes = Iterator[Mistake]


def option_name(field: str) -> str:
    """Return the option of a field: `"ssl_certfile"` is `"--ssl-certfile"`."""
    return "--" + field.replace("_", "-")


def need_own_protocol(field: str) -> Mistake:
    """Return the mistake that an option of our protocol class is beside `--protocol asgi`."""
    return Mistake(
        f"Cannot use {option_name(field)} together with --protocol asgi",
        "uvicorn's own protocol has no such limit. Leave --protocol asgi out.",
    )
