"""Gates at which a thread waits until another one opens them.

Whoever opens a lock of Python holds the lock of the interpreter, so the thread that wakes up has to
wait once more at once. Writing to a descriptor of Linux lets go of the interpreter first, so the
other thread begins, which saves half of the switches between threads.
"""

from __future__ import annotations

import os
import sys
from threading import Lock
from types import TracebackType
from typing import Protocol, Self


class Gate(Protocol):
    """A gate, closed at first; it is a context manager that frees what it holds."""

    def wait(self) -> None:
        """Wait until the gate is opened, which may be the case already, and close it again."""

    def open(self) -> None:
        """Let the waiting thread, or the next one that waits, pass."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class _LockGate:
    """A gate for every system."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def wait(self) -> None:
        self._lock.acquire()

    def open(self) -> None:
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


if sys.platform == "linux" and hasattr(os, "eventfd"):

    class _EventGate(_LockGate):
        """A gate that is a descriptor, see eventfd(2)."""

        def __init__(self) -> None:
            self._descriptor = os.eventfd(0, os.EFD_CLOEXEC)

        def wait(self) -> None:
            os.eventfd_read(self._descriptor)

        def open(self) -> None:
            os.eventfd_write(self._descriptor, 1)

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None:
            os.close(self._descriptor)

    def make_gate() -> Gate:
        """Return a closed gate."""
        try:
            return _EventGate()
        except OSError:  # Too many open files.
            return _LockGate()

else:

    def make_gate() -> Gate:
        """Return a closed gate."""
        return _LockGate()
