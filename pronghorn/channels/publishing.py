"""Messages that become visible when the transaction of a session is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pronghorn.channels.log import Entry, Limits, Log

#: Called with the name of a channel and an entry that has become visible.
Made = Callable[[str, Entry], None]


class Message(NamedTuple):
    """A message that is to be added to the log.

    Attributes:
        channel: The name of the channel.
        payload: The content.
        limits: What the channel keeps.
    """

    channel: str
    payload: bytes
    limits: Limits


def publish_at_commit(log: Log, session: Any, message: Message, made: Made) -> None:
    """Add a message to the log just before a session is committed.

    An id locks its channel until the commit, so it is taken as late as possible, and in the order
    of the names: two transactions never wait for each other.

    Args:
        log: The log.
        session: The session.
        message: The message.
        made: Called after the commit.
    """
    from pronghorn.sql.commits import (  # Redis and memory lack it.
        after_commit,
        before_commit,
        memory_of,
    )

    async def collect(session: Any) -> None:
        # Only now: a rollback in between forgets this function, and so its message.
        collected = _find_collected(memory_of(session), log)
        if not collected:
            before_commit(session, write)
        collected.append(message)

    async def write(session: Any) -> None:
        collected = _find_collected(memory_of(session), log)
        entries = []
        for each in sorted(collected, key=lambda each: each.channel):
            number = await log.append(session, *each)
            entries.append((each.channel, Entry(number, each.payload)))
        collected.clear()

        async def tell() -> None:
            for name, entry in entries:
                made(name, entry)

        after_commit(session, tell)

    before_commit(session, collect)


def _find_collected(memory: dict[Any, Any], log: Log) -> list[Message]:
    """Return the messages that are written before the next commit."""
    found: list[Message] = memory.setdefault(("pronghorn.channels", id(log)), [])
    return found
