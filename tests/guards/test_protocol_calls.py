"""The number of functions that a request calls in the protocol class of `pronghorn run`."""

from __future__ import annotations

import sys

import pytest

from pronghorn import hooks
from tests.docs.following import follow, program

#: Functions of ours, of the program, and the compiled handler; lower it when one is saved.
MOST_CALLS = 19


@pytest.mark.usefixtures("short_ways")
def test_functions_per_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, hooks.API_MODULE, raising=False)
    monkeypatch.setattr(hooks, "_mounted", [])
    trace, _ = follow(program(), "/items/42?limit=5")
    assert len(trace.calls) <= MOST_CALLS, "\n".join(map(str, trace.calls))
