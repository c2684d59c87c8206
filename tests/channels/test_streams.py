"""A stream is followed from any place, to its end, by its owner alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from pronghorn.channels import Channels
from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from tests.channels import answers
from tests.channels.answers import Question, told
from tests.channels.events import read_events
from tests.channels.stores import RedisStore
from tests.channels.streaming import ANN, BOB, data_of, empty_database, names_of, run, running

QUESTION = Question(text="why", count=5)
TOKENS = [f'{{"number":{number},"text":"why"}}' for number in range(1, 6)]


@pytest.fixture(params=["sqlite", "asyncpg"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database; the driver that is left out is that of the tests of outages."""
    yield from empty_database(request)


def test_a_client_gets_all_items_and_the_end(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            asked = await program.client.post("/answers", json=QUESTION.model_dump(), headers=ANN)
            assert asked.status_code == 202
            stream = asked.json()
            assert stream["url"] == f"/answers/{stream['id']}"
            events = await program.events(stream["id"])
            assert data_of(events) == TOKENS
            assert (events[-1].name, events[-1].data) == ("end", '{"state":"done"}')
            assert len({event.id for event in events}) == len(events)
            assert events[0].retry == 1000
            assert told == ["model", "complete", "over", "closed"]

    run(test)


def test_a_client_goes_on_behind_each_event(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = (await program.start(answers.answer, QUESTION)).id
            events = await program.events(stream)
            for number, event in enumerate(events[:-1], 1):
                rest = await program.events(stream, event.id)
                assert [each.id for each in rest] == [each.id for each in events[number:]]
                assert data_of(rest) == TOKENS[number:]
            assert (await program.get(stream, events[-1].id)).status_code == 204

    run(test)


def test_groups_of_any_size_are_cut_anywhere(database: Database) -> None:
    async def test() -> None:
        async with running(database, pace=0.0) as program:
            stream = (
                await program.start(answers.answer, Question(text="x", count=40, pause=0.001))
            ).id
            events = await program.events(stream)
            for event in events[::7]:
                rest = await program.events(stream, event.id)
                number = events.index(event) + 1
                assert [each.id for each in rest] == [each.id for each in events[number:]]

    run(test)


def test_the_header_is_newer_than_the_query(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = await program.start(answers.count_to, 3)
            first, second, *_ = await program.events(stream.id)
            url = f"{stream.url}?after={first.id}"
            by_query = await program.client.get(url, headers=ANN)
            assert data_of(read_events(by_query.text)) == ["2", "3"]
            both = await program.client.get(url, headers={**ANN, "Last-Event-ID": second.id})
            assert data_of(read_events(both.text)) == ["3"]

    run(test)


@pytest.mark.parametrize(
    "bad", ["x", "1", "1.2", "1.2.3.4", "1.2.-3", "1.end.2", "9" * 30, "1.1.²", "1.1.1\n"]
)
def test_what_is_not_an_id_is_refused(bad: str, sqlite_url: str) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), worker=False) as program:
            stream = await program.start(answers.count_to, 3)
            response = await program.client.get(f"{stream.url}", params={"after": bad}, headers=ANN)
            assert response.status_code == 422
            assert response.json()["detail"][0]["loc"] == ["query", "after"]

    run(test)


def test_an_id_of_another_store_begins_anew(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = (await program.start(answers.count_to, 3)).id
            await program.events(stream)
            events = await program.events(stream, "7.4.99")
            assert names_of(events) == ["reset", "message", "message", "message", "end"]

    run(test)


def test_a_stream_of_somebody_else_is_like_one_that_does_not_exist(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = (await program.start(answers.count_to, 3)).id
            unknown = await program.get("x" * 22)
            for other in (BOB, {}, {"X-User": ""}):
                foreign = await program.get(stream, owner=other)
                assert foreign.status_code == unknown.status_code == 404
                assert foreign.content == unknown.content
                assert foreign.headers == unknown.headers
            for bad in ("%00", "a" * 5000, "%ff", "'--"):
                assert (await program.client.get(f"/answers/{bad}", headers=ANN)).status_code == 404
            assert (
                await program.client.delete(f"/answers/{stream}", headers=BOB)
            ).status_code == 404
            assert data_of(await program.events(stream)) == ["1", "2", "3"]

    run(test)


def test_a_stream_without_an_owner_belongs_to_all(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = await program.streams.start(answers.count_to, 1, owner=None)
            assert (await program.get(stream.id, owner={})).status_code == 200
            assert (await program.get(stream.id)).status_code == 404

    run(test)


def test_a_stream_begins_with_the_commit_or_never(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            async with database.transaction() as session:
                lost = await program.start(answers.count_to, 1, session=session)
                await session.rollback()
            async with database.transaction() as session:
                kept = await program.start(answers.count_to, 1, session=session)
            assert data_of(await program.events(kept.id)) == ["1"]
            assert (await program.get(lost.id)).status_code == 404

    run(test)


def test_kinds_of_items(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            named = await program.all_events(answers.name_events)
            assert [(each.name, each.data) for each in named[:2]] == [
                ("token", '{"job":true}'),
                ("message", "two\nlines"),
            ]
            anything = await program.all_events(answers.say_anything)
            assert data_of(anything) == ['{"a":[1,null]}', '{"number":1,"text":"x"}']
            assert names_of(await program.all_events(answers.say_nothing)) == ["end"]

    run(test)


def test_a_stream_is_gone_after_its_time(database: Database) -> None:
    async def test() -> None:
        async with running(database, ttl="100ms") as program:
            stream = (await program.start(answers.count_to, 1)).id
            await program.events(stream)
            while (await program.get(stream)).status_code != 404:  # noqa: ASYNC110 - by the clock
                await asyncio.sleep(0.05)
            await program.start(answers.count_to, 1)
            async with database.transaction(read_only=True) as session:
                count = text("SELECT count(*) FROM pronghorn_streams WHERE id = :id")
                assert await session.scalar(count, {"id": stream}) == 0

    run(test)


def test_items_that_are_not_kept_are_a_reset(database: Database) -> None:
    async def test() -> None:
        # Of groups of items; they are larger on a busy machine, so that there are fewer.
        async with running(database, keep=3, pace=0.0) as program:
            question = Question(text="x", count=60, pause=0.01)
            stream = (await program.start(answers.answer, question)).id
            async with program.streams.read(stream) as events:
                first = await anext(aiter(events))
            await program.events(stream)
            rest = await program.events(stream, first.id or "")
            assert (rest[0].name, rest[0].data) == ("reset", '{"reason":"trimmed"}')
            numbers = [json.loads(data)["number"] for data in data_of(rest)]
            assert numbers == list(range(numbers[0], 61))

    run(test)


def test_channels_in_memory(sqlite_url: str) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), channels=Channels.memory()) as program:
            stream = (await program.start(answers.answer, QUESTION)).id
            events = await program.events(stream)
            assert data_of(events) == TOKENS
            assert data_of(await program.events(stream, events[1].id)) == TOKENS[2:]

    run(test)


def test_channels_in_redis(sqlite_url: str, redis_server: Any) -> None:
    async def test() -> None:
        db = Database(sqlite_url)
        store = RedisStore.on(redis_server, db)
        async with running(db, channels=store.channels) as program:
            stream = (await program.start(answers.answer, QUESTION)).id
            events = await program.events(stream)
            assert data_of(events) == TOKENS
            assert events[-1].name == "end"
            for number, event in enumerate(events[:-1], 1):
                assert data_of(await program.events(stream, event.id)) == TOKENS[number:]
            cancelled = (await program.start(answers.wait_for, "x")).id
            assert await program.streams.cancel(cancelled, owner="ann")
            assert names_of(await program.events(cancelled))[-1] == "end"
        await store.client.aclose()

    run(test)


def test_items_are_written_in_groups(database: Database) -> None:
    async def test() -> None:
        async with running(database) as program:
            stream = (
                await program.start(answers.answer, Question(text="x", count=200, pause=0.001))
            ).id
            begin = asyncio.get_running_loop().time()
            assert len(data_of(await program.events(stream))) == 200
            elapsed = asyncio.get_running_loop().time() - begin
            async with database.transaction(read_only=True) as session:
                count = text("SELECT count(*) FROM pronghorn_channel_entries")
                assert await session.scalar(count) <= elapsed / 0.05 + 3

    run(test)


NO_GENERATOR = "streams.start() takes an asynchronous generator function, not"


async def _inner() -> Any:
    async def inside() -> Any:
        yield 1

    return inside


@pytest.mark.parametrize(
    ("producer", "args", "got"),
    [
        (
            answers.return_at_once,
            (),
            "streams.start() takes an asynchronous generator function, not",
        ),
        (lambda: None, (), NO_GENERATOR),
        (answers.count_to(3), (), NO_GENERATOR),
        (asyncio.run(_inner()), (), "The producer _inner.<locals>.inside cannot be found by its"),
        (answers.count_to, (), "count_to(last: int, *, first: int = 1) cannot be called so"),
        (answers.count_to, ("x",), "The parameter 'last' of count_to cannot be stored as 'x'"),
        (answers.count_to, (1, 2), "count_to(last: int, *, first: int = 1) cannot be called so"),
    ],
)
def test_what_cannot_be_a_stream(
    producer: Any, args: tuple[Any, ...], got: str, sqlite_url: str
) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), worker=False) as program:
            with pytest.raises(SetupError) as raised:
                await program.start(producer, *args)
            assert str(raised.value).startswith(got)

    run(test)


def test_two_streams_need_two_names(sqlite_url: str) -> None:
    jobs, channels = answers.Jobs(Database(sqlite_url)), Channels.memory()
    answers.Streams(channels, jobs)
    answers.Streams(channels, jobs, name="others")
    with pytest.raises(SetupError, match="Two Streams have the name 'streams'"):
        answers.Streams(channels, jobs)


def test_a_url_needs_a_place_for_the_id(sqlite_url: str) -> None:
    with pytest.raises(SetupError, match="without a place for the id"):
        answers.Streams(Channels.memory(), answers.Jobs(Database(sqlite_url)), url="/answers")


def test_reading_needs_an_id(sqlite_url: str) -> None:
    async def test() -> None:
        async with running(Database(sqlite_url), worker=False) as program:
            with pytest.raises(SetupError, match="which is not the id of an event"):
                program.streams.read("x", after="nonsense")

    run(test)


@pytest.mark.parametrize("owner", [object(), (1, object()), print])
def test_an_owner_has_a_text_that_stays_the_same(database: Database, owner: Any) -> None:
    """The stream would belong to nobody, or to whoever has the address in memory next."""

    async def test() -> None:
        async with running(database, worker=False) as program:
            with pytest.raises(SetupError, match="was to say whose request it is"):
                await program.streams.start(answers.count_to, 1, owner=owner)

    run(test)
