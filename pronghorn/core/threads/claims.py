"""Give threads to requests that hold what the threads of other requests wait for.

A dependency takes a connection out of a pool of a database, and its request waits for a token to
call the endpoint. Meanwhile the functions of other requests have all tokens, and wait for a
connection: nobody can go on. Two rules prevent that for requests with open dependencies:

- Where a `def` function follows a dependency in the order of calls, the request keeps its token.
- If such requests wait for tokens while no call ends, those that have made most calls go on, in
  threads beyond the limit. For each number of calls there are at most as many of those threads as
  tokens, so that requests which hold nothing yet do not take all of them. There are none if there
  is one token, by which a program says that its functions must not run beside each other.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Task, TimerHandle
from typing import Any

from anyio import CancelScope, WouldBlock

#: For so long no call has ended when requests go on beyond the limit. In seconds.
PATIENCE = 0.05
#: Requests that have made so many calls or more have the same threads beyond the limit.
MOST_CALLS = 4


class Claims:
    """The claims of the requests of one event loop.

    Args:
        loop: The running event loop.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self.of_task: dict[Task[Any], Claim] = {}
        #: Grows whenever calls have ended.
        self.progress = 0
        #: How many threads are beyond the limit, by the number of calls that their requests made.
        self._beyond = [0] * (MOST_CALLS + 1)
        self._waiting: dict[_Waiting, None] = {}
        self._timer: TimerHandle | None = None
        self._before = 0

    def open(self, task: Task[Any]) -> Claim:
        """Return the claim of a task, which the caller closes."""
        claim = self.of_task.get(task)
        if claim is None:
            claim = self.of_task[task] = Claim(self, task)
        claim.uses += 1
        return claim

    async def acquire(self, limiter: Any, claim: Claim, task: Task[Any]) -> Any:
        """Wait for a token of a limiter.

        Args:
            limiter: The limiter.
            claim: The claim of the request.
            task: The task that makes the call.

        Returns:
            What `release` gets after the call.
        """
        try:
            limiter.acquire_on_behalf_of_nowait(task)
        except WouldBlock:
            return await self._wait(limiter, claim, task)
        return limiter

    async def _wait(self, limiter: Any, claim: Claim, task: Task[Any]) -> Any:
        waiting = _Waiting(claim, limiter)
        self._waiting[waiting] = None
        if self._timer is None:
            self._start_timer()
        held: Any = None
        try:
            with waiting.scope:
                await limiter.acquire_on_behalf_of(task)
                held = limiter
            if held is None:
                held = waiting.calls
            return held
        finally:
            self._waiting.pop(waiting, None)
            if waiting.is_let_go and held is not waiting.calls:
                self._beyond[waiting.calls] -= 1  # A token or a cancellation was faster.

    def release(self, held: Any, task: Task[Any]) -> None:
        """Release what `acquire` has returned for a task."""
        if isinstance(held, int):
            self._beyond[held] -= 1
        else:
            held.release_on_behalf_of(task)

    def _start_timer(self) -> None:
        self._before = self.progress
        self._timer = self._loop.call_later(PATIENCE, self._look)

    def _look(self) -> None:
        """Let requests go on if no call has ended since the last time."""
        self._timer = None
        if not self._waiting:
            return
        if self.progress == self._before:
            self._let_go()
        self._start_timer()

    def _let_go(self) -> None:
        """Let those go on that have made most calls, and for whom there are threads."""
        for calls in sorted({each.calls for each in self._waiting}, reverse=True):
            before = self._beyond[calls]
            for waiting in [each for each in self._waiting if each.calls == calls]:
                if 1 < waiting.limiter.total_tokens > self._beyond[calls]:
                    self._beyond[calls] += 1
                    del self._waiting[waiting]
                    waiting.let_go()
            if self._beyond[calls] > before:
                return


class Claim:
    """The claim of one request, from its first open dependency to the clean-up.

    Args:
        claims: The claims of its event loop.
        task: The task that answers the request.
    """

    __slots__ = ("_claims", "_kept", "_task", "calls", "uses")

    def __init__(self, claims: Claims, task: Task[Any]) -> None:
        self._claims = claims
        self._task = task
        #: What the request keeps between two calls.
        self._kept: Any = None
        #: How many calls it has made.
        self.calls = 0
        #: How many owners it has: an application may be inside another.
        self.uses = 0

    def keep(self, held: Any) -> None:
        """Keep what was acquired for the next call."""
        self._kept = held

    def take(self) -> Any:
        """Return what was kept, which is now the caller's; None for nothing."""
        kept, self._kept = self._kept, None
        return kept

    def give_back(self) -> None:
        """Release what was kept."""
        kept = self.take()
        if kept is not None:
            self._claims.release(kept, self._task)

    def close(self) -> None:
        """Release what was kept: the request has come to its clean-up."""
        self.give_back()
        self.uses -= 1
        if not self.uses:
            del self._claims.of_task[self._task]


class _Waiting:
    """A request that waits for a token."""

    def __init__(self, claim: Claim, limiter: Any) -> None:
        self.calls = min(claim.calls, MOST_CALLS)
        self.limiter = limiter
        self.scope = CancelScope()
        self.is_let_go = False

    def let_go(self) -> None:
        """End the waiting."""
        self.is_let_go = True
        self.scope.cancel()
