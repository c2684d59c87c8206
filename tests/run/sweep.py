"""A request that fails, or is cancelled, at any of its awaits.

The program has three dependencies with `yield` (one inside another, one of them `def`), an uploaded
file, a session, a background task and responses of several shapes. Each part notes its begin and
its end.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from importlib import import_module
from types import ModuleType, coroutine
from typing import Annotated, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BODY = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%b\r\n--b--\r\n'
FORM = BODY % (b"x" * 20)
#: The longest wait for an outcome, in seconds.
LIMIT = 20.0
#: The ends of all parts that are inside of each other.
INSIDE_OUT = ("body-", "blocking-", "nested-", "outer-")


class OnPurpose(Exception):
    """The error that is raised at an await."""


class Run:
    """One request with at most one fault.

    Args:
        kind: "raise" in the program or its server; "cancel" the task of the request where it waits;
            "late": the same two milliseconds later, when a thread has begun.
        at: The number of the await, from 1 on.

    Attributes:
        events: What has happened, in order: `name+` for a begin, `name-` for an end.
        reached: True if there was an await of that number.
        sent: The messages of the response.
        has_answered: True once the application has begun to send 200.
        has_returned: True if the endpoint has returned.
        inserted: True if the endpoint has inserted a row.
        outcome: The exception with which the application has ended, or None.
    """

    def __init__(self, kind: str, at: int) -> None:
        self.kind, self.at = kind, at
        self.events: list[str] = []
        self.reached = False
        self.sent: list[Any] = []
        self.has_answered = self.has_returned = self.inserted = False
        self.outcome: BaseException | None = None
        self._awaits = 0

    async def pause(self) -> None:
        """Wait for one turn of the event loop, or fail."""
        if self.kind == "raise":
            self._awaits += 1
            if self._awaits == self.at:
                self.reached = True
                raise OnPurpose
        await asyncio.sleep(0)

    @coroutine
    def drive(self, work: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
        """Run the application step by step, and cancel it at the await."""
        result: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits_for = work.send(result) if error is None else work.throw(error)
            except StopIteration:
                return
            result = error = None
            if self.kind != "raise":
                self._awaits += 1
                if self._awaits == self.at:
                    self._cancel()
            try:
                result = yield waits_for
            except BaseException as raised:  # noqa: BLE001 - passed on
                error = raised

    def _cancel(self) -> None:
        task: Any = asyncio.current_task()
        self.reached = True
        if self.kind == "cancel":
            task.cancel()
        else:
            asyncio.get_running_loop().call_later(0.002, task.cancel)

    @property
    def status(self) -> int | None:
        """The status code of the response, if it has begun."""
        return self.sent[0]["status"] if self.sent else None

    def unbalanced(self) -> list[str]:
        """Return what has not ended exactly once for each begin."""
        counts = Counter(self.events)
        names = {event[:-1] for event in self.events}
        wrong = sorted(name for name in names if counts[f"{name}+"] != counts[f"{name}-"])
        ends = [event for event in self.events if event in INSIDE_OUT]
        if ends != [event for event in INSIDE_OUT if event in ends]:
            wrong.append(f"order: {ends}")
        return wrong


class Program:
    """The program of one framework.

    Args:
        framework: `fastapi` or `pronghorn`.
        shape: A key of `SHAPES`.
        session: The dependency of a session; None for none.
    """

    def __init__(self, framework: ModuleType, shape: str, session: Any = None) -> None:
        self.framework = framework
        self.run = Run("", 0)
        self.app = framework.FastAPI()
        #: The sources of streams.
        self.kept: list[Any] = []
        self.depends = framework.Depends(self.make_blocking())
        self.session = session or framework.Depends(lambda: None)
        SHAPES[shape](self)

    def blocking(self, name: str, values: Any, seconds: float = 0.0) -> Iterator[Any]:
        """Yield values in a thread."""
        run = self.run
        time.sleep(seconds)
        run.events.append(f"{name}+")
        try:
            yield from values
        except (
            GeneratorExit
        ):  # From the garbage collector, unless the source of a stream is closed.
            if name != "body":
                run.events.append(f"{name} was thrown away")
            raise
        finally:
            time.sleep(seconds)
            run.events.append(f"{name}-")

    def make_blocking(self) -> Any:
        depends = self.framework.Depends

        async def outer() -> AsyncIterator[int]:
            run = self.run
            run.events.append("outer+")
            try:
                await run.pause()
                yield 1
            finally:
                try:
                    await asyncio.sleep(0)
                finally:
                    run.events.append("outer-")

        async def nested(value: int = depends(outer)) -> AsyncIterator[int]:
            run = self.run
            run.events.append("nested+")
            try:
                await run.pause()
                yield value
            finally:
                try:
                    await asyncio.sleep(0)
                finally:
                    run.events.append("nested-")

        def blocking(value: int = depends(nested)) -> Iterator[int]:
            yield from self.blocking("blocking", [value], 0.004 if self.run.kind == "late" else 0)

        return blocking

    async def background(self) -> None:
        run = self.run
        run.events.append("background+")
        try:
            await run.pause()
        finally:
            run.events.append("background-")

    async def work(self, session: Any, file: Any) -> None:
        run = self.run
        run.events.append("endpoint+")
        try:
            if session is not None:
                await session.execute(text("INSERT INTO notes VALUES (1)"))
                run.inserted = True
            await run.pause()
            await file.read()
            run.has_returned = True
        finally:
            run.events.append("endpoint-")

    async def request(self, kind: str, at: int) -> Run:
        """Send a request; return what has happened once nothing of it runs any more."""
        run = self.run = Run(kind, at)
        parts = [
            {"type": "http.request", "body": FORM[50:]},
            {"type": "http.request", "body": FORM[:50], "more_body": True},
        ]

        async def receive() -> Any:
            if not parts:
                await asyncio.sleep(LIMIT)
            await run.pause()
            return parts.pop()

        async def send(message: Any) -> None:
            run.has_answered = run.has_answered or message.get("status") == 200
            await run.pause()
            run.sent.append(message)

        headers = [(b"content-type", b"multipart/form-data; boundary=b")]
        headers.append((b"content-length", str(len(FORM)).encode()))
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
        scope |= {"headers": headers, "asgi": {"version": "3.0", "spec_version": "2.3"}}  # type: ignore[dict-item]  # mixed
        others = asyncio.all_tasks()
        task = asyncio.ensure_future(_await(run.drive(self.app(scope, receive, send))))
        await asyncio.wait([task], timeout=LIMIT)
        if not task.done():
            raise AssertionError(f"{kind} at {at}: the request does not end")
        run.outcome = asyncio.CancelledError() if task.cancelled() else task.exception()
        async with asyncio.timeout(LIMIT):
            while rest := asyncio.all_tasks() - others:
                await asyncio.wait(rest)
        return run


async def _await(steps: Any) -> None:
    await steps


# --- the shapes of an endpoint -------------------------------------------------------------------


def add_json(program: Program) -> None:
    async def endpoint(tasks: Any, file: Any, session: Any, value: Any) -> int:
        tasks.add_task(program.background)
        await program.work(session, file)
        return 1

    _declare(program, endpoint)


def add_def(program: Program) -> None:
    def endpoint(tasks: Any, file: Any, session: Any, value: Any) -> int:
        tasks.add_task(program.background)
        program.run.events += ["endpoint+", "endpoint-"]
        return 1

    program.session = program.framework.Depends(lambda: None)
    _declare(program, endpoint)


def _returning(make: Callable[[Program], Any]) -> Callable[[Program], None]:
    def add(program: Program) -> None:
        responses = import_module(f"{program.framework.__name__}.responses")

        async def endpoint(tasks: Any, file: Any, session: Any, value: Any) -> Any:
            tasks.add_task(program.background)
            await program.work(session, file)
            program.kept.append(make(program))  # Otherwise the garbage collector would close it.
            return responses.StreamingResponse(program.kept[-1])

        _declare(program, endpoint)

    return add


async def _body(program: Program) -> AsyncIterator[bytes]:
    run = program.run
    run.events.append("body+")
    try:
        for _ in range(2):
            await run.pause()
            yield b"x"
    finally:
        try:
            await asyncio.sleep(0)
        finally:
            run.events.append("body-")


def add_lines(program: Program) -> None:
    async def endpoint(tasks: Any, file: Any, session: Any, value: Any) -> AsyncIterator[Any]:
        run = program.run
        tasks.add_task(program.background)
        run.events.append("body+")
        try:
            for number in range(2):
                await run.pause()
                yield {"number": number}
        finally:
            try:
                await asyncio.sleep(0)
            finally:
                run.events.append("body-")

    program.session = program.framework.Depends(lambda: None)
    _declare(program, endpoint)


def add_lines_in_thread(program: Program) -> None:
    def endpoint(tasks: Any, file: Any, session: Any, value: Any) -> Iterator[Any]:
        tasks.add_task(program.background)
        yield from program.blocking("body", [{"number": 1}, {"number": 2}])

    program.session = program.framework.Depends(lambda: None)
    _declare(program, endpoint)


def _declare(program: Program, endpoint: Any) -> None:
    framework = program.framework
    endpoint.__annotations__ = {
        "tasks": framework.BackgroundTasks,
        "file": framework.UploadFile,
        "session": Annotated[AsyncSession | None, program.session],
        "value": Annotated[int, program.depends],
    }
    program.app.post("/", response_model=None)(endpoint)


SHAPES: dict[str, Callable[[Program], None]] = {
    "json": add_json,
    "def": add_def,
    "stream": _returning(_body),
    "stream in thread": _returning(lambda program: program.blocking("body", [b"x", b"x"])),
    "lines": add_lines,
    "lines in thread": add_lines_in_thread,
}
