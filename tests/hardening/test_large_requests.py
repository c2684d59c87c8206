"""Large bodies of any shape get the statuses of small ones, and short answers."""

from __future__ import annotations

import importlib

import pytest

from benchmarks.hardening.probes.large_json import MANY_ERRORS
from tests.bad_input.asking import ask_all
from tests.hardening.hostile import large_program
from tests.hardening.hostile.large_requests import FEW, large_requests

SIZE = 200_000
#: Bytes. The first errors of a body of any size take less.
LONGEST_ANSWER = 250_000


@pytest.mark.usefixtures("served")
def test_a_large_body_has_the_status_of_a_small_one(mode: str) -> None:
    app = importlib.reload(large_program).app  # Its routes keep the mode of their first request.
    small, large = (list(large_requests(size)) for size in (2_000, SIZE))
    expected = ask_all(app, small)
    answers = ask_all(app, large)
    assert [request.name for request in small] == [request.name for request in large]
    assert [answer.status for answer in answers] == [answer.status for answer in expected]
    assert {answer.status for answer in answers} == {200, 422}
    assert max(len(answer.body) for answer in answers) < LONGEST_ANSWER


def test_the_requests_of_the_probe_exist() -> None:
    assert FEW | {MANY_ERRORS} <= {request.name for request in large_requests(100)}
