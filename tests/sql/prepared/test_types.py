"""Prepared reads give what the ORM gives, for every type of column, on every driver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, text

from pronghorn.sql import Database
from tests.sql.prepared.types import UTC, make_models, make_rows


def describe(model: Any) -> list[tuple[str, Any, Any]]:
    """Return all fields with the exact types of their values, since `1 == True == Decimal(1)`."""
    return [(name, type(value), value) for name, value in model]


@asynccontextmanager
async def tables(database: Database) -> AsyncIterator[tuple[Any, Any, list[str]]]:
    """Create the table; give the mapped class, its model and the names of its columns."""
    postgresql = database.engine.dialect.name == "postgresql"
    base, mapped, model, names = make_models(postgresql=postgresql)
    if postgresql:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE EXTENSION IF NOT EXISTS hstore"))
        await database.dispose()
    async with database.lifespan():
        async with database.engine.begin() as connection:
            await connection.run_sync(base.metadata.create_all)
        yield mapped, model, names


async def insert(database: Database, mapped: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        async with database.transaction() as session:
            session.add(mapped(**row))


async def compare(database: Database, mapped: Any, model: Any) -> int:
    find = database.prepare(select(mapped).order_by(mapped.id), model)
    find_one = database.prepare(select(mapped).where(mapped.id == bindparam("number")), model)
    for _ in range(3):  # The first time goes another way than the later ones.
        async with database.transaction(read_only=True) as session:
            found = (await session.scalars(select(mapped).order_by(mapped.id))).all()
            expected = [describe(model.model_validate(row)) for row in found]
            assert [describe(one) for one in await find()] == expected
            assert [describe(one) for one in await find(session)] == expected
            assert [describe(one) for one in await find(session)] == expected
            assert describe(await find_one.one(number=found[-1].id)) == expected[-1]
    return len(expected)


def test_every_type_of_column_is_read_as_by_the_orm(database: Database) -> None:
    async def work() -> None:
        async with tables(database) as (mapped, model, names):
            await insert(database, mapped, make_rows(names))
            assert await compare(database, mapped, model) >= 6
            assert len(names) >= 28

    asyncio.run(work())


# Releases before 2.1.9 warn of the comparison itself.
@pytest.mark.filterwarnings("ignore:Type object .*HSTORE:DeprecationWarning")
def test_parameters_are_converted_by_the_types_of_columns(database: Database) -> None:
    """Every value finds the rows that it finds in a query of the ORM."""

    async def work() -> None:
        async with tables(database) as (mapped, _, names):
            rows = make_rows(names)
            await insert(database, mapped, rows)
            for name in names:
                if name.removesuffix("_or_null") in NOT_COMPARED:
                    continue
                column = getattr(mapped, "a_" + name)
                statement = (
                    select(mapped.id).where(column == bindparam("value")).order_by(mapped.id)
                )
                many = select(mapped.id).where(column.in_(bindparam("values")))
                find = database.prepare(statement, int)
                find_many = database.prepare(many.order_by(mapped.id), int)
                for value in {
                    repr(row.get("a_" + name)): row.get("a_" + name) for row in rows
                }.values():
                    async with database.transaction(read_only=True) as session:
                        expected = (await session.scalars(statement, {"value": value})).all()
                        assert await find(value=value) == expected
                        assert await find(session, value=value) == expected
                        assert await find_many(values=[value, value]) == expected
                        assert await find_many(session, values=[value]) == expected
                        assert await find_many(values=[]) == []

    asyncio.run(work())


#: Not comparable, not equal to itself in the database, or not by every release of SQLAlchemy.
NOT_COMPARED = {"document", "pickled", "shouting", "domain"}
SOME = {
    "a_integer": st.integers(-(2**31), 2**31 - 1),
    "a_big": st.integers(-(2**63), 2**63 - 1),
    "a_double": st.floats(allow_nan=False),
    "a_numeric": st.decimals(-(10**9), 10**9, places=2),
    "a_text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    "a_binary": st.binary(),
    "a_moment": st.datetimes(),
    "a_aware": st.datetimes(timezones=st.just(UTC)),
    "a_interval": st.timedeltas(timedelta(-9999), timedelta(9999)),
    "a_id_number": st.uuids(),
    "a_document": st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('abé"\\ '),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("xyz"), inner),
        max_leaves=8,
    ),
}


def test_invented_rows_are_read_as_by_the_orm(database: Database) -> None:
    """The rows of all examples stay in the table, so each reads those before it, too."""
    numbers = count(1)

    @settings(max_examples=8, deadline=None, database=None)
    @given(st.fixed_dictionaries({name: st.none() | kind for name, kind in SOME.items()}))
    def try_row(row: dict[str, Any]) -> None:
        async def work() -> None:
            async with tables(database) as (mapped, model, _):
                await insert(database, mapped, [{"id": next(numbers), **row}])
                await compare(database, mapped, model)

        asyncio.run(work())

    try_row()
