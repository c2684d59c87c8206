"""Reads in the thread of the event loop give the rows and the errors of reads in another thread."""

import asyncio
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.expression import Select

from pronghorn.sql import Database

#: Declared type -> the type of SQLAlchemy.
TYPES: dict[str, Any] = {
    "INTEGER": sa.Integer,
    "REAL": sa.Float,
    "TEXT": sa.String,
    "BLOB": sa.LargeBinary,
    "NUMERIC": sa.Numeric(12, 2),
    "BOOLEAN": sa.Boolean,
    "DATETIME": sa.DateTime,
    "DATE": sa.Date,
    "JSON": sa.JSON,
    "": sa.types.NullType,
}
#: What SQLite keeps, whatever the column says.
STORED = (
    *(None, 0, 1, -1, 7, 2**31, 2**63 - 1, -(2**63)),
    *(0.0, -1.5, 1e308, 5e-324, float("inf"), -float("inf"), float("nan")),
    *("", "lamp", "Zoë 🦌", "null", '{"a": [1, null]}', "2024-02-29", "2024-02-29 12:00:00.000001"),
    *(b"", b"\xff\x00\xfe", "x" * 3000, b"y" * 100_000),
)
#: What a program passes, also by mistake.
PASSED = (*STORED, 2**63, 2**70, "\ud800", "a\0b", object(), True, (1, 2), bytearray(b"z"))


@pytest.fixture
def both(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """Two databases of one file: the first reads in the loop, the second in a thread."""
    quick, slow = Database(sqlite_url), Database(sqlite_url)
    probe = slow.prepare(sa.select(sa.literal(1)), int)

    async def work() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("pronghorn.sql.prepared.in_loop.HAS_CONNECTION", False)
            await probe()

    asyncio.run(work())
    monkeypatch.setattr("pronghorn.sql.prepared.quick.BUDGET_SECONDS", 60)
    return [quick, slow]


async def outcome(database: Database, statement: Any, values: dict[str, Any]) -> tuple[str, str]:
    """Return the rows, or the error, of a statement."""
    try:
        rows = await database.prepare(statement, tuple)(**values)
    except Exception as error:  # noqa: BLE001  # Every one is compared.
        return type(error).__name__, f"{error} <- {error.__cause__!r}"
    return "rows", repr(rows)


def make_table(chance: random.Random, path: str, name: str) -> sa.Table:
    """Create and fill a table of random columns."""
    kinds = chance.choices(list(TYPES), k=chance.randint(1, 6))
    columns = [sa.Column(f"c{place}", TYPES[kind]) for place, kind in enumerate(kinds)]
    declared = ", ".join(f"c{place} {kind}" for place, kind in enumerate(kinds))
    plain = sqlite3.connect(path)
    with plain:
        plain.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {declared})")
        for _ in range(chance.randint(0, 12)):
            row = [
                chance.choice(STORED) if chance.random() < 0.3 else make_fitting(chance, kind)
                for kind in kinds
            ]
            marks = ", ".join("?" * len(row))
            plain.execute(f"INSERT INTO {name} VALUES (NULL, {marks})", row)
        if chance.random() < 0.3 and "TEXT" in kinds:
            plain.execute(f"UPDATE {name} SET c{kinds.index('TEXT')} = CAST(x'ff61' AS TEXT)")
    plain.close()
    return sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


def make_fitting(chance: random.Random, kind: str) -> Any:
    """Return a value that the type of a column expects."""
    moment = f"20{chance.randint(10, 30)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
    return {
        "INTEGER": chance.randint(-9, 9),
        "REAL": chance.random(),
        "TEXT": chance.choice(["a", "b", "Zoë"]),
        "BLOB": chance.choice([b"a", b"\0"]),
        "NUMERIC": chance.randint(-99, 99) / 4,
        "BOOLEAN": chance.randint(0, 1),
        "DATETIME": f"{moment} 10:11:12.000000",
        "DATE": moment,
        "JSON": '{"a": [1, 2]}',
        "": chance.choice([None, 1, "x"]),
    }[kind]


def make_statement(chance: random.Random, table: sa.Table) -> Select[Any]:
    """Return a SELECT with the parameters `value`, and maybe `most`."""
    columns = list(table.c)
    column = chance.choice(columns)
    chosen = chance.choice(
        [columns, [column], [sa.func.count(), sa.func.max(column)], [column, sa.func.abs(column)]]
    )
    statement = sa.select(*chosen)
    value = sa.bindparam("value")
    compare = chance.choice(["==", ">", "<=", "is", "like", "in"])
    condition = {
        "==": column == value,
        ">": column > value,
        "<=": column <= value,
        "is": sa.or_(column.is_(None), column == value),
        "like": sa.cast(column, sa.String).like(value),
        "in": column.in_([0, "lamp", b""]) | (column == value),
    }[compare]
    statement = (
        statement.where(condition) if chance.random() < 0.8 else statement.add_columns(value)
    )
    if chance.random() < 0.5:
        statement = statement.order_by(column.desc()).limit(sa.bindparam("most", type_=sa.Integer))
    return statement


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_agree(both: list[Database], sqlite_url: str, seed: int) -> None:
    chance = random.Random(seed)
    path = sqlite_url.partition("///")[2]
    kinds = set()

    async def work() -> None:
        for number in range(6):
            table = make_table(chance, path, f"t{number}")
            for _ in range(6):
                statement = make_statement(chance, table)
                values = {
                    name: chance.choice(PASSED if name == "value" else (0, 3, -1, "x"))
                    for name in statement.compile().params
                    if name in {"value", "most"} and chance.random() < 0.97
                }
                found = [await outcome(one, statement, values) for one in both]
                assert found[0] == found[1], (str(statement), values)
                kinds.add(found[0][0])
        for one in both:
            await one.dispose()

    asyncio.run(work())
    assert "rows" in kinds
    assert len(kinds) > 1


def test_the_first_way_is_in_the_loop(both: list[Database], tmp_path: Path) -> None:
    """Otherwise the comparison would be of the same way."""
    waited = []

    async def work() -> None:
        for one in both:
            find = one.prepare(sa.select(sa.literal(1)), int)
            await find()
            turns: list[int] = []
            asyncio.get_running_loop().call_soon(turns.append, 1)
            await find()
            waited.append(bool(turns))
            await one.dispose()

    asyncio.run(work())
    assert waited == [False, True]
