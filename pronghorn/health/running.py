"""Run the checks of an application: shared by concurrent probes, bounded in time, and cached."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from contextvars import Context
from functools import partial
from inspect import isawaitable
from typing import Annotated, Any, get_origin

import anyio

from pronghorn.core.annotations import read_signature
from pronghorn.core.kinds import CallKind
from pronghorn.core.setup_errors import add_place, describe_callable, setup_error
from pronghorn.exceptions import EnvironmentMistake, SetupError, SetupTypeError
from pronghorn.health.check import Check
from pronghorn.logger import logger
from pronghorn.params import Depends
from pronghorn.plan.signature import call_kind

OK, FAILING, TIMED_OUT = "ok", "failing", "timed out"
RETURNED_FALSE = "The check has returned False"
clock = time.monotonic


class Run:
    """One run of a check, which may outlast the probe that has started it."""

    def __init__(self) -> None:
        #: The event loop of the run. The next start of an application has another.
        self.loop = event_loop()
        self.started = clock()
        self.ended: float | None = None
        self.error: BaseException | None = None
        #: True if it ended, but after its time.
        self.is_late = False
        self.done = anyio.Event()

    def end(self, error: BaseException | None, *, is_late: bool) -> None:
        """Store the result; probes read it from now on."""
        self.error, self.is_late = error, is_late
        self.ended = clock()


class RunningCheck:
    """A check of one application, with its last result.

    Args:
        check: The declaration.
        app: The application, whose dependencies and overrides the check uses.

    Raises:
        SetupError: A parameter of the check needs a request, or the check is a `def` function that
            yields.
    """

    def __init__(self, check: Check, app: Any) -> None:
        self._check = check
        self._app = app
        self._run: Run | None = None
        self._status = OK
        #: The check, or that of a test which has replaced it, and how to call it.
        self._planned = check.call, *self._plan(check.call)

    def _plan(self, call: Callable[..., Any]) -> tuple[Callable[..., Any], CallKind]:
        kind = call_kind(call)
        if kind is CallKind.GENERATOR:
            raise setup_error(
                f"The health check {self._check.name} is a def function that yields",
                "it would need the threads that requests use, and those may all be busy",
                "async def with yield, or def without",
                where=describe_callable(call),
                kind=SetupTypeError,
            )
        if kind is CallKind.ASYNC_GENERATOR:
            self._app.resolve(call)  # It names mistakes at startup.
            return partial(_pass_through, self._app, call), CallKind.COROUTINE
        if _takes_arguments(call):
            try:
                return self._app.inject(call), kind
            except SetupError as error:
                add_place(error, "app.health")
                raise
        return call, kind

    async def status(self) -> str:
        """Return `OK`, `FAILING` or `TIMED_OUT`, of a run that is new enough."""
        run = self._run
        if run is None or run.loop is not event_loop() or self._is_old(run):
            run = self._run = Run()
            try:
                self._start(run)
            except Exception as error:  # noqa: BLE001 - such as no memory for a thread
                run.end(error, is_late=False)
        if run.ended is None:
            with anyio.move_on_after(max(0.0, run.started + self._check.timeout - clock())):
                await run.done.wait()
        return self._judge(run)

    def _is_old(self, run: Run) -> bool:
        """Return True if the next probe asks again. A run that hangs is never asked again."""
        return run.ended is not None and clock() >= run.ended + self._check.cache

    def _judge(self, run: Run) -> str:
        if run.ended is None or run.is_late:
            status = TIMED_OUT
        else:
            status = OK if run.error is None else FAILING
        if status != self._status:
            self._log(status, run.error)
        self._status = status
        return status

    def _log(self, status: str, error: BaseException | None) -> None:
        name = self._check.name
        if status == OK:
            logger.info("Health check %s succeeds again", name)
        elif status == TIMED_OUT:
            logger.error("Health check %s: no answer in %g s", name, self._check.timeout)
        elif isinstance(error, EnvironmentMistake):
            logger.error(
                "Health check %s fails: %s", name, error
            )  # No line of the program is wrong.
        else:
            logger.error("Health check %s fails", name, exc_info=error)

    # --- in the background ------------------------------------------------------------------------

    def _start(self, run: Run) -> None:
        call, kind = self._find_call()
        if kind is CallKind.COROUTINE:
            start_task(self._await, run, call)
        else:
            on_loop = schedule_from_thread()
            work = partial(Context().run, self._call_in_thread, run, call, on_loop)
            name = f"health check {self._check.name}"
            # A thread of its own: one that hangs holds nothing that requests need, and as a daemon
            # not the end of the process either.
            threading.Thread(target=work, name=name, daemon=True).start()

    def _find_call(self) -> tuple[Callable[..., Any], CallKind]:
        """Return the function to call: that of a test, if it has replaced the check."""
        call, overrides = self._check.call, self._app.dependency_overrides
        if overrides and isinstance(call, Hashable):
            call = overrides.get(call, call)
        if call is not self._planned[0]:
            self._planned = call, *self._plan(call)
        return self._planned[1:]

    async def _await(self, run: Run, call: Callable[..., Awaitable[Any]]) -> None:
        error: BaseException | None = None
        is_late = True
        try:
            with anyio.move_on_after(max(0.0, run.started + self._check.timeout - clock())):
                error = await _error_of(call)
                is_late = False
        except BaseException as raised:
            # What the check has cancelled itself has failed: its time, which is over, raises
            # nothing here. The rest, such as SystemExit, would end the server.
            error, is_late = raised, False
            if isinstance(raised, (anyio.get_cancelled_exc_class(), KeyboardInterrupt)):
                raise
        finally:
            run.end(error, is_late=is_late)
            run.done.set()

    def _call_in_thread(
        self, run: Run, call: Callable[..., Any], on_loop: Callable[..., None]
    ) -> None:
        error: BaseException | None = None
        try:
            result = call()
            if isawaitable(result):  # Of a lambda that calls an `async def` function.
                on_loop(start_task, self._await, run, lambda: result)
                return
            if result is False:
                error = RuntimeError(RETURNED_FALSE)
        except BaseException as raised:  # noqa: BLE001 - nobody else hears of it
            error = raised
        run.end(error, is_late=clock() - run.started > self._check.timeout)
        on_loop(run.done.set)


def _takes_arguments(call: Callable[..., Any]) -> bool:
    """Return True if a parameter is a dependency, or has no default."""
    return any(
        one.default is one.empty
        or isinstance(one.default, Depends)
        or get_origin(one.annotation) is Annotated
        for one in read_signature(call).parameters.values()
        if one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
    )


async def _pass_through(app: Any, dependency: Any) -> Any:
    async with app.resolve(dependency) as value:
        return value


async def _error_of(call: Callable[..., Awaitable[Any]]) -> BaseException | None:
    """Return the error of a check, or None after success."""
    try:
        if await call() is False:
            return RuntimeError(RETURNED_FALSE)
    except Exception as error:  # noqa: BLE001 - the probe reports it
        return error
    return None


_tasks: set[asyncio.Task[None]] = set()


def start_task(function: Callable[..., Any], *args: Any) -> None:
    """Run a coroutine function in a task of its own, on asyncio or Trio.

    The task has an empty context: the variables of one probe do not concern the others.
    """
    loop = event_loop()
    if isinstance(loop, asyncio.AbstractEventLoop):
        task = loop.create_task(function(*args), context=Context())
        _tasks.add(task)  # The loop keeps only a weak reference.
        task.add_done_callback(_tasks.discard)
        return
    from trio.lowlevel import spawn_system_task  # A program on Trio has it.

    spawn_system_task(function, *args)


def schedule_from_thread() -> Callable[..., None]:
    """Return a function for another thread that calls a function on this event loop."""
    loop = event_loop()
    is_asyncio = isinstance(loop, asyncio.AbstractEventLoop)
    schedule = loop.call_soon_threadsafe if is_asyncio else loop.run_sync_soon

    def on_loop(function: Callable[..., Any], *args: Any) -> None:
        with suppress(RuntimeError):  # The event loop has ended meanwhile.
            schedule(function, *args)

    return on_loop


def event_loop() -> Any:
    """Return the running event loop of asyncio, or the token of Trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import current_trio_token  # A program on Trio has it.

        return current_trio_token()
