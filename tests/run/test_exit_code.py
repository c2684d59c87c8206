"""Exit code is run as by `contextlib` inside a shield, whatever it does and whoever cancels it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from pronghorn.run.lifetime import Lifetime
from tests.run.exit_code import (
    MAKERS,
    AnyLifetime,
    Expected,
    Generator,
    Log,
    describe,
    failing,
    holding_deadline,
    holding_group,
    holding_scope,
    plain,
    swallowing,
)

Maker = Callable[[Log], Generator]
LOOPS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "uvloop": {"backend": "asyncio", "backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}
ERRORS = (None, ValueError, StopAsyncIteration, RuntimeError)
#: Where the lifetime is opened: on asyncio, nothing surrounds the first.
PLACES = ("alone", "inside a scope", "inside a group")
HOLDING = {holding_deadline, holding_group, holding_scope}
NAMES = (("request", "request"), ("request", "function"), ("function", "request"))


async def in_place(place: str, work: Callable[[], Awaitable[Any]]) -> None:
    if place == "alone":
        await work()
    elif place == "inside a scope":
        with anyio.CancelScope():
            await work()
    else:
        async with anyio.create_task_group() as group:
            group.start_soon(work)


def run(loop: str, place: str, work: Callable[[], Awaitable[Any]]) -> None:
    anyio.run(in_place, place, work, **LOOPS[loop])


async def compare(make: Callable[[AnyLifetime], Awaitable[Log]], about: Any) -> None:
    """Compare what happens in a lifetime with what happens in its plain form."""
    assert (await make(Lifetime()), about) == (await make(Expected()), about)


# --- errors ---------------------------------------------------------------------------------------


async def run_block(
    makers: Sequence[Maker],
    names: Sequence[str],
    kind: type[Exception] | None,
    lifetime: AnyLifetime,
) -> Log:
    """Open generators, raise an error or none, close them; return what happened."""
    log: Log = []
    error = kind and kind("block")
    try:
        async with lifetime:
            for maker, name in zip(makers, names, strict=True):
                await lifetime.enter(name, maker(log))
            log.append("block")
            if error is not None:
                raise error
            await lifetime.close_function_stack()
            log.append("response")
        log.append("over")
    except BaseException as raised:  # noqa: BLE001 - compared
        log.append((describe(raised), raised is error))
    return log


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("loop", LOOPS)
def test_two_generators_and_an_error(loop: str, place: str) -> None:
    async def every_pair() -> None:
        for makers, names, kind in product(product(MAKERS, repeat=2), NAMES, ERRORS):
            if names[0] == "function" and not HOLDING.isdisjoint(makers):
                continue  # Scopes that are not nested break on any way.
            await compare(partial(run_block, makers, names, kind), (makers, names, kind))

    run(loop, place, every_pair)


def test_three_generators_and_an_error_that_is_being_handled() -> None:
    """What was raised before is part of the chain of errors."""

    async def every_triple() -> None:
        for makers, kind in product(product(MAKERS[:9], repeat=3), ERRORS[:2]):
            try:
                raise UserWarning("being handled")
            except UserWarning:
                block = partial(run_block, makers, ["request"] * 3, kind)
                await compare(block, (makers, kind))

    run("asyncio", "alone", every_triple)


# --- cancellations --------------------------------------------------------------------------------

MOMENTS = ("never", "block", "end of the block", "exit code", "waiting exit code")
OUTSIDE = ", from outside"


class Cancelled:
    """A block that is cancelled at some moment: by itself, or from another task.

    Args:
        moment: One of `MOMENTS`, perhaps with `OUTSIDE`.
        by_scope: Whether a scope around the block is cancelled, or the task of the block.
        makers: Make the generators that are opened first.
        name: When they are closed: with the "request" or the "function".
    """

    def __init__(self, moment: str, by_scope: bool, makers: Sequence[Maker], name: str) -> None:
        self.moment, self.by_scope, self.makers, self.name = moment, by_scope, makers, name
        self.log: Log = []
        self.asked = anyio.Event()
        self.cancel: Callable[[], Any] = self.log.clear

    async def __call__(self, lifetime: AnyLifetime) -> Log:
        """Run it; return what happened."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            async with anyio.create_task_group() as group:
                group.start_soon(self.run, lifetime)
                group.start_soon(self.cancel_when_asked)
        else:
            # Tasks of their own have no scope around them.
            await asyncio.gather(
                asyncio.create_task(self.run(lifetime)),
                asyncio.create_task(self.cancel_when_asked()),
            )
        return self.log

    async def run(self, lifetime: AnyLifetime) -> None:
        try:
            if self.by_scope:
                with anyio.CancelScope() as scope:
                    self.cancel = scope.cancel
                    await self.block(lifetime)
                self.log.append(("cancelled", scope.cancelled_caught))
            else:
                task = asyncio.current_task()
                assert task is not None
                self.cancel = task.cancel
                await self.block(lifetime)
        except BaseException as raised:  # noqa: BLE001 - compared
            self.log.append(describe(raised))
        self.asked.set()

    async def block(self, lifetime: AnyLifetime) -> None:
        async with lifetime:
            for maker in self.makers:
                await lifetime.enter(self.name, maker(self.log))
            await lifetime.enter(self.name, self.patient())
            await self.reach("block", 3)
            await self.reach("end of the block")
            self.log.append("closing")
            await lifetime.close_function_stack()
            self.log.append("response")
        self.log.append("over")
        await checkpoint()
        self.log.append("goes on")

    async def patient(self) -> Generator:
        try:
            yield 1
        finally:
            await self.reach("exit code")
            self.log.append(("closes", min(anyio.current_effective_deadline(), 1)))
            await self.reach("waiting exit code", 3)
            self.log.append("closed")

    async def reach(self, moment: str, turns: int = 0) -> None:
        """Cancel if this is the moment; then wait a few turns of the loop."""
        if moment == self.moment:
            self.cancel()
        elif moment + OUTSIDE == self.moment:
            self.asked.set()
        for _ in range(turns):
            await checkpoint()

    async def cancel_when_asked(self) -> None:
        await self.asked.wait()
        self.log.append("another task cancels")
        self.cancel()


SETS: tuple[tuple[Maker, ...], ...] = (
    (),
    (plain,),
    (failing,),
    (swallowing,),
    (holding_scope,),
    (holding_deadline,),
    (holding_group, holding_scope),
)


@pytest.mark.parametrize(
    ("loop", "by_scope"),
    [("asyncio", True), ("asyncio", False), ("uvloop", True), ("uvloop", False), ("trio", True)],
)
def test_cancellations(loop: str, by_scope: bool) -> None:
    moments = [moment + where for moment, where in product(MOMENTS, ("", OUTSIDE))]
    # On Trio, the tasks of a group run in any order.
    sets = [one for one in SETS if loop != "trio" or holding_group not in one]

    async def every_moment() -> None:
        for about in product(moments, sets, ("request", "function")):
            await compare(partial(run_cancelled, by_scope, *about), about)

    run(loop, "alone", every_moment)


async def run_cancelled(
    by_scope: bool, moment: str, makers: Sequence[Maker], name: str, lifetime: AnyLifetime
) -> Log:
    return await Cancelled(moment, by_scope, makers, name)(lifetime)
