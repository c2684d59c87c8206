"""Servers of the program that is attacked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks.hardening.servers import start
from tests.hardening.judge import Verdict, judge_all
from tests.hardening.raw.table import CASES

PROGRAM = "tests.hardening.program:app"
WRAPPED = "tests.hardening.program:wrapped"
#: The maximum number of seconds to wait for an answer, on a machine that has much else to do.
PATIENCE = 20.0


def judge(kind: str, program: str) -> Iterator[list[Verdict]]:
    with start(kind, program) as server:
        yield asyncio.run(judge_all(server.port, CASES, PATIENCE))


@pytest.fixture(scope="session", params=[PROGRAM, WRAPPED])
def of_run(request: pytest.FixtureRequest) -> Iterator[list[Verdict]]:
    """The verdicts of `pronghorn run`: an application of ours, and one inside another."""
    yield from judge("run", request.param)


@pytest.fixture(scope="session")
def of_granian() -> Iterator[list[Verdict]]:
    """The verdicts of `pronghorn run --server granian`."""
    yield from judge("granian", PROGRAM)
