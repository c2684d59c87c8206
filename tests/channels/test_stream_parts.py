"""What one client sees of the records of a stream, and how items are collected into groups."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pronghorn.channels.streams.positions import BEGINNING, Position, read_position
from pronghorn.channels.streams.records import Item, Record
from pronghorn.channels.streams.replay import Replay
from pronghorn.channels.streams.writer import Writer
from pronghorn.sse import ServerSentEvent


def items(*texts: str) -> list[Item]:
    return [("", text) for text in texts]


def show(events: list[ServerSentEvent]) -> list[str]:
    """Return the data of items, and the names and data of other events."""
    return [
        f"{event.event}:{event.raw_data}" if event.event else str(event.raw_data)
        for event in events
    ]


def translate(replay: Replay, *records: Record) -> list[ServerSentEvent]:
    """Return the events for records with the ids 11, 12 and so on."""
    events = replay.open()
    for id, record in enumerate(records, 11):
        events += replay.translate(id, record)
    return events


def test_a_group_that_was_written_twice_is_sent_once() -> None:
    group = Record(run=1, first=1, items=items("a", "b"))
    more = Record(run=1, first=2, items=items("b", "c"))
    assert show(translate(Replay(BEGINNING, 1), group, group, more)) == ["a", "b", "c"]


def test_what_a_dead_process_still_writes_does_not_count() -> None:
    records = (
        Record(run=1, first=1, items=items("a")),
        Record(run=2, first=1),
        Record(run=1, first=2, items=items("zombie")),
        Record(run=2, first=1, items=items("A")),
        Record(run=1, first=3, items=[], state="done"),
        Record(run=2, first=2, items=[], state="done"),
    )
    reset, end = 'reset:{"reason":"restarted"}', 'end:{"state":"done"}'
    assert show(translate(Replay(BEGINNING, 1), *records)) == ["a", reset, "A", end]
    # A client that comes later gets nothing of the first run.
    assert show(translate(Replay(BEGINNING, 2), *records)) == ["A", end]
    # One that has an item of it learns that the item is void, and only once.
    events = translate(Replay(Position(1, 1, 11), 2), *records[1:])
    assert show(events) == [reset, "A", end]
    after_reset = read_position(events[0].id or "")
    assert after_reset is not None
    assert show(translate(Replay(after_reset, 2), *records)) == ["A", end]


def test_a_restart_before_the_first_item_is_no_reset() -> None:
    records = (Record(run=2, first=1), Record(run=2, first=1, items=items("A")))
    assert show(translate(Replay(BEGINNING, 1), *records)) == ["A"]


def test_items_that_are_gone_are_a_reset_wherever_they_were() -> None:
    reset = 'reset:{"reason":"trimmed"}'
    late = Record(run=1, first=5, items=items("e"))
    assert show(translate(Replay(BEGINNING, 1), late)) == [reset, "e"]
    early = Record(run=1, first=1, items=items("a"))
    assert show(translate(Replay(BEGINNING, 1), early, late)) == ["a", reset, "e"]
    end = Record(run=1, first=5, state="done")
    assert show(translate(Replay(BEGINNING, 1), early, end)) == ["a", reset, 'end:{"state":"done"}']
    unknown = Record(run=1, first=0, state="cancelled")
    assert show(translate(Replay(BEGINNING, 1), early, unknown))[-1] == 'end:{"state":"cancelled"}'


def test_an_id_leads_back_to_its_place() -> None:
    for position in (Position(1, 2, 3), Position(7, 0, 1795982165643000), Position(2, 0, 0, True)):
        assert read_position(str(position)) == position
    assert read_position("") == BEGINNING
    assert read_position("end") is None


@pytest.mark.parametrize("failures", [0, 2])
def test_items_are_written_in_order_whatever_fails(failures: int) -> None:
    async def test() -> None:
        written: list[tuple[int, list[Item]]] = []
        left = failures

        async def write(first: int, group: list[Item]) -> None:
            nonlocal left
            if left:
                left -= 1
                raise ConnectionError
            await asyncio.sleep(0)
            written.append((first, group))

        writer = Writer(write, 0.001, asyncio.Semaphore(1))
        for number in range(50):
            await writer.put(("", str(number)))
            if number % 7 == 0:
                await asyncio.sleep(0.002)
        rest = await writer.finish()
        found = [item for _, group in written for item in group] + rest
        assert [text for _, text in found] == [str(number) for number in range(50)]
        firsts = [first for first, _ in written] + [writer.next]
        assert firsts == [
            1 + sum(len(group) for _, group in written[:n]) for n in range(len(firsts))
        ]
        await writer.stop()

    asyncio.run(test())


def test_a_producer_waits_while_too_much_waits() -> None:
    async def test() -> None:
        gate = asyncio.Event()
        sizes: list[int] = []

        async def write(first: int, group: list[Item]) -> None:
            sizes.append(len(group))
            await gate.wait()

        writer = Writer(write, 0.0, asyncio.Semaphore(1))
        large: Any = ("", "x" * 100_000)

        async def produce() -> None:
            for _ in range(20):
                await writer.put(large)

        producing = asyncio.create_task(produce())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not producing.done()
        gate.set()
        await producing
        rest = await writer.finish()
        assert sum(sizes) + len(rest) == 20
        assert max(sizes) <= 4
        await writer.stop()

    asyncio.run(test())


def test_a_store_that_fails_for_long_ends_the_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async def write(first: int, group: list[Item]) -> None:
            raise ConnectionError("away")

        monkeypatch.setattr("pronghorn.channels.streams.writer.PATIENCE", 0.0)
        writer = Writer(write, 0.0, asyncio.Semaphore(1))
        await writer.put(("", "a"))
        await asyncio.sleep(0.01)
        with pytest.raises(ConnectionError, match="away"):
            await writer.finish()
        with pytest.raises(ConnectionError, match="away"):
            await writer.put(("", "b"))
        await writer.stop()

    asyncio.run(test())
