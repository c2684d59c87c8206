"""Checks of odd forms and with odd ends: each probe gets a true answer, and the server goes on."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import pytest

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.health import Check
from pronghorn.testclient import TestClient


async def fail() -> None:
    raise ConnectionError("no route")


async def deny() -> bool:
    return False


async def cancel_itself() -> None:
    task = asyncio.ensure_future(asyncio.sleep(10))
    task.cancel()
    await task


async def exit_process() -> None:
    sys.exit(3)


class Stop(BaseException):
    """No `Exception`."""


async def stop() -> None:
    raise Stop


def exit_thread() -> None:
    sys.exit(3)


@dataclass
class Unhashable:
    is_up: bool

    def __call__(self) -> bool:
        return self.is_up


def ready_of(*checks: Any) -> dict[str, str]:
    """Return the statuses of checks after two probes, which find the server alive."""
    app = FastAPI()
    app.health(ready=[Check(check, name=str(number)) for number, check in enumerate(checks)])
    with TestClient(app) as client:
        found: dict[str, str] = client.get("/ready").json()["checks"]
        assert client.get("/live").status_code == 200
    return found


@pytest.mark.parametrize("coroutine", [fail, deny])
def test_a_function_that_returns_a_coroutine_is_awaited(coroutine: Callable[..., Any]) -> None:
    assert ready_of(lambda: coroutine(*())) == {"0": "failing"}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_coroutine_of_a_lambda_has_the_time_of_the_check(backend: str) -> None:
    app = FastAPI()
    app.health(ready=[Check(lambda: anyio.sleep(5), name="slow", timeout=0.05)])
    with TestClient(app, backend=backend) as client:
        assert client.get("/ready").json()["checks"] == {"slow": "timed out"}


@pytest.mark.parametrize("check", [cancel_itself, exit_process, stop, exit_thread])
def test_whatever_a_check_raises_is_a_failure(
    check: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert ready_of(check) == {"0": "failing"}
    assert caplog.records[0].exc_info


@pytest.mark.parametrize(("is_up", "status"), [(True, "ok"), (False, "failing")])
def test_an_object_without_hash_is_a_check(is_up: bool, status: str) -> None:
    assert ready_of(Unhashable(is_up)) == {"0": status}


def test_without_a_thread_a_check_fails_until_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI()
    app.health(ready=[Check(lambda: True, name="disk", cache=0)])
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "health check disk":
            raise RuntimeError("can't start new thread")
        start(thread)

    with TestClient(app) as client:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            assert client.get("/ready").json()["checks"] == {"disk": "failing"}
        assert client.get("/ready").json()["checks"] == {"disk": "ok"}


def get_number() -> int:
    return 1


def needs_two(number: Annotated[int, Depends(get_number)]) -> bool:
    return number == 2


async def deny_in_parts() -> Any:
    yield False


@pytest.mark.parametrize("replacement", [needs_two, lambda: deny(*()), deny_in_parts])
def test_what_replaces_a_check_has_every_form_of_one(replacement: Callable[..., Any]) -> None:
    async def succeed() -> None: ...

    app = FastAPI()
    app.health(ready=[Check(succeed, cache=0)])
    with TestClient(app) as client:
        assert client.get("/ready").status_code == 200
        app.dependency_overrides[succeed] = replacement
        assert client.get("/ready").json()["checks"] == {"succeed": "failing"}
        app.dependency_overrides.clear()
        assert client.get("/ready").status_code == 200


def test_after_a_lifespan_the_application_may_be_called_without_one() -> None:
    app = FastAPI()
    app.health()
    with TestClient(app) as client:
        assert client.get("/ready").status_code == 200
    assert TestClient(app).get("/ready").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"live_path": False}, "live_path=False is not a path"),
        ({"live_path": "/live?full"}, "is not a path of its own"),
        ({"ready_path": "/%72eady"}, "is not a path of its own"),
        ({"ready": None}, "ready is a list of checks"),
        ({"ready": 5}, "ready is a list of checks"),
        ({"ready": "check"}, "ready is a list of checks"),
    ],
)
def test_arguments_that_cannot_work(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(SetupError, match=text):
        FastAPI().health(**arguments)
