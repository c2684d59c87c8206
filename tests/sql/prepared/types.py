"""A table with a column of each type, and rows with ordinary and extreme values."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Money(TypeDecorator[Decimal]):
    """Decimals as whole cents."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return Decimal(-1) if value is None else Decimal(value) / 100


class Shouting(TypeDecorator[str]):
    """Texts that the database turns into upper case when they are read."""

    impl = sa.String
    cache_ok = True

    def column_expression(self, column: Any) -> Any:
        return sa.func.upper(column)


UTC = dt.UTC
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")

#: Name -> the type of the column, and values beside None.
EVERYWHERE: dict[str, tuple[TypeEngine[Any] | type[TypeEngine[Any]], list[Any]]] = {
    "boolean": (sa.Boolean, [True, False]),
    "small": (sa.SmallInteger, [0, -(2**15), 2**15 - 1]),
    "integer": (sa.Integer, [0, -(2**31), 2**31 - 1]),
    "big": (sa.BigInteger, [0, -(2**63), 2**63 - 1]),
    "double": (sa.Double, [0.0, -1.5, 1.7976931348623157e308, 5e-324, float("inf")]),
    "floating": (sa.Float, [0.1, 2.5e-3]),
    "decimal_float": (sa.Float(asdecimal=True), [Decimal("0.5"), Decimal("12.25")]),
    "numeric": (sa.Numeric(12, 2), [Decimal("0.00"), Decimal("-9999999999.99")]),
    "numeric_float": (sa.Numeric(12, 2, asdecimal=False), [0.0, 3.25]),
    "text": (sa.Text, ["", "a" * 5000, "Zoë 🦌 \\ ' \" % :x $1", "null"]),
    "string": (sa.String(50), ["", "short"]),
    "unicode": (sa.Unicode(50), ["ß", "日本"]),
    "binary": (sa.LargeBinary, [b"", bytes(range(256))]),
    "date": (sa.Date, [dt.date.min, dt.date.max, dt.date(2024, 2, 29)]),
    "time": (sa.Time, [dt.time(0, 0), dt.time(23, 59, 59, 999999)]),
    "moment": (
        sa.DateTime,
        [
            dt.datetime.fromisoformat("0001-01-01"),
            dt.datetime.fromisoformat("2024-02-29T12:00:00.1"),
        ],
    ),
    "aware": (
        sa.DateTime(timezone=True),
        [dt.datetime(2024, 2, 29, tzinfo=UTC), dt.datetime(1970, 1, 1, 5, tzinfo=EAST)],
    ),
    "interval": (sa.Interval, [dt.timedelta(0), dt.timedelta(-3, 5, 7), dt.timedelta(9999)]),
    "id_number": (sa.Uuid, [ID, uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)]),
    "id_text": (sa.Uuid(as_uuid=False), [str(ID)]),
    "colour": (sa.Enum(Colour, name="colour"), list(Colour)),
    "colour_text": (sa.Enum(Colour, native_enum=False, length=8), list(Colour)),
    "word": (sa.Enum("yes", "no", name="word"), ["yes", "no"]),
    "document": (
        sa.JSON,
        [{"a": [1, 2.5, None, "x"]}, [], "text", 0, False, {"deep": {"é": "\u2028"}}],
    ),
    "document_or_null": (sa.JSON(none_as_null=True), [{"b": 1}, [None]]),
    "pickled": (sa.PickleType, [{1, 2}, (1, "two"), Colour.RED]),
    "money": (Money, [Decimal("12.34"), Decimal("-0.01")]),
    "shouting": (Shouting, ["loud", "ÄÖ"]),
}
ON_POSTGRESQL: dict[str, tuple[TypeEngine[Any] | type[TypeEngine[Any]], list[Any]]] = {
    "numbers": (pg.ARRAY(sa.Integer), [[], [1, -2, 2**31 - 1]]),
    "grid": (pg.ARRAY(sa.Text, dimensions=2), [[["a", "b"], ["c", "d,{}"]]]),
    "colours": (pg.ARRAY(sa.Enum(Colour, name="colour")), [[Colour.RED, Colour.GREEN], []]),
    "prices": (pg.ARRAY(sa.Numeric(8, 2)), [[Decimal("1.50"), None]]),
    "document_b": (pg.JSONB, [{"a": {"b": [1, None]}}, [1], "x", 1.5]),
    "address": (pg.INET, [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("::1")]),
    "network": (pg.CIDR, [ipaddress.ip_network("10.0.0.0/8")]),
    "hardware": (pg.MACADDR, ["08:00:2b:01:02:03"]),
    "labels": (pg.HSTORE, [{}, {"a": "1", "b": None}]),
    "whole_range": (pg.INT4RANGE, [pg.Range(1, 5), pg.Range(empty=True), pg.Range(None, 3)]),
    "date_range": (pg.DATERANGE, [pg.Range(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]),
    "moment_range": (pg.TSTZRANGE, [pg.Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None)]),
    "whole_ranges": (pg.INT4MULTIRANGE, [[pg.Range(1, 3), pg.Range(7, 9)], []]),
    "bits": (pg.BIT(varying=True), []),
    "span": (pg.INTERVAL, [dt.timedelta(days=1, seconds=2)]),
    "exact_moment": (
        pg.TIMESTAMP(precision=3),
        [dt.datetime.fromisoformat("2024-01-01T01:01:01.123")],
    ),
    "time_zone": (pg.TIME(timezone=True), [dt.time(12, 30, tzinfo=EAST)]),
    "vector": (pg.TSVECTOR, []),
    "real": (sa.REAL, [0.5, -3.25]),
    "domain": (pg.DOMAIN("positive", sa.Integer), [1, 7]),
}


class Row(BaseModel):
    """Takes every value as it is, so that what is compared is what was read."""

    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)


def make_models(*, postgresql: bool) -> tuple[type[DeclarativeBase], Any, Any, list[str]]:
    """Return the base, the mapped class, its model, and the names of the typed columns."""

    class Base(DeclarativeBase):
        pass

    columns = {**EVERYWHERE, **(ON_POSTGRESQL if postgresql else {})}
    body: dict[str, Any] = {"__tablename__": "samples", "__annotations__": {"id": Mapped[int]}}
    body["id"] = mapped_column(primary_key=True)
    fields: dict[str, Any] = {"id": int}
    for name, (kind, _) in columns.items():
        body["a_" + name] = mapped_column("c_" + name, kind, nullable=True)
        body["__annotations__"]["a_" + name] = Mapped[Any]
        fields["a_" + name] = Any
    mapped = type("Sample", (Base,), body)
    model = type("SampleOut", (Row,), {"__annotations__": fields})
    return Base, mapped, model, list(columns)


def make_rows(names: list[str]) -> list[dict[str, Any]]:
    """Return a row of NULLs, and rows in which each column takes each of its values."""
    columns = {**EVERYWHERE, **ON_POSTGRESQL}
    longest = max(len(columns[name][1]) for name in names)
    rows: list[dict[str, Any]] = [{"id": 1}]
    for number in range(longest):
        row: dict[str, Any] = {"id": number + 2}
        for name in names:
            values = columns[name][1]
            row["a_" + name] = values[number % len(values)] if values else None
        rows.append(row)
    return rows
