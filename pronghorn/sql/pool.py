"""Connections that are tested before they are used again, where that can tell something."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

# A server or a proxy that goes away without a word is noticed after this time without traffic.
IDLE_SECONDS = 10.0


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
    last_used: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def ping(connection: Any) -> bool:
        driver = connection.driver_connection
        is_recent = monotonic() - last_used.get(driver, 0.0) < IDLE_SECONDS
        if is_recent and not looks_lost(driver):
            return True
        return bool(ask(connection))

    def note_use(operation: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(connection: Any) -> None:
            last_used[connection.driver_connection] = monotonic()
            operation(connection)

        return run

    dialect.do_ping = ping
    dialect.do_commit = note_use(dialect.do_commit)
    dialect.do_rollback = note_use(dialect.do_rollback)
