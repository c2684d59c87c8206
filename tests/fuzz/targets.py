"""The targets by name: each is given bytes, and raises if a reader does wrong with them."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.fuzz.__main__ import read_kept
from tests.fuzz.requests import MAKERS, Engines, seeds
from tests.fuzz.wire import Granian, Wire, granian_seeds, wire_seeds

NAMES = (*MAKERS, "wire", "granian")


def find_target(name: str, loop: AbstractEventLoop) -> Callable[[bytes], None]:
    """Return the function of a target; it answers requests in an event loop that it runs."""
    if name in MAKERS:
        both, make = Engines(loop), MAKERS[name]
        return lambda data: both.compare(make(data))
    made: Any = Wire(loop) if name == "wire" else Granian(loop)
    compare: Callable[[bytes], None] = made.compare
    return compare


def find_seeds(name: str) -> Iterator[bytes]:
    """Yield the inputs with which a target begins."""
    yield from read_kept(name)
    makers = {"wire": wire_seeds, "granian": granian_seeds}
    yield from makers.get(name, partial(seeds, name))()
