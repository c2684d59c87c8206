"""The garbage collector of a serving process."""

from __future__ import annotations

import gc
import os
from typing import Any

import httpx
import pytest

from pronghorn.adapters.collector import pass_over_startup
from tests.contract.servers import ROOT, Server


class Node:
    """An object that can hold itself, so that only the collector finds it."""

    itself: Any


@pytest.fixture
def thawed() -> Any:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_exists_is_passed_over_and_what_comes_is_not() -> None:
    before = Node()
    assert gc.is_tracked(before)
    pass_over_startup()
    after = Node()
    found = {id(one) for one in gc.get_objects()}
    assert id(before) not in found
    assert id(after) in found


@pytest.mark.usefixtures("thawed")
def test_garbage_of_the_startup_does_not_stay() -> None:
    gc.disable()
    try:
        node = Node()
        node.itself = node
        number = id(node)
        del node
        pass_over_startup()
        gc.unfreeze()
        assert number not in {id(found) for found in gc.get_objects() if type(found) is Node}
    finally:
        gc.enable()


def test_a_worker_of_granian() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = Server("rsgi", "tests.adapters.program_of_worker:app", environment)
    try:
        assert httpx.get(f"{server.url}/frozen").json() > 10_000
    finally:
        server.stop()
