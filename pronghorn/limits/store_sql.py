"""Counts in a table of the program's database, by the clock of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    MetaData,
    String,
    Table,
    bindparam,
    case,
    cast,
    or_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from pronghorn.limits.store import Change
from pronghorn.limits.windows import Charge, Count, Window
from pronghorn.nodes.clock import now_ms
from pronghorn.nodes.trimming import Trimming
from pronghorn.sql import Database


def _make_table(*prefixes: str) -> Table:
    """Return the table: one row for each key.

    `took` is what the last charge took; -1 if it did not fit.
    """
    return Table(
        "pronghorn_limits",
        MetaData(),
        Column("key", String(80), primary_key=True),
        Column("started", BigInteger, nullable=False),
        Column("current", BigInteger, nullable=False),
        Column("previous", BigInteger, nullable=False),
        Column("seen", BigInteger, nullable=False),
        Column("took", BigInteger, nullable=False),
        Column("expires", BigInteger, nullable=False, index=True),
        prefixes=list(prefixes),
    )


COUNTS = _make_table()
#: A crash of the server empties the table. In return no commit of a count waits for the disk.
_UNLOGGED = _make_table("UNLOGGED")
_Row = tuple[int, int, int, int, int]


class _Refused(Exception):
    """Rolls back the charges that did fit beside one that did not."""


class SqlStore:
    """Counts in the database: one statement for each charge.

    A charge alone is its own transaction. Several are one transaction, so that a quota takes
    nothing if another one refuses. Neither belongs to the transaction of the request.

    Args:
        db: The database.
    """

    is_remote = True

    def __init__(self, db: Database) -> None:
        self._db = db
        dialect = db.engine.dialect.name
        db.add_own_tables((_UNLOGGED if dialect == "postgresql" else COUNTS).metadata)
        self._take = db.prepare(_take_statement(dialect), _Row)
        self._change = db.prepare(_change_statement(), str)
        self._trimming = Trimming(db, COUNTS.c.key, COUNTS.c.expires)

    async def take(self, charges: Sequence[Charge]) -> list[Count]:
        """Take all charges if each of them fits, else none; see `Store`."""
        self._trimming.trim_sometimes()
        if len(charges) == 1:
            return [await self._take_one(None, charges[0])]
        found: dict[str, Count] = {}
        try:
            async with self._db.transaction() as session:
                # In the same order everywhere, so that two requests never wait for each other.
                for charge in sorted(charges):
                    found[charge.key] = await self._take_one(session, charge)
                if not all(count.fits for count in found.values()):
                    raise _Refused
        except _Refused:
            found = {key: _without(count) for key, count in found.items()}
        return [found[charge.key] for charge in charges]

    async def _take_one(self, session: Any, charge: Charge) -> Count:
        key, amount, window, cost = charge
        row = await self._take.one(session, key_=key, amount_=amount, window_=window, cost_=cost)
        started, current, previous, seen, took = row
        return Count(charge, Window(started, current, previous), seen, took == cost)

    async def change(self, changes: Sequence[Change]) -> None:
        """Correct charges, also beyond the quota; see `Store`."""
        async with self._db.transaction() as session:
            for key, window, started, by in sorted(changes):
                await self._change(session, key_=key, window_=window, started_=started, by_=by)


def _without(count: Count) -> Count:
    """Return a count without its charge, which was rolled back."""
    if not count.fits:
        return count
    window = count.window
    return count._replace(window=window._replace(current=window.current - count.charge.cost))


def _number(name: str) -> Any:
    return bindparam(name, type_=BigInteger)


def _take_statement(dialect: str) -> Any:
    """Return the statement that moves a window on, and takes a charge if it fits."""
    cost, amount, length = _number("cost_"), _number("amount_"), _number("window_")
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    now = now_ms(dialect)
    statement = insert(COUNTS).values(
        key=bindparam("key_", type_=String), started=now, current=cost, previous=0, seen=now,
        took=cost, expires=now + 2 * length,
    )  # fmt: skip
    # The time of the new row, which all parts of the statement share.
    now = statement.excluded.started
    elapsed, old = now - COUNTS.c.started, COUNTS.c
    is_over = or_(elapsed >= 2 * length, elapsed <= -length)
    is_next = elapsed >= length
    started = case((is_over, now), (is_next, old.started + length), else_=old.started)
    previous = case((is_over, 0), (is_next, old.current), else_=old.previous)
    current = case((or_(is_over, is_next), 0), else_=old.current)
    used = cast(previous, Double) * cast(started + length - now, Double) / cast(length, Double)
    fits = used + cast(current + cost, Double) < cast(amount, Double) + 1.0
    took = case((fits, cost), else_=0)
    changed = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "started": started,
            "current": current + took,
            "previous": previous,
            "seen": now,
            # A charge of nothing is told from a refusal.
            "took": case((fits, cost), else_=-1),
            "expires": started + 2 * length,
        },
    )
    return changed.returning(old.started, old.current, old.previous, old.seen, old.took)


def _change_statement() -> Any:
    """Return the statement that corrects an earlier charge in the window that has it."""
    length, started, by = _number("window_"), _number("started_"), _number("by_")
    old = COUNTS.c

    def change(column: Any) -> Any:
        return case((column + by < 0, 0), else_=column + by)

    return (
        update(COUNTS)
        .where(old.key == bindparam("key_", type_=String))
        .values(
            current=case((old.started == started, change(old.current)), else_=old.current),
            previous=case(
                (old.started == started + length, change(old.previous)), else_=old.previous
            ),
        )
        .returning(old.key)
    )
