"""The batteries of one program start and stop together, and leave nothing behind."""

import asyncio
import gc
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pronghorn.exceptions import SetupError
from pronghorn.testclient import TestClient
from tests.sql.servers import wait_until
from tests.together.program import DONE, Program

pytestmark = [
    pytest.mark.usefixtures("mode"),
    pytest.mark.filterwarnings("error::ResourceWarning", "error::RuntimeWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail if a test leaves a thread, or an error in the log."""
    before = set(threading.enumerate())
    caplog.set_level(logging.WARNING)
    yield
    wait_until(lambda: not set(threading.enumerate()) - before)
    gc.collect()
    bad = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert bad == []


def data_of(text: str) -> list[Any]:
    """Return the data of the events of a stream."""
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def use_everything(program: Program, app: Any, prefix: str) -> None:
    """Use each battery once, with a worker beside the requests."""
    with (
        TestClient(app) as client,
        client.portal.wrap_async_context_manager(program.jobs.worker(app)) as worker,
    ):
        before = len(client.portal.call(program.read)["orders"])
        with client.websocket_connect(f"{prefix}/chat") as chat:
            placed = client.post(f"{prefix}/orders", json={"item": "lamp"})
            assert placed.status_code == 201
            assert chat.receive_json() == {"item": "lamp"}
            chat.send_json({"item": "hello"})
            assert chat.receive_json() == {"item": "hello"}
        seen = client.get(f"{prefix}/events?after=0&count=2")
        assert seen.headers["x-passed"] == "yes"
        assert data_of(seen.text)[:2] == [{"item": "lamp"}, {"item": "hello"}]
        assert len(client.get(f"{prefix}/orders").json()) == before + 1
        story = client.post(f"{prefix}/stories?words=3").json()
        path = prefix + story["url"].removeprefix("/shop")
        told = client.get(path, headers={"Origin": "http://a", "X-User": "ann"})
        assert told.headers["access-control-allow-origin"] == "*"
        assert [each for each in data_of(told.text) if isinstance(each, str)] == [
            f"word {number} " * 100 for number in range(3)
        ]
        assert client.get(path, headers={"X-User": "bob"}).status_code == 404
        client.portal.call(worker.drain)
    assert sorted(DONE) == ["packed lamp", "receipt lamp"]
    DONE.clear()


@pytest.mark.parametrize("is_mounted", [False, True], ids=["alone", "mounted"])
def test_a_program_is_started_twice(url: str, is_mounted: bool) -> None:
    program = Program(url)
    app = program.make_parent() if is_mounted else program.make_app()
    for _ in range(2):
        use_everything(program, app, "/mounted/shop" if is_mounted else "/shop")


def test_a_running_job_ends_before_the_database_is_closed(url: str) -> None:
    program = Program(url)
    app = program.make_app()
    log: list[str] = []

    async def slow() -> None:
        log.append("begins")
        await asyncio.sleep(0.3)
        async with program.db.transaction() as session:
            await program.jobs.enqueue(program_task, "later", session=session)
        log.append("ends")

    async def closed() -> None:
        log.append("closed")

    from tests.together.program import pack as program_task

    slow.__qualname__ = "slow"
    program.jobs.task(name="slow")(slow)
    program.db.before_close(closed)
    outer = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(given: Any) -> AsyncIterator[Any]:
        async with outer(given) as state, program.jobs.worker(app, ["default"]):
            yield state

    app.router.lifespan_context = lifespan
    with TestClient(app) as client:
        client.portal.call(program.jobs.enqueue, slow)
        wait_until(lambda: "begins" in log)
    assert log == ["begins", "ends", "closed"]


def test_two_programs_in_one_process(sqlite_url: str, tmp_path: Path) -> None:
    first, second = Program(sqlite_url), Program(f"sqlite:///{tmp_path / 'other.db'}")
    asyncio.run(second.create_tables())
    one, two = first.make_app(), second.make_app()
    with TestClient(one) as client, TestClient(two) as other:
        client.get("/shop/orders")
        assert other.post("/shop/orders", json={"item": "cup"}).status_code == 201
        assert client.get("/shop/orders").json() == []
        assert other.get("/shop/orders").json() == ["cup"]
        assert client.post("/shop/orders", json={"item": "lamp"}).status_code == 201
        with client.portal.wrap_async_context_manager(first.jobs.worker(one)) as worker:
            client.portal.call(worker.drain)
            assert sorted(DONE) == ["packed lamp", "receipt lamp"]
            with pytest.raises(SetupError, match="worker"):
                other.portal.call(second.jobs.worker(two).__aenter__)
        with other.portal.wrap_async_context_manager(second.jobs.worker(two)) as worker:
            other.portal.call(worker.drain)
        assert sorted(DONE) == ["packed cup", "packed lamp", "receipt cup", "receipt lamp"]
