"""Find the line of the program that blocks the event loop, while it blocks.

The loop sets a clock at short intervals. A thread looks at that clock; if it is late, the thread
looks at what the loop's thread is doing, and logs it when the loop goes on. Blocking is what a
program does: a call that waits without `await`, or a long calculation. Not reported are pauses of
the whole process, of the garbage collector, of a debugger, of imports, and of the lifespan.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import linecache
import logging
import sys
import sysconfig
import threading
import time
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.logs.context import current_ids

LOGGER = logging.getLogger("pronghorn").getChild("watchdog")
#: A part of the threshold, after which the loop sets the clock again.
BEATS = 4
#: Seconds after which a loop that is still blocked is reported.
LONGEST_WAIT = 5.0
#: Seconds in which a line, or a loop of the program, is reported once.
SILENCE = 60.0
ADVICE = (
    "No other request was answered meanwhile. Declare the endpoint or dependency with `def`, await "
    "`run_in_threadpool(...)`, or use an async library."
)
_PACKAGE = str(Path(__file__).parents[1])
_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {_PACKAGE, "<frozen", str(Path(asyncio.__file__).parents[1])}
)
#: Modules and functions whose pauses are no fault of an endpoint.
_EXCUSED = {("starlette.routing", "lifespan")}
_DEBUGGERS = ("bdb", "pdb", "pydevd", "debugpy", "_pydevd_bundle")


class Watchdog:
    """Watches one event loop from a thread of its own.

    Args:
        loop: The loop; the watch begins when it runs.
        threshold: Seconds above which a pause is reported.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, threshold: float) -> None:
        self._loop = loop
        self._threshold = threshold
        self._period = threshold / BEATS
        self._due = 0.0
        self._thread_id = 0
        self._collected = 0.0
        self._collecting = 0.0
        self._reported: dict[tuple[str, int], float] = {}
        self._thread = threading.Thread(target=self._watch, name="pronghorn-watchdog", daemon=True)

    def begin(self) -> None:
        """Begin to watch; called by the loop."""
        self._thread_id = threading.get_ident()
        gc.callbacks.append(self._note_collection)
        self._beat()
        self._thread.start()

    def _beat(self) -> None:
        self._due = time.monotonic() + self._period
        self._loop.call_later(self._period, self._beat)

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        now = time.monotonic()
        if phase == "start":
            self._collecting = now
        else:
            self._collected += now - self._collecting

    def _watch(self) -> None:
        while not self._loop.is_closed():
            wanted = max(self._due, time.monotonic() - self._period) + self._threshold
            collected = self._collected
            if not self._sleep_until(wanted) and self._is_late():
                # The system, too, has stopped this thread. If it has stopped the loop as well, the
                # loop goes on now.
                time.sleep(self._period)
            due = self._due
            pause = time.monotonic() - due - (self._collected - collected)
            if pause >= self._threshold and self._loop.is_running():
                self._examine(due)
        if self._note_collection in gc.callbacks:
            gc.callbacks.remove(self._note_collection)

    def _is_late(self) -> bool:
        return time.monotonic() - self._due >= self._threshold

    def _sleep_until(self, moment: float) -> bool:
        """Return whether this thread has woken up in time, or was kept by the loop's thread."""
        used = time.process_time()
        time.sleep(max(moment - time.monotonic(), 0.0))
        over = time.monotonic() - moment
        return over < self._threshold / 2 or time.process_time() - used > over / 2

    def _examine(self, due: float) -> None:
        """Look at what blocks the loop, and report it when the loop goes on."""
        frames = list(_frames(sys._current_frames().get(self._thread_id)))
        ids = self._ids()
        if not frames or _is_excused(frames) or _is_idle(frames):
            self._wait(due)
            return
        guilty = next((frame for frame in frames if _is_of_program(frame)), frames[0])
        found = _Place(guilty), _Place(frames[0])
        del frames, guilty  # Frames keep the variables of the program.
        if self._wait(due):
            self._report(*found, time.monotonic() - due, ids, is_over=True)
        elif not self._loop.is_closed():
            self._report(*found, time.monotonic() - due, ids, is_over=False)
            while not self._wait(due) and not self._loop.is_closed():
                pass

    def _wait(self, due: float) -> bool:
        """Wait until the loop goes on; return False if that takes too long."""
        until = time.monotonic() + LONGEST_WAIT
        while self._due == due and time.monotonic() < until and not self._loop.is_closed():
            time.sleep(self._period / 2)
        return self._due != due

    def _ids(self) -> dict[str, Any]:
        """Return the ids of the request whose task blocks the loop, if Python knows its context."""
        try:
            task: Any = asyncio.current_task(self._loop)
            ids = task.get_context().get(current_ids)
        except (AttributeError, RuntimeError):  # No task, or Python 3.11.
            return {}
        return {} if ids is None else {"request_id": ids.request_id}

    def _report(
        self, guilty: _Place, inner: _Place, seconds: float, ids: dict[str, Any], *, is_over: bool
    ) -> None:
        now = time.monotonic()
        key = _find_loop(*guilty.key)
        last = self._reported.get(key)
        if last is not None and now - last < SILENCE:
            return
        if len(self._reported) > 1000:
            self._reported.clear()
        self._reported[key] = now
        where = str(guilty) if guilty.key == inner.key else f"{guilty}, inside {inner.short}"
        LOGGER.warning(
            "The event loop %s for %d ms: %s. %s",
            "was blocked" if is_over else "has been blocked",
            seconds * 1000,
            where,
            ADVICE,
            extra={
                "blocked_ms": round(seconds * 1000),
                "file": guilty.file,
                "line": guilty.line,
                "function": guilty.function,
                **ids,
            },
        )


class _Place:
    """A line of a program.

    Args:
        frame: A frame that runs it.
    """

    def __init__(self, frame: FrameType) -> None:
        code = frame.f_code
        self.key = (code.co_filename, frame.f_lineno)
        self.line = frame.f_lineno
        self.function = code.co_qualname
        self.file = code.co_filename
        with suppress(OSError, ValueError):  # The file is elsewhere, or the folder is gone.
            self.file = str(Path(code.co_filename).relative_to(Path.cwd()))
        self._source = linecache.getline(code.co_filename, frame.f_lineno).strip()

    @property
    def short(self) -> str:
        return f"{self.function} ({self.file}:{self.line})"

    def __str__(self) -> str:
        source = f"`{self._source}` at " if self._source else ""
        return f"{source}{self.file}:{self.line} in {self.function}"


@lru_cache(maxsize=1000)
def _find_loop(file: str, line: int) -> tuple[str, int]:
    """Return the file and first line of the outermost loop around a line, or the line itself.

    A loop that is seen at another line each time is one finding. If it awaits, it lets the event
    loop go on between its lines, and each of them is its own.
    """
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return file, line
    first = line
    for node in ast.walk(tree):  # Outer nodes come before those inside.
        if not getattr(node, "lineno", line + 1) <= line <= (getattr(node, "end_lineno", 0) or 0):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = line
        elif isinstance(node, ast.For | ast.While) and first == line and not _gives_way(node):
            first = node.lineno
    return file, first


def _gives_way(loop: ast.AST) -> bool:
    """Return whether the event loop may go on inside a loop."""
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
    return any(isinstance(node, waits) for node in ast.walk(loop))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and its callers, the innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_of_program(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return not name.startswith(_LIBRARIES) and not name.startswith("<")


def _is_excused(frames: list[FrameType]) -> bool:
    """Return whether the stack belongs to an import, the lifespan or a debugger."""
    for frame in frames:
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        if (name, frame.f_code.co_name) in _EXCUSED or name.partition(".")[0] in _DEBUGGERS:
            return True
    return False


def _is_idle(frames: list[FrameType]) -> bool:
    """Return whether the loop only waits for events: it has been late before, and goes on now."""
    return Path(frames[0].f_code.co_filename).name in {"selectors.py", "base_events.py"} or (
        frames[0].f_code.co_name in {"run_forever", "run_until_complete", "run"}
        and not any(_is_of_program(frame) for frame in frames[:1])
    )


def watch(loop: asyncio.AbstractEventLoop, threshold: float) -> None:
    """Watch an event loop as long as it is open.

    Args:
        loop: The loop, which may not run yet.
        threshold: Seconds above which a pause is reported.
    """
    loop.call_soon(Watchdog(loop, threshold).begin)


class WatchingLifespan:
    """An ASGI application that watches its event loop from its lifespan on.

    Args:
        app: The application.
        threshold: Seconds above which a pause is reported.
    """

    def __init__(self, app: ASGIApp, threshold: float) -> None:
        self._app = app
        self._threshold = threshold

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return an awaitable that serves one request, connection or lifespan."""
        if scope["type"] == "lifespan":
            watch(asyncio.get_running_loop(), self._threshold)
        return self._app(scope, receive, send)
