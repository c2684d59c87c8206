"""Run one function on FastAPI and on pronghorn, with the names of each."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


class Framework:
    """One of the two, and names of its modules."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, path: str) -> Any:
        """Return the object at `module.name`; the module without the framework's name."""
        module, _, name = path.rpartition(".")
        full = ".".join(part for part in (self.name, module) if part)
        namespace: dict[str, Any] = {}
        exec(f"from {full} import {name} as found", namespace)  # As programs ask for it.
        return namespace["found"]


def on_both(function: Callable[[Framework], Any]) -> Any:
    """Return what a function gives on pronghorn; it must be what it gives on FastAPI."""
    importlib.import_module("fastapi")
    expected, given = function(Framework("fastapi")), function(Framework("pronghorn"))
    assert given == expected
    return given
