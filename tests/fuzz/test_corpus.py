"""The inputs that `make fuzz` has kept are read as they should be."""

from __future__ import annotations

import asyncio

import pytest

from tests.fuzz.__main__ import NAMES as COMMANDS
from tests.fuzz.__main__ import read_kept
from tests.fuzz.targets import NAMES, find_seeds, find_target

#: `tests/bad_input` compares the first inputs of the others.
QUICK = ("wire", "granian")


# Starlette leaves the file of a part without an end to the collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", NAMES)
def test_known_inputs(name: str) -> None:
    find = find_seeds if name in QUICK else read_kept
    inputs = list(find(name))
    assert inputs
    with asyncio.Runner() as runner:
        target = find_target(name, runner.get_loop())
        for data in inputs:
            target(data)


def test_every_target_is_run() -> None:
    assert NAMES == COMMANDS
