"""The scheduling policy of Granian's threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import httpx
import pytest

from pronghorn.adapters.granian_threads import take_longer_turns
from tests.contract.servers import ROOT, Server

ON_LINUX = sys.platform == "linux"
ORDINARY = os.SCHED_OTHER if ON_LINUX else None
#: Only Linux has the policy; elsewhere nothing changes.
PATIENT = os.SCHED_BATCH if ON_LINUX else None


def policy() -> int | None:
    """The policy of this thread."""
    return os.sched_getscheduler(0) if ON_LINUX else None


def in_thread(work: Callable[[], Any]) -> Any:
    """Run something in a thread of its own, since a policy is that of a thread."""
    results: list[Any] = []
    thread = Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_the_thread_and_those_that_it_starts() -> None:
    def work() -> list[int | None]:
        take_longer_turns()
        return [policy(), in_thread(policy)]

    assert in_thread(work) == [PATIENT, PATIENT]
    assert policy() == ORDINARY


def test_a_policy_that_was_chosen_stays() -> None:
    def work() -> tuple[int | None, int | None]:
        if ON_LINUX:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        chosen = policy()
        take_longer_turns()
        return chosen, policy()

    chosen, found = in_thread(work)
    assert found == chosen
    assert chosen != PATIENT or not ON_LINUX


def test_a_system_that_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbid, raising=False)
    take_longer_turns()
    assert policy() == ORDINARY


def test_all_threads_of_a_worker() -> None:
    """Granian starts its own after the startup of the application."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = Server("rsgi", "tests.adapters.program_of_worker:app", environment)
    try:
        policies = httpx.get(f"{server.url}/policies").json()
    finally:
        server.stop()
    assert set(policies) == {PATIENT}
    assert len(policies) > 2 or not ON_LINUX
