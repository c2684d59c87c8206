"""How streams end: by themselves, by a failure, by a cancellation, with their job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pronghorn.sql import Database
from tests.channels import answers
from tests.channels.answers import Question, gates, told
from tests.channels.events import read_events
from tests.channels.streaming import (
    ANN,
    data_of,
    empty_database,
    names_of,
    run,
    running,
    until,
)

QUESTION = Question(text="why", count=5)


@pytest.fixture(params=["sqlite", "asyncpg"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database; the driver that is left out is that of the tests of outages."""
    yield from empty_database(request)


def test_a_failure_tells_clients_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = await program.start(answers.fail, "hunter2")
            response = await program.get(stream.id)
            events = read_events(response.text)
            assert names_of(events) == ["message", "failed"]
            assert json.loads(events[-1].data) == {"detail": "The stream failed"}
            assert "hunter2" not in response.text
            assert (await program.get(stream.id, events[-1].id)).status_code == 204
            await until(lambda: "hunter2" in caplog.text)
            dead = await program.jobs.list(state="dead")
            assert "hunter2" in str(dead[0].error)

    run(test)


@pytest.mark.parametrize(
    ("producer", "args", "detail"),
    [
        (answers.fail_openly, ("The model is busy",), "The model is busy"),
        (answers.say_wrong, (), "The stream failed"),
        (answers.name_an_end, (), "The stream failed"),
    ],
)
def test_what_a_client_may_know_of_a_failure(
    producer: Any, args: tuple[Any, ...], detail: str, sqlite_url: str
) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url)) as program:
            events = await program.all_events(producer, *args)
            assert (events[-1].name, json.loads(events[-1].data)) == ("failed", {"detail": detail})

    run(test)


def test_a_producer_that_takes_too_long_has_failed(sqlite_url: str) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), timeout="100ms") as program:
            gates["slow"] = asyncio.Event()
            events = await program.all_events(answers.wait_for, "slow")
            assert data_of(events) == ['"before"']
            assert json.loads(events[-1].data) == {"detail": "The stream took too long"}
            assert told == ["left"]

    run(test)


def test_a_failed_producer_begins_again_if_it_may(database: Database) -> None:
    async def test() -> None:
        async with running(database, retries=1) as program:
            gates["fail"] = asyncio.Event()
            stream = (await program.start(answers.fail_once)).id
            following = asyncio.create_task(program.events(stream))
            async with program.streams.read(stream) as begun:
                await anext(aiter(begun))
            gates["fail"].set()
            events = await following
            assert [(event.name, event.data) for event in events] == [
                ("message", "1"),
                ("reset", '{"reason":"restarted"}'),
                ("message", "2"),
                ("end", '{"state":"done"}'),
            ]
            assert data_of(await program.events(stream)) == ["2"]
            late = await program.events(stream, events[0].id)
            assert names_of(late) == ["reset", "message", "end"]
            assert names_of(await program.events(stream, events[1].id)) == ["message", "end"]

    run(test)


def test_a_cancelled_producer_cleans_up(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            gates["long"] = asyncio.Event()
            stream = (await program.start(answers.wait_for, "long")).id
            following = asyncio.create_task(program.events(stream))
            async with program.streams.read(stream) as events:
                assert (await anext(aiter(events))).raw_data == '"before"'
            gone = await program.client.delete(f"/answers/{stream}", headers=ANN)
            assert gone.status_code == 204
            assert [(each.name, each.data) for each in await following] == [
                ("message", '"before"'),
                ("end", '{"state":"cancelled"}'),
            ]
            await until(lambda: told == ["left"])
            again = await program.client.delete(f"/answers/{stream}", headers=ANN)
            assert again.status_code == 204

    run(test)


def test_a_stream_that_is_cancelled_before_it_begins_never_does(database: Database) -> None:
    async def test() -> None:
        async with running(database, worker=False) as program:
            stream = (await program.start(answers.answer, QUESTION)).id
            assert await program.streams.cancel(stream, owner="ann")
            async with program.jobs.worker(program.app):
                assert names_of(await program.events(stream)) == ["end"]
                await program.all_events(answers.count_to, 1)
            assert told == []

    run(test)


def test_a_client_that_leaves_does_not_stop_the_producer(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            gates["alone"] = asyncio.Event()
            stream = (await program.start(answers.wait_for, "alone")).id
            following = asyncio.create_task(program.events(stream))
            async with program.streams.read(stream) as events:
                await anext(aiter(events))
            following.cancel()
            gates["alone"].set()
            assert data_of(await program.events(stream)) == ['"before"', '"behind"']

    run(test)


def test_a_worker_that_lacks_the_producer_gives_it_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), worker=False) as program:
            stream = (await program.start(answers.count_to, 3)).id
            # A worker of another release, which does not have the generator yet.
            monkeypatch.delattr(answers, "count_to")
            app, jobs, _ = answers.make_app(program.db)
            async with jobs.worker(app):
                await until(lambda: "there is no function" in caplog.text)
                monkeypatch.undo()
                assert data_of(await program.events(stream)) == ["1", "2", "3"]

    run(test)


def test_an_operator_lets_a_dead_stream_begin_anew(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            gates["repair"] = asyncio.Event()
            stream = (await program.start(answers.fail_until, "repair")).id
            failed = (await program.events(stream))[-1]
            while not (dead := await program.jobs.list(state="dead")):  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.02)
            gates["repair"].set()
            assert await program.jobs.retry(dead[0].id)
            again = await program.get(stream, failed.id)
            while again.status_code == 204:
                again = await program.get(stream, failed.id)
            events = read_events(again.text)
            assert names_of(events) == ["reset", "message", "end"]

    run(test)


def test_a_dead_job_ends_its_stream(database: Database) -> None:
    async def test() -> None:
        async with running(database, worker=False) as program:
            stream = (await program.start(answers.count_to, 3)).id
            following = asyncio.create_task(program.events(stream))
            jobs = await program.jobs.list()
            await program.jobs.cancel(jobs[0].id)
            assert names_of(await following) == ["failed"]
            assert names_of(await program.events(stream)) == ["failed"]

    run(test)


def test_a_look_at_the_state_does_not_cut_off_the_last_items(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            # Its readers are not those of the worker: they learn of items later than of the state.
            _, _, elsewhere = answers.make_app(database, look="1ms")
            for _ in range(3):
                stream = (await program.start(answers.answer, Question(text="x", pause=0.05))).id
                async with elsewhere.read(stream) as events:
                    found = [event.raw_data async for event in events]
                assert len(found) == 4

    run(test)
