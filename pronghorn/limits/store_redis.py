"""Counts in Redis or Valkey, through a client that the program has made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn.limits.store import Change
from pronghorn.limits.windows import Charge, Count, Window

#: The script runs alone, and by the clock of the server, so all hosts see the same windows.
#: KEYS are the keys; ARGV has the amount, the window and the cost of each. Returned are the time,
#: and for each key its state and whether the charge fits.
_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found, all = {}, true
for index, key in ipairs(KEYS) do
  local amount = tonumber(ARGV[index * 3 - 2])
  local window = tonumber(ARGV[index * 3 - 1])
  local cost = tonumber(ARGV[index * 3])
  local state = redis.call('HMGET', key, 'started', 'current', 'previous')
  local started = tonumber(state[1]) or now
  local current, previous = tonumber(state[2]) or 0, tonumber(state[3]) or 0
  local elapsed = now - started
  if elapsed >= 2 * window or elapsed <= -window then
    started, current, previous = now, 0, 0
  elseif elapsed >= window then
    started, current, previous = started + window, 0, current
  end
  local used = previous * (started + window - now) / window + current
  local fits = used + cost < amount + 1
  all = all and fits
  found[index] = {started, current, previous, fits and 1 or 0, cost, window}
end
local answer = {now}
for index, key in ipairs(KEYS) do
  local one = found[index]
  if all then
    one[2] = one[2] + one[5]
    redis.call('HSET', key, 'started', string.format('%.0f', one[1]),
      'current', string.format('%.0f', one[2]), 'previous', string.format('%.0f', one[3]))
    redis.call('PEXPIRE', key, one[1] + 2 * one[6] - now)
  end
  answer[index + 1] = {one[1], one[2], one[3], one[4]}
end
return answer
"""

#: ARGV has the window, the begin of the charge's window and the difference, for each key.
_CHANGE = """
for index, key in ipairs(KEYS) do
  local window = tonumber(ARGV[index * 3 - 2])
  local begun = tonumber(ARGV[index * 3 - 1])
  local by = tonumber(ARGV[index * 3])
  local started = tonumber(redis.call('HGET', key, 'started'))
  local field = started == begun and 'current' or started == begun + window and 'previous'
  if started and field then
    local value = math.max(0, tonumber(redis.call('HGET', key, field)) + by)
    redis.call('HSET', key, field, string.format('%.0f', value))
  end
end
"""


class RedisStore:
    """Counts in Redis: one script for all charges of a request.

    Args:
        client: An asynchronous client with redis-py's method `eval`, such as `redis.asyncio.Redis`
            or `valkey.asyncio.Valkey`, also of a cluster.
        prefix: The begin of all keys.
    """

    is_remote = True

    def __init__(self, client: Any, prefix: str = "pronghorn:limits:") -> None:
        self._client = client
        self._prefix = prefix

    async def take(self, charges: Sequence[Charge]) -> list[Count]:
        """Take all charges if each of them fits, else none; see `Store`."""
        keys = [self._key(charge.key) for charge in charges]
        arguments = [value for charge in charges for value in charge[1:]]
        now, *rows = await self._client.eval(_TAKE, len(keys), *keys, *arguments)
        return [
            Count(charge, Window(int(row[0]), int(row[1]), int(row[2])), int(now), bool(row[3]))
            for charge, row in zip(charges, rows, strict=True)
        ]

    async def change(self, changes: Sequence[Change]) -> None:
        """Correct charges, also beyond the quota; see `Store`."""
        keys = [self._key(change.key) for change in changes]
        arguments = [value for change in changes for value in change[1:]]
        await self._client.eval(_CHANGE, len(keys), *keys, *arguments)

    def _key(self, key: str) -> str:
        """Return the key in Redis; those of one client are on one node of a cluster."""
        whose, _, quota = key.rpartition("/")
        return f"{self._prefix}{{{whose}}}/{quota}"
