"""Connections that are tested before they are used again, where that can tell something."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

# A server or a proxy that goes away without a word is noticed after this time without traffic.
IDLE_SECONDS = 10.0
#: Dialect -> when each connection of its driver was used last, and whether one looks lost.
_TESTS: WeakKeyDictionary[Dialect, _Test]
_TESTS = WeakKeyDictionary()


class _Test(NamedTuple):
    """The knowledge about the connections of an engine."""

    last_used: WeakKeyDictionary[Any, float]
    looks_lost: Callable[[Any], bool]

    def is_passed(self, driver: Any) -> bool:
        """Return whether a connection need not be asked."""
        is_recent = monotonic() - self.last_used.get(driver, 0.0) < IDLE_SECONDS
        return is_recent and not self.looks_lost(driver)


def ask_only_in_doubt(engine: AsyncEngine, looks_lost: Callable[[Any], bool]) -> None:
    """Ask the server whether a connection is alive only if that is in doubt.

    The engine has to be made with `pool_pre_ping=True`.

    Args:
        engine: A new engine, with the operations already protected.
        looks_lost: Returns whether a connection of the driver is closed, or has received
            something while nobody was waiting. It must not wait.
    """
    dialect: Any = engine.dialect
    ask = dialect.do_ping
    test = _TESTS[dialect] = _Test(WeakKeyDictionary(), looks_lost)

    def ping(connection: Any) -> bool:
        return test.is_passed(connection.driver_connection) or bool(ask(connection))

    def note_end(operation: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(connection: Any) -> None:
            test.last_used[connection.driver_connection] = monotonic()
            operation(connection)

        return run

    dialect.do_ping = ping
    dialect.do_commit = note_end(dialect.do_commit)
    dialect.do_rollback = note_end(dialect.do_rollback)


def is_surely_alive(dialect: Dialect, driver: Any) -> bool:
    """Return whether a connection can be used without asking the server.

    Args:
        dialect: The dialect of its engine.
        driver: The connection of the driver.
    """
    test = _TESTS.get(dialect)
    return test is None or test.is_passed(driver)


def note_use(dialect: Dialect, driver: Any) -> None:
    """Note that the server has just answered on a connection.

    Args:
        dialect: The dialect of its engine.
        driver: The connection of the driver.
    """
    test = _TESTS.get(dialect)
    if test is not None:
        test.last_used[driver] = monotonic()
