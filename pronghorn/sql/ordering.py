"""The order of a list: its columns, checked at startup, and the rows after a position."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from enum import Enum
from typing import Any

from sqlalchemy import (
    REAL,
    Double,
    Float,
    Index,
    UniqueConstraint,
    and_,
    asc,
    bindparam,
    cast,
    desc,
    false,
    nulls_first,
    nulls_last,
    or_,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import ColumnElement, operators
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Column, PrimaryKeyConstraint, Table
from sqlalchemy.sql.sqltypes import NullType
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.sql.visitors import iterate

from pronghorn.core.setup_errors import describe_value, setup_error, user_error, user_place
from pronghorn.exceptions import SetupError
from pronghorn.sql.cursors import TYPES

_DIRECTIONS: dict[Any, bool] = {operators.asc_op: False, operators.desc_op: True}
_NULLS: dict[Any, bool] = {operators.nulls_first_op: True, operators.nulls_last_op: False}


class SortKey:
    """One column of an order.

    Attributes:
        column: The column or expression, under the name that it has in the statement.
        descending: Whether large values come first.
        nulls_first: Whether NULL comes first; None if it does not occur.
        enum: The class of its values if that is an enumeration.
    """

    def __init__(self, written: Any, number: int) -> None:
        expression, self.descending, self.nulls_first = _take_apart(written)
        self.expression = expression
        self._type = _exact_type(expression.type)
        self._is_short_float = _is_short_float(expression.type)
        self.column = type_coerce(expression, self._type).label(f"sort_key_{number}")
        self.enum: type[Enum] | None = getattr(expression.type, "enum_class", None)

    def order(self, *, backward: bool) -> ColumnElement[Any]:
        """Return the expression for ORDER BY."""
        is_falling = self.descending is not backward
        ordered: ColumnElement[Any] = desc(self.column) if is_falling else asc(self.column)
        if self.nulls_first is None:
            return ordered
        is_first = self.nulls_first is not backward
        placed: ColumnElement[Any] = nulls_first(ordered) if is_first else nulls_last(ordered)
        return placed

    def bind(self, value: Any) -> ColumnElement[Any]:
        """Return a parameter with a value of this column."""
        bound: ColumnElement[Any] = bindparam(None, value, type_=self._type, unique=True)
        # Drivers send 8 bytes, and 0.1 in 4 bytes is more than 0.1 in 8.
        return cast(bound, REAL) if self._is_short_float else bound

    def is_after(self, value: Any, *, backward: bool, or_at: bool = False) -> ColumnElement[bool]:
        """Return the condition that the value of a row comes after this one.

        Args:
            value: This value.
            backward: Whether the order is reversed.
            or_at: Whether the condition is also true for an equal value.
        """
        nulls_come_last = self.nulls_first is not None and self.nulls_first is backward
        if value is None and nulls_come_last:
            return self.expression.is_(None) if or_at else false()
        if value is None:
            return true() if or_at else self.expression.is_not(None)
        if self.descending is not backward:
            compare = operator.le if or_at else operator.lt
        else:
            compare = operator.ge if or_at else operator.gt
        beyond: ColumnElement[bool] = compare(self.expression, self.bind(value))
        return or_(beyond, self.expression.is_(None)) if nulls_come_last else beyond


class Ordering:
    """An order in which no two rows are equal.

    Args:
        columns: The columns, most significant first.

    Raises:
        SetupError: Two rows could be equal, NULL could occur at an unknown place, or a cursor could
            not contain the values.
    """

    def __init__(self, columns: Sequence[Any]) -> None:
        if not columns:
            raise user_error(
                "the order has no column", None, "Keyset(Order.created_at.desc(), Order.id)"
            )
        self.keys = [SortKey(column, number) for number, column in enumerate(columns)]
        for key in self.keys:
            _check_type(key.expression)
            if key.nulls_first is None:
                _refuse_nulls(key.expression)
        _check_unique([key.expression for key in self.keys])
        self.columns = [key.column for key in self.keys]
        self.enums = [key.enum for key in self.keys]
        #: The columns of tables on which the order depends.
        self.base_columns = {
            base
            for key in self.keys
            for part in iterate(key.expression)
            if isinstance(part, Column)
            for base in part.base_columns
        }
        #: The same text in every process that has the same order.
        self.fingerprint = str([_describe_key(key) for key in self.keys])
        same = {key.descending for key in self.keys}
        self._in_one_direction = len(same) == 1 and all(k.nulls_first is None for k in self.keys)

    def order(self, *, backward: bool = False) -> list[ColumnElement[Any]]:
        """Return the expressions for ORDER BY."""
        return [key.order(backward=backward) for key in self.keys]

    def after(self, values: Sequence[Any], *, backward: bool = False) -> ColumnElement[bool]:
        """Return the condition that a row comes after another one.

        Where all directions are equal it compares rows, for which databases use an index.

        Args:
            values: The values of the other row.
            backward: Whether to look for the rows before it.
        """
        if len(self.keys) == 1 or not self._in_one_direction:
            return _after(self.keys, values, backward=backward)
        row = tuple_(*(key.expression for key in self.keys))
        bound = tuple_(*(key.bind(value) for key, value in zip(self.keys, values, strict=True)))
        return row < bound if self.keys[0].descending is not backward else row > bound


def _after(
    keys: Sequence[SortKey], values: Sequence[Any], *, backward: bool
) -> ColumnElement[bool]:
    """Compare column by column: `a >= x AND (a > x OR (b >= y AND ...))`.

    Databases find the first condition in an index; `a > x OR (a = x AND ...)` would be slow.
    """
    first, value = keys[0], values[0]
    beyond = first.is_after(value, backward=backward)
    if len(keys) == 1:
        return beyond
    not_before = first.is_after(value, backward=backward, or_at=True)
    return and_(not_before, or_(beyond, _after(keys[1:], values[1:], backward=backward)))


def _take_apart(written: Any) -> tuple[ColumnElement[Any], bool, bool | None]:
    """Return the expression of `column.desc().nulls_last()`, its direction, and NULL's place."""
    descending, nulls_first = False, None
    try:
        if isinstance(written, str):
            raise ArgumentError  # SQLAlchemy would take it for a name.
        # A column of a model is not an expression itself.
        found = written if isinstance(written, UnaryExpression) else asc(written).element
        if not isinstance(found, ColumnElement):
            raise ArgumentError  # Such as text("id").
    except ArgumentError:
        raise user_error(
            f"an order consists of columns, not of {describe_value(written)}",
            None,
            "Keyset(Order.created_at.desc(), Order.id.desc())",
        ) from None
    while isinstance(found, UnaryExpression) and found.modifier in {*_DIRECTIONS, *_NULLS}:
        descending = _DIRECTIONS.get(found.modifier, descending)
        nulls_first = _NULLS.get(found.modifier, nulls_first)
        found = found.element
    return found, descending, nulls_first


def _exact_type(written: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return a type whose values in Python are as exact as those in the database.

    SQLite has numbers, texts and bytes only. What SQLAlchemy makes of them may be less exact, and
    one date may be stored as several texts.
    """
    try:
        return written.with_variant(NullType(), "sqlite")
    except ArgumentError:
        return written  # It says already what it is on SQLite, such as a smaller integer.


def _is_short_float(written: TypeEngine[Any]) -> bool:
    """Return whether a type is a number of 4 bytes; its precision is in bits, as PostgreSQL's."""
    if not isinstance(written, Float) or isinstance(written, Double):
        return False
    return isinstance(written, REAL) or (written.precision is not None and written.precision <= 24)


def _describe_key(key: SortKey) -> tuple[Any, ...]:
    compiled = key.expression.compile()
    values = sorted((name, repr(value)) for name, value in compiled.params.items())
    return str(compiled), values, repr(key.expression.type), key.descending, key.nulls_first


def _check_type(expression: ColumnElement[Any]) -> None:
    """Refuse a column whose values a cursor cannot contain; an unknown type may be right."""
    try:
        found = expression.type.python_type
    except NotImplementedError:
        return
    if found is object or issubclass(found, TYPES):
        return
    raise user_error(
        f"a page cannot begin at a value of {expression}, which is a {found.__name__}",
        "cursors contain numbers, texts, dates, times, UUIDs, bytes and enumerations",
        "another column in the order",
    )


def _refuse_nulls(expression: ColumnElement[Any]) -> None:
    """Refuse a column that may be NULL if its order does not say where NULL belongs."""
    if isinstance(expression, FunctionElement) and expression.name == "coalesce":
        return
    for part in iterate(expression):
        if isinstance(part, Column) and part.nullable:
            raise nulls_error(expression, f"{part} may be NULL", user_place())


def nulls_error(expression: ColumnElement[Any], got: str, where: str | None) -> SetupError:
    """Return the error about NULL in a column whose order does not say where NULL belongs."""
    name = str(expression)
    return setup_error(
        f"{got}, and the order does not say where such rows belong",
        "PostgreSQL sorts NULL last, and SQLite sorts it first",
        f"nulls_last({name}) or nulls_first({name}), a column with nullable=False, or "
        f"coalesce({name}, ...)",
        where=where,
    )


def _check_unique(expressions: Sequence[ColumnElement[Any]]) -> None:
    """Refuse an order that has no primary key and no unique constraint among its columns."""
    plain = {
        column
        for expression in expressions
        for column in expression.base_columns
        if isinstance(column, Column)
    }
    tables: set[Any] = {column.table for column in plain}
    for table in tables:
        if isinstance(table, Table) and any(unique <= plain for unique in _unique_columns(table)):
            return
    sources = [part for each in expressions for part in iterate(each) if isinstance(part, Column)]
    first = sources[0].table if sources else None
    keys = [str(column) for column in first.primary_key] if isinstance(first, Table) else []
    raise user_error(
        f"two rows may have the same {', '.join(str(each) for each in expressions)}, so a page "
        "could not begin between them",
        "the order has no primary key and no unique columns that are NOT NULL",
        f"the same order with {' and '.join(keys) or 'a primary key'} at its end",
    )


def _unique_columns(table: Table) -> list[set[Any]]:
    """Return the sets of columns of which a table has each combination only once."""
    found = [
        set(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    found += [set(index.columns) for index in table.indexes if _is_complete(index)]
    return [columns for columns in found if columns and not any(each.nullable for each in columns)]


def _is_complete(index: Index) -> bool:
    """Return whether an index is unique, and neither partial nor over an expression."""
    conditions = [options.get("where") for options in index.dialect_options.values()]
    plain = all(isinstance(each, Column) for each in index.expressions)
    return bool(index.unique) and plain and not any(c is not None for c in conditions)
