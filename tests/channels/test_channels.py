"""Messages that are published and read, on every store."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from pronghorn.channels import START, Channel, Channels, Event, Reset
from pronghorn.exceptions import SetupError
from tests.channels.stores import Message, Store, room, run, take


def test_a_reader_gets_what_is_published_after_it_began(store: Store) -> None:
    async def test() -> list[str]:
        async with store.running() as channels:
            await channels.publish(room(7), Message(text="before"))
            got: list[str] = []
            reader = asyncio.create_task(_collect(channels, got))
            while not got:
                await channels.publish(room(7), Message(text="after"))
                await asyncio.sleep(0.01)
            reader.cancel()
            return got

    assert set(run(test)) == {"after"}


async def _collect(channels: Channels, got: list[str]) -> None:
    async for event in channels.read(room(7)):
        assert isinstance(event, Event)
        got.append(event.data.text)


def test_a_reader_goes_on_after_an_id(store: Store) -> None:
    async def test() -> None:
        async with store.running() as channels:
            ids = [await channels.publish(room(7), Message(text=str(n))) for n in range(5)]
            assert await take(channels.read(room(7), after=ids[2]), 2) == ["3", "4"]
            assert await take(channels.read(room(7), after=START), 5) == list("01234")
            assert await channels.newest(room(7)) == ids[-1]
            assert await channels.newest(room(8)) == START
            assert [int(str(id)) for id in ids] == [int(str(ids[0])) + n for n in range(5)]

    run(test)


def test_replay_and_what_comes_have_no_seam(store: Store) -> None:
    """Many readers begin anywhere while messages are published."""

    async def test() -> None:
        async with store.running() as channels:
            first = await channels.publish(room(7), Message(text="0"))

            async def read() -> list[str]:
                return await take(channels.read(room(7), after=first), 60)

            readers = [asyncio.create_task(read())]
            for number in range(1, 61):
                await channels.publish(room(7), Message(text=str(number)))
                if number % 10 == 0:
                    readers.append(asyncio.create_task(read()))
            expected = [str(number) for number in range(1, 61)]
            assert all(found == expected for found in await asyncio.gather(*readers))

    run(test)


def test_channels_with_other_values_are_apart(store: Store) -> None:
    async def test() -> None:
        async with store.running() as channels:
            await channels.publish(room("1:2"), Message(text="one"))
            await channels.publish(room(1), Message(text="two"))
            await channels.publish(room("x" * 500), Message(text="three"))
            assert await take(channels.read(room("1:2"), after=START), 1) == ["one"]
            assert await take(channels.read(room(room_id=1), after=START), 1) == ["two"]
            assert await take(channels.read(room("x" * 500), after=START), 1) == ["three"]

    run(test)


def test_a_cursor_that_is_older_than_the_log_begins_with_a_reset(store: Store) -> None:
    """C8."""
    short = Channel("short", Message, keep=3)

    async def test() -> None:
        async with store.running() as channels:
            ids = [await channels.publish(short, Message(text=str(n))) for n in range(8)]
            assert await take(channels.read(short, after=ids[3]), 4) == ["reset", "5", "6", "7"]
            assert await take(channels.read(short, after=ids[4]), 3) == ["5", "6", "7"]
            assert await take(channels.read(short, after=START), 3) == ["5", "6", "7"]
            for unknown in ("1", "9" * 18, "later", "-1"):
                assert await take(channels.read(short, after=unknown), 2) == ["reset", "5"]
            async for event in channels.read(short, after=ids[0]):
                assert event == Reset(str(ids[4]))
                break

    run(test)


def test_a_message_that_is_too_old_is_gone(store: Store) -> None:
    brief = Channel("brief", Message, ttl="50ms")

    async def test() -> None:
        async with store.running() as channels:
            first = await channels.publish(brief, Message(text="first"))
            second = await channels.publish(brief, Message(text="second"))
            await asyncio.sleep(0.1)
            assert await take(channels.read(brief, after=first), 1) == ["reset"]
            await channels.log.trim()
            third = await channels.publish(brief, Message(text="third"))
            assert int(str(third)) == int(str(second)) + 1

    run(test)


@pytest.mark.parametrize("size", [8_001, 1_000_000])
def test_messages_may_be_large(store: Store, size: int) -> None:
    """C3."""

    async def test() -> None:
        async with store.running() as channels:
            events = channels.read(room(7), after=START)
            reader = asyncio.create_task(take(events, 2))
            await channels.publish(room(7), Message(text="x" * size))
            await channels.publish(room(7), Message(text="y"))
            assert await reader == ["x" * size, "y"]

    run(test)


def test_a_message_of_another_type_is_refused(store: Store) -> None:
    async def test() -> None:
        async with store.running() as channels:
            with pytest.raises(ValidationError):
                await channels.publish(room(7), {"texts": "x"})  # type: ignore[arg-type]  # the test
            assert await channels.newest(room(7)) == START

    run(test)


def test_a_slow_reader_delays_nobody() -> None:
    async def test() -> None:
        channels = Channels.memory(buffer=3)
        slow = channels.read(room(7), after=START)
        await channels.publish(room(7), Message(text="0"))
        assert await take(slow, 1) == ["0"]
        fast = asyncio.create_task(take(channels.read(room(7), after=START), 10))
        for number in range(1, 10):
            await channels.publish(room(7), Message(text=str(number)))
            await asyncio.sleep(0)
        assert await fast == list("0123456789")

    run(test)


def test_mistakes_are_explained() -> None:
    with pytest.raises(SetupError, match="no name of a channel"):
        Channel("room:{0}", Message)
    with pytest.raises(SetupError, match="keep=0"):
        Channel("room", Message, keep=0)
    with pytest.raises(SetupError, match="room_id"):
        room(rom_id=7)
    with pytest.raises(SetupError, match="an address stands"):
        Channels("redis://localhost")
    with pytest.raises(SetupError, match=r"The value of a parameter of a channel is None"):
        room(None)
