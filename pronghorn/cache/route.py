"""The stored responses of one route: look up, fill once, renew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import time
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from pronghorn.cache.entries import Entry, answer, make_entry, varying_headers
from pronghorn.cache.flights import Flights, Outcome
from pronghorn.cache.keys import Asked, Keys, vary_key
from pronghorn.cache.rule import Rule
from pronghorn.cache.store import StoreAwayError
from pronghorn.hooks import Fill
from pronghorn.logger import logger
from pronghorn.plan.model import RoutePlan

if TYPE_CHECKING:
    from pronghorn.cache.cache import Cache

#: Seconds after which the lock of a fill ends by itself: its process may have died.
LOCK = 10.0
#: Seconds between two looks at what another process does.
STEP = 0.05
#: Headers whose values are part of every key.
_IN_KEY = frozenset({"accept-encoding", "host"})

#: The tokens of the tags of a request, before its endpoint begins.
Tokens = tuple[str, ...]


class StoredResponses:
    """The stored responses of one route.

    Args:
        cache: The cache that holds them.
        rule: The option of the route.
        plan: The plan of the route.
    """

    def __init__(self, cache: Cache, rule: Rule, plan: RoutePlan) -> None:
        self._cache = cache
        self._store = cache.store
        self._fresh, self._stale = rule.fresh, rule.stale
        self._directives = rule.directives
        self._keys = Keys(plan, rule.tags, is_varied=rule.is_varied)
        self._label = f"{','.join(sorted(plan.methods))} {plan.path_format}"
        self._flights = Flights()
        self._renewing: set[str] = set()

    # --- look up ----------------------------------------------------------------------------

    async def find(self, scope: Scope, renew: Fill) -> Response | None:
        """Return the stored response to a request, or None."""
        asked = self._keys.read(scope, ())
        if asked is None:
            return None
        try:
            entry, _, name = await self._look_up(asked)
        except StoreAwayError:
            return None
        return None if entry is None else self._use(entry, asked, name, renew)

    async def begin(self, scope: Scope) -> Tokens | None:
        """Return the tokens of a request before its dependencies open a transaction."""
        try:
            if self._cache.broadcast is not None:
                await self._cache.catch_up()
            return await self._store.read_tokens(self._keys.fill_tags(scope))
        except StoreAwayError:
            return None

    async def respond(
        self, scope: Scope, values: Sequence[Any], mark: Tokens | None, fill: Fill, renew: Fill
    ) -> Response:
        """Return the stored response to a request, or that of the endpoint."""
        asked = self._keys.read(scope, values)
        if asked is None:
            return await fill()
        while True:
            try:
                entry, tokens, name = await self._look_up(asked)
            except StoreAwayError:
                return await fill()
            if entry is not None:
                return self._use(entry, asked, name, renew)
            tokens = mark or tokens  # The transaction of the request may be older than now.
            # An invalidation changes the tokens: nobody waits for an endpoint that began before.
            flight = self._flights.find((name, tokens))
            if flight is None:
                return await self._fill_first(asked, name, tokens, fill)
            outcome = await flight.wait()
            if isinstance(outcome, Entry) and self._suits(outcome, asked, name):
                return answer(outcome, asked.headers, age=0)
            if outcome is Outcome.EACH_FOR_ITSELF:
                return await fill()

    async def _look_up(self, asked: Asked) -> tuple[Entry | None, Tokens, str]:
        """Return the entry for a request, the tokens of its tags, and the key of the entry.

        Raises:
            StoreAwayError: The store does not answer.
        """
        if self._cache.broadcast is not None:
            await self._cache.catch_up()
        entry, tokens = await self._store.read(asked.key, asked.tags)
        if entry is None or not entry.varies:
            return entry, tokens, asked.key
        name = vary_key(asked, entry.varies)
        entry, tokens = await self._store.read(name, asked.tags)
        return entry, tokens, name

    def _suits(self, entry: Entry, asked: Asked, name: str) -> bool:
        """Return whether a response that has just been made is also one for another request."""
        varies = self._varies(entry)
        return not varies or name == vary_key(asked, varies)

    def _varies(self, entry: Entry) -> tuple[str, ...]:
        """Return the headers of requests by which the responses of one key differ."""
        made = answer(entry, {}, age=None)
        return tuple(name for name in varying_headers(made) if name not in _IN_KEY)

    def _use(self, entry: Entry, asked: Asked, name: str, renew: Fill) -> Response:
        age = time() - entry.stored_at
        if age > entry.fresh and name not in self._renewing:
            self._renewing.add(name)
            self._cache.run_beside(self._renew(asked, name, entry.tokens, renew))
        return answer(entry, asked.headers, age=int(age))

    # --- fill -------------------------------------------------------------------------------

    async def _fill_first(self, asked: Asked, name: str, tokens: Tokens, fill: Fill) -> Response:
        """Let the endpoint run for this request, and for those that ask for the same meanwhile."""
        self._flights.start((name, tokens))
        outcome: Entry | Outcome = Outcome.AGAIN
        try:
            entry, mine = await self._lock_out_others(asked, tokens)
            if entry is not None:
                outcome = entry
                return answer(entry, asked.headers, age=int(time() - entry.stored_at))
            try:
                response, entry = await self._make(asked, tokens, fill)
            finally:
                self._unlock(_lock_name(asked.key, tokens), mine)
            outcome = entry or Outcome.EACH_FOR_ITSELF
            if entry is None:
                return response
            own = answer(entry, asked.headers, age=None)
            own.background = response.background
            return own
        except Exception:
            outcome = Outcome.EACH_FOR_ITSELF
            raise
        finally:
            self._flights.end((name, tokens), outcome)

    async def _lock_out_others(
        self, asked: Asked, tokens: Tokens
    ) -> tuple[Entry | None, str | None]:
        """Wait for another process that makes the same response; return its entry, or a lock.

        Both are None if nobody else can be asked, or if it takes too long.
        """
        if not self._store.is_shared:
            return None, None
        lock = _lock_name(asked.key, tokens)
        try:
            for _ in range(int(LOCK / STEP)):
                mine = await self._store.lock(lock, LOCK)
                entry, current, _ = await self._look_up(asked)
                if entry is not None or mine is not None or current != tokens:
                    return self._choose(entry, lock, mine)
                await asyncio.sleep(STEP)
        except StoreAwayError:
            pass  # Its lock ends by itself, if it has one.
        return None, None

    def _choose(
        self, entry: Entry | None, lock: str, mine: str | None
    ) -> tuple[Entry | None, str | None]:
        if entry is not None:
            self._unlock(lock, mine)
            return entry, None
        return None, mine

    def _unlock(self, lock: str, mine: str | None) -> None:
        """Let go of a lock, also where the request has been cancelled and may not wait."""
        if mine is not None:
            self._cache.run_beside(self._store.unlock(lock, mine))

    async def _make(
        self, asked: Asked, tokens: Tokens, fill: Fill
    ) -> tuple[Response, Entry | None]:
        """Return the response of the endpoint, and its entry if it may be stored."""
        response = await fill()
        entry = make_entry(response, self._directives, self._fresh, tokens, time())
        if entry is None or len(entry.body) > self._cache.max_body:
            return response, None
        await self._write(asked, entry)
        return response, entry

    async def _write(self, asked: Asked, entry: Entry) -> None:
        seconds = entry.fresh + self._stale
        varies = self._varies(entry)
        if not varies:
            await self._store.write(asked.key, entry, seconds)
            return
        names = Entry(0, (), b"", entry.stored_at, entry.fresh, entry.tokens, varies)
        await self._store.write(asked.key, names, seconds)
        await self._store.write(vary_key(asked, varies), entry, seconds)

    # --- renew ------------------------------------------------------------------------------

    async def _renew(self, asked: Asked, name: str, tokens: Tokens, renew: Fill) -> None:
        """Store a new response in place of one that was sent although it is not fresh."""
        lock, mine = f"renew:{name}", None
        try:
            if self._store.is_shared:
                mine = await self._store.lock(lock, LOCK)
            if mine is not None or not self._store.is_shared:
                await self._replace(asked, name, tokens, renew)
        except StoreAwayError:
            pass  # Requests run their endpoints now.
        finally:
            self._renewing.discard(name)
            self._unlock(lock, mine)

    async def _replace(self, asked: Asked, name: str, tokens: Tokens, renew: Fill) -> None:
        status = 500
        try:
            response, entry = await self._make(asked, tokens, renew)
            if entry is not None:
                return
            status = response.status_code
        except HTTPException as error:
            status = error.status_code
        except Exception as error:  # noqa: BLE001 - nobody waits for this response
            logger.error("%s could not be renewed in the cache", self._label, exc_info=error)
        if status < 500:  # Such as a 404: what was stored is no longer true.
            await self._store.drop(name)


def _lock_name(key: str, tokens: Tokens) -> str:
    return f"{key}:{'.'.join(tokens)}"
