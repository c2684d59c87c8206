"""Record the functions that run between two points, in every thread."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Calls(Counter[tuple[str, str]]):
    """How often each function was called: (module, qualified name) -> number."""

    def of(self, module: str, name: str) -> int:
        return self[module, name]

    def into(self, *prefixes: str) -> set[tuple[str, str]]:
        """The functions of modules that begin so."""
        return {
            found
            for found in self
            if any(found[0] == prefix or found[0].startswith(f"{prefix}.") for prefix in prefixes)
        }


@contextmanager
def count_calls() -> Iterator[Calls]:
    """Count calls of pronghorn's functions, and those it makes to `inspect` and `typing`.

    Calls in threads that begin meanwhile count, too.
    """
    calls = Calls()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event != "call":
            return
        module = frame.f_globals.get("__name__", "")
        is_ours = module.startswith("pronghorn.")
        if is_ours or (module in ("inspect", "typing", "typing_extensions") and by_us(frame)):
            calls[module, frame.f_code.co_qualname] += 1

    before = sys.getprofile(), threading.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])


def by_us(frame: FrameType) -> bool:
    """Whether pronghorn's code asked for this call, not a library below it."""
    caller = frame.f_back
    while caller is not None and caller.f_globals.get("__name__") in ("inspect", "typing"):
        caller = caller.f_back
    return caller is not None and caller.f_globals.get("__name__", "").startswith("pronghorn")
