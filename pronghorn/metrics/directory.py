"""The directory in which the processes of a program keep their numbers, and who of them lives.

prometheus-client gives each process files of its own, such as `counter_123.db`. A process that
enters the directory holds a lock on a file beside them, which the system releases however the
process ends. So each of the others can tell that it is dead, also if its number is in use again.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["VARIABLE", "Directory", "find_directory"]

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: Seconds after which a process goes without the lock: its holder may have been stopped.
PATIENCE = 5.0
PAUSE = 0.005
OF_PROCESS = re.compile(r"(counter|histogram|summary|gauge_[a-z]+)_(\d+)\.db")
SIGN_OF_LIFE = re.compile(r"process_(\d+)\.alive")

#: The files whose locks say that this process lives, by path and process.
_held: dict[tuple[Path, int], int] = {}


class Directory:
    """A directory that several processes share.

    Args:
        path: It exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def enter(self) -> None:
        """Let this process count as alive until it ends; call it with `changing`."""
        sign = self._sign(os.getpid())
        if (sign, os.getpid()) in _held:
            return
        file = os.open(sign, os.O_RDWR | os.O_CREAT, 0o600)
        # Unlike `flock`, this lock is not inherited by a fork, which may outlive its parent.
        fcntl.lockf(file, fcntl.LOCK_EX)
        _held[sign, os.getpid()] = file

    def numbers(self) -> list[Path]:
        """Return the files with numbers of all processes, and those of `folding`."""
        return sorted(self.path.glob("*.db"))

    def find_dead(self) -> list[Path]:
        """Return the files of processes that have ended, with their signs of life."""
        found: dict[int, list[Path]] = {}
        for file in self.path.iterdir():
            match = OF_PROCESS.fullmatch(file.name) or SIGN_OF_LIFE.fullmatch(file.name)
            if match is not None:
                found.setdefault(int(match[match.re.groups]), []).append(file)
        return [file for number, files in found.items() if self._is_dead(number) for file in files]

    def find_leftovers(self) -> list[Path]:
        """Return the files of an earlier process that had the number of this one."""
        return [
            file
            for file in self.numbers()
            if (match := OF_PROCESS.fullmatch(file.name)) and int(match[2]) == os.getpid()
        ]

    def is_abandoned(self) -> bool:
        """Return True if processes have entered the directory, and all of them have ended."""
        signs = [SIGN_OF_LIFE.fullmatch(file.name) for file in self.path.iterdir()]
        numbers = [int(sign[1]) for sign in signs if sign is not None]
        return bool(numbers) and all(map(self._is_dead, numbers))

    def _sign(self, number: int) -> Path:
        return self.path / f"process_{number}.alive"

    def _is_dead(self, number: int) -> bool:
        if number == os.getpid():
            return False  # Closing the file that is asked below would release our lock.
        try:
            file = os.open(self._sign(number), os.O_RDWR)
        except FileNotFoundError:
            return not _exists(number)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(file)
        return True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep others from moving numbers between files.

        Raises:
            TimeoutError: Another process does not release the lock.
        """
        with self._lock(fcntl.LOCK_SH):
            yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep others from reading, changing and entering the directory.

        Raises:
            TimeoutError: Another process does not release the lock.
        """
        with self._lock(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + PATIENCE
            while not _try_lock(file, kind):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.path} is locked by a process that does not go on")
                time.sleep(PAUSE)
            yield
        finally:
            os.close(file)


def _try_lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _exists(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def find_directory() -> Directory | None:
    """Return the directory that the environment names; None for a program of one process."""
    path = os.environ.get(VARIABLE)
    return Directory(Path(path)) if path else None
