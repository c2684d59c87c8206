"""No answer and no line of a log repeats a password or a token, in process and on the servers."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time

import pytest

from benchmarks.hardening.servers import Server, start
from pronghorn.exceptions import ResponseValidationError
from tests.bad_input.asking import ask_all
from tests.hardening.hostile import secrets_program
from tests.hardening.hostile.client import ask_bodies
from tests.hardening.hostile.secret_requests import SECRET, secret_requests

PROGRAM = "tests.hardening.hostile.secrets_program:app"
PATIENCE = 60.0


@pytest.mark.usefixtures("served")
def test_no_answer_in_process_repeats_a_secret(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = importlib.reload(secrets_program).app  # Its routes keep the mode of their first request.
    requests = list(secret_requests())
    answers = ask_all(app, requests)
    assert [
        request.name
        for request, answer in zip(requests, answers, strict=True)
        if SECRET.encode() in answer.body
    ] == []
    assert sum(answer.status == 422 for answer in answers) > 600
    assert {answer.error for answer in answers} == {None, ResponseValidationError.__name__}
    assert SECRET not in caplog.text


def read_until(server: Server, text: str) -> str:
    """What a server has printed, once a text is in it; it writes after it has answered."""
    deadline = time.monotonic() + PATIENCE
    while text not in (output := server.read_output()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return output


@pytest.mark.parametrize("kind", ["run", "granian"])
def test_no_log_of_a_server_repeats_a_secret(kind: str) -> None:
    requests = list(secret_requests())[-120:]
    with start(kind, PROGRAM) as server:
        bodies = asyncio.run(ask_bodies(server.port, requests, PATIENCE))
        output = read_until(server, "ResponseValidationError")
    assert not any(SECRET.encode() in body for body in bodies)
    assert SECRET not in output
    assert "ResponseValidationError" in output
    assert "GET /parameters?api_key=***&page=x HTTP" in output or kind == "granian"
