"""No hostile request is answered with 5xx, on any way; `make harden` sends 200,000."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.hardening.servers import start
from pronghorn.testclient import TestClient
from tests.bad_input.asking import Answer, ask_all
from tests.bad_input.attacks import Attack
from tests.hardening.hostile.client import send_all
from tests.hardening.hostile.program import build
from tests.hardening.hostile.requests import generate, on_the_wire

#: Starlette drops a file whose part has no end; it is freed at once, but not closed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
    ),
]
SEED = 2
PATIENCE = 60.0


def hostile(count: int) -> list[Attack]:
    """Requests, without those at which `request.url` fails: no server lets such bytes pass."""
    return [
        request
        for request in generate(SEED, count)
        if request.path != "/request" or request.query.isascii()
    ]


def failed(requests: list[Attack], answers: list[Answer]) -> dict[str, tuple[int, str | None]]:
    return {
        request.name: (answer.status, answer.error)
        for request, answer in zip(requests, answers, strict=True)
        if not 200 <= answer.status < 500 or answer.error
    }


@pytest.fixture(params=[False, True], ids=["alone", "behind middleware"])
def app(request: pytest.FixtureRequest, mode: str) -> Any:
    return build("pronghorn", around=request.param)


def test_no_answer_in_process_is_5xx(app: Any) -> None:
    requests = hostile(600)
    assert failed(requests, ask_all(app, requests)) == {}


def test_the_statuses_are_those_of_fastapi_where_that_does_not_fail() -> None:
    requests = hostile(600)
    expected = ask_all(build("fastapi"), requests)
    answers = ask_all(build("pronghorn"), requests)
    others = {
        request.name: (ours.status, theirs.status)
        for request, ours, theirs in zip(requests, answers, expected, strict=True)
        if theirs.status not in (ours.status, 500) and request.method != "HEAD"
    }
    assert {name for name in others if not is_deep(name, requests)} == set()
    assert any(theirs.status == 500 for theirs in expected)


def is_deep(name: str, requests: list[Attack]) -> bool:
    """Whether a body has more levels than pronghorn reads, which is a difference."""
    (body,) = (request.body for request in requests if request.name == name)
    return body.count(b"[") + body.count(b"{") > 201


def test_the_test_client_raises_nothing() -> None:
    requests = [
        request
        for request in hostile(300)
        if request.path.isprintable() and request.method not in ("G T", "")
    ]
    with TestClient(build("pronghorn")) as client:
        for request in requests:
            answer = client.request(
                request.method,
                request.path.encode("ascii", "replace").decode(),
                content=request.body,
                headers=list(request.headers),
            )
            assert answer.status_code < 500, request.name


@pytest.mark.parametrize("kind", ["run", "granian"])
def test_no_answer_of_a_server_is_5xx(kind: str) -> None:
    with start(kind, "tests.hardening.hostile.program:app") as server:
        tally = asyncio.run(send_all(server.port, generate(SEED, 800), PATIENCE))
    assert tally.failed == []
    assert tally.total == 800
    assert {200, 400, 401, 404, 405, 422} <= set(tally.statuses)


def test_a_seed_always_gives_the_same_requests() -> None:
    first, second = ([on_the_wire(each) for each in generate(3, 200)] for _ in range(2))
    assert first == second
    assert first != [on_the_wire(each) for each in generate(4, 200)]
