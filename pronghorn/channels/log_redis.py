"""A log in Redis or Valkey, through a client that the program makes and closes.

Each channel is a stream (`XADD`) whose ids count up without gaps, and a hash with the first and the
last of them. One script adds an entry, deletes old ones, and wakes the readers (`PUBLISH`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from pronghorn.channels.errors import find_away
from pronghorn.channels.log import Entry, Limits, Ring, Span
from pronghorn.channels.wake_ups import ring_names
from pronghorn.logger import logger

#: The channel of publish and subscribe for all channels of a program.
_TOPIC = "pronghorn:channels"
#: The milliseconds for which the last id of a channel is kept at least.
_FORGET = 86_400_000
#: The seconds for which the listener waits for a message, and the longest pause before it begins
#: again.
_WAIT, _LONGEST_PAUSE = 10.0, 2.0

#: The seconds between two lines of the log about a server that is away.
_QUIET = 60.0

#: Keys: the stream, and the hash of its ids. Arguments: name, payload, keep, ttl in milliseconds
#: (both "" for none), topic, and the milliseconds for which the ids stay.
_APPEND = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id
if redis.call('EXISTS', KEYS[2]) == 1 then
  id = string.format('%.0f', redis.call('HINCRBY', KEYS[2], 'last', 1))
else
  id = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('HSET', KEYS[2], 'first', id, 'last', id)
end
local add = {'XADD', KEYS[1]}
if ARGV[3] ~= '' then
  add[3], add[4], add[5] = 'MAXLEN', '=', ARGV[3]
end
add[#add + 1] = id .. '-0'
add[#add + 1] = 'p'
add[#add + 1] = ARGV[2]
if ARGV[4] ~= '' then
  add[#add + 1] = 'e'
  add[#add + 1] = string.format('%.0f', now + ARGV[4])
end
redis.call(unpack(add))
if ARGV[4] ~= '' then
  for _, old in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 10)) do
    if #old[2] < 4 or tonumber(old[2][4]) > now then break end
    redis.call('XDEL', KEYS[1], old[1])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], math.max(tonumber(ARGV[4]), tonumber(ARGV[6])))
else
  redis.call('PERSIST', KEYS[1])
  redis.call('PERSIST', KEYS[2])
end
redis.call('PUBLISH', ARGV[5], cjson.encode({[ARGV[1]] = id}))
return id
"""


class RedisLog:
    """A log in Redis, from version 6 on, or in Valkey. A cluster is not supported.

    Args:
        client: A client of `redis.asyncio` or `valkey.asyncio`.

    Attributes:
        poll: The seconds between two looks for what no wake-up told.
        announces: False, since an entry wakes the readers by itself.
        is_isolated: False.
    """

    poll: float | None = 1.0
    announces = False
    is_isolated = False

    def __init__(self, client: Any) -> None:
        self._client = client
        self._append = client.register_script(_APPEND)
        self._quiet_until = 0.0

    @contextmanager
    def _reach(self) -> Iterator[None]:
        """Raise `ChannelsAwayError` in place of what the client raises if its server is away."""
        try:
            yield
        except Exception as error:
            away = find_away(error)
            if away is None:
                raise
            if monotonic() > self._quiet_until:
                self._quiet_until = monotonic() + _QUIET
                logger.error("%s", away)
            raise away from error

    async def append(self, session: Any, channel: str, payload: bytes, limits: Limits) -> int:
        """Add an entry, and return its id. Redis has no part in the session."""
        keep = "" if limits.keep is None else limits.keep
        ttl = "" if limits.ttl is None else max(1, int(limits.ttl * 1000))
        arguments = [channel, payload, keep, ttl, _TOPIC, _FORGET]
        with self._reach():
            return int(await self._append(keys=_keys(channel), args=arguments))

    async def read(self, channel: str, after: int, limit: int) -> list[Entry]:
        """Return the entries after an id, oldest first."""
        with self._reach():
            seconds, micros, rows = await self._read(channel, after, limit)
        now = int(seconds) * 1000 + int(micros) // 1000
        found = [_read_row(row, now) for row in rows]
        return [entry for entry in found if entry is not None]

    async def _read(self, channel: str, after: int, limit: int) -> tuple[Any, Any, Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.xrange(_keys(channel)[0], min=f"{after + 1}-0", max="+", count=limit)
            (seconds, micros), rows = await pipeline.execute()
        return seconds, micros, rows

    async def span(self, channel: str) -> Span:
        """Return the ids of a channel."""
        with self._reach():
            first, newest = await self._client.hmget(_keys(channel)[1], ["first", "last"])
        return Span(int(first or 0), int(newest or 0))

    async def find_changed(self, positions: Mapping[str, int]) -> Collection[str]:
        """Return the names of the channels that have entries after an id."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for name in positions:
                pipeline.hget(_keys(name)[1], "last")
            newest = await pipeline.execute()
        pairs = zip(positions.items(), newest, strict=True)
        return [name for (name, position), last in pairs if int(last or 0) > position]

    async def listen(self, ring: Ring) -> None:
        """Receive wake-ups until the task is cancelled."""
        pause = 0.0
        while True:
            try:
                async with self._client.pubsub() as messages:
                    await messages.subscribe(_TOPIC)
                    ring(None, 0)
                    pause = 0.0
                    await _receive(messages, ring)
            except Exception as error:  # noqa: BLE001 - any client: readers look by themselves
                logger.debug("The listener of channels lost its connection: %s", error)
            # Not all processes at once, when a server is back.
            pause = min(_LONGEST_PAUSE, max(0.05, 2 * pause))
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no secret

    async def announce(self, newest: Mapping[str, int]) -> None:
        """Do nothing: an entry wakes the readers by itself."""

    async def trim(self) -> None:
        """Do nothing: the next entry deletes old ones, and Redis deletes a channel without any."""


async def _receive(messages: Any, ring: Ring) -> None:
    while True:
        message = await messages.get_message(ignore_subscribe_messages=True, timeout=_WAIT)
        if message is None:
            ring(None, 0)
            continue
        with suppress(UnicodeDecodeError):
            ring_names(_as_bytes(message["data"]).decode(), ring)


def _keys(channel: str) -> list[str]:
    return [f"pronghorn:channel:{channel}:entries", f"pronghorn:channel:{channel}:ids"]


def _read_row(row: Any, now: int) -> Entry | None:
    """Return the entry of a row; None if its time is over."""
    name, fields = row
    values = {_as_bytes(key): value for key, value in fields.items()}
    if int(values.get(b"e", now + 1)) <= now:
        return None
    return Entry(int(_as_bytes(name).split(b"-")[0]), _as_bytes(values[b"p"]))


def _as_bytes(value: str | bytes) -> bytes:
    """Return what a client returns, which may have decoded it."""
    return value.encode() if isinstance(value, str) else value
