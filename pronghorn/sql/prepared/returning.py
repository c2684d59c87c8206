"""List what an INSERT, UPDATE or DELETE returns, and refuse what only a flush of the ORM does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import Column, Insert, Update
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList
from sqlalchemy.sql.expression import UpdateBase

from pronghorn.core.private_names import has_names
from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.prepared.columns import Selected, Source, check_options

RETURNING_SEEN = has_names(
    "sqlalchemy.sql.dml",
    ["UpdateBase._generate", "UpdateBase._returning"],
    "Prepared writes return all columns, also those that nobody reads.",
)
VALUES_SEEN = has_names(
    "sqlalchemy.sql.dml",
    ["ValuesBase._multi_values", "ValuesBase._values"],
    "Prepared writes that return one row take longer.",
)
_COMPOSITES = "sqlalchemy.orm.descriptor_props"
_EVENTS = {
    "insert": ("before_insert", "after_insert"),
    "update": ("before_update", "after_update"),
    "delete": ("before_delete", "after_delete"),
}


def read_returning(statement: UpdateBase, where: str | None) -> Selected:
    """Return what a statement that writes returns.

    Raises:
        SetupError: It returns nothing, or the ORM does something at such a write that no statement
            does.
    """
    check_options(statement, where)
    mapper = find_mapper(statement)
    if mapper is not None:
        _check_mapper(mapper, statement, where)
    columns = list(statement.exported_columns)
    if not columns:
        name = mapper.class_.__name__ if mapper is not None else "table"
        raise setup_error(
            f"db.prepare() makes models of the rows that a statement returns, and this "
            f"{name_of(statement)} returns none",
            "RETURNING was left out",
            f"{statement.__visit_name__}({name})....returning({name})",
            where=where,
        )
    entities = [] if mapper is None else [mapper.class_]
    sources = [Source(_name_of(column, mapper), column) for column in columns]
    return Selected(statement, _without_repetitions(sources), entities)


def return_only(statement: UpdateBase, columns: Iterable[Any]) -> UpdateBase:
    """Return the statement with these columns in its RETURNING."""
    if not RETURNING_SEEN:
        return statement
    narrowed = statement._generate()
    narrowed._returning = tuple(columns)
    return narrowed


def find_mapper(statement: UpdateBase) -> Mapper[Any] | None:
    """Return the mapper of the class that a statement writes; `None` for a table."""
    entity = statement.entity_description.get("entity")
    return getattr(entity, "__mapper__", None)


def name_of(statement: UpdateBase) -> str:
    """Return the keyword of a statement: INSERT, UPDATE or DELETE."""
    return str(statement.__visit_name__).upper()


def has_values(statement: UpdateBase) -> bool | None:
    """Return whether a statement itself says what it sets; None if that is unknown."""
    if not isinstance(statement, Insert | Update):
        return True
    if not VALUES_SEEN:
        return None
    return bool(
        statement._values
        or statement._multi_values
        or (isinstance(statement, Insert) and statement.select is not None)
    )


def list_identity(statement: Insert, values: Collection[Any]) -> dict[Any, Any]:
    """Return the column that says the class of a row, and its value, unless it is set already.

    Args:
        statement: The statement.
        values: The columns that a call sets.
    """
    mapper = find_mapper(statement)
    column = None if mapper is None else mapper.polymorphic_on
    if mapper is None or not isinstance(column, Column) or mapper.polymorphic_identity is None:
        return {}
    given = {*values, *(statement._values or ())} if VALUES_SEEN else {*values}
    is_set = column in given or bool(VALUES_SEEN and statement._multi_values)
    return {} if is_set or statement.select is not None else {column: mapper.polymorphic_identity}


def returns_one_row(statement: UpdateBase) -> bool:
    """Return whether a statement never returns more than one row.

    That is so for one row of VALUES, and for a row found by its primary key.
    """
    if isinstance(statement, Insert):
        return VALUES_SEEN and statement.select is None and not statement._multi_values
    clause = getattr(statement, "whereclause", None)
    key = set(statement.entity_description["table"].primary_key)
    return bool(key) and key <= set(_list_fixed(clause))


def _list_fixed(clause: Any) -> Iterator[Any]:
    """Yield the columns that a condition compares with one value each."""
    if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _list_fixed(part)
    elif isinstance(clause, BinaryExpression) and clause.operator is operators.eq:
        for side, other in ((clause.left, clause.right), (clause.right, clause.left)):
            if isinstance(other, BindParameter):
                yield side


def _name_of(column: Any, mapper: Mapper[Any] | None) -> str:
    if mapper is not None:
        with suppress(UnmappedColumnError):
            return mapper.get_property_by_column(column).key
    return str(column.key if column.key is not None else getattr(column, "name", None))


def _without_repetitions(sources: list[Source]) -> list[Source]:
    """Return the sources without columns that are returned twice."""
    found: dict[tuple[str, int], Source] = {}
    for source in sources:
        found.setdefault((source.name, hash(source.expression)), source)
    return list(found.values())


def _is_listened(listeners: Iterable[Any]) -> bool:
    """Return whether one of the listeners is not that of SQLAlchemy for composite attributes."""
    return any(_COMPOSITES not in _list_modules(listener) for listener in listeners)


def _list_modules(listener: Any) -> Iterator[str]:
    """Yield the modules of a listener, and of the functions that it wraps."""
    yield str(getattr(listener, "__module__", None))
    for cell in getattr(listener, "__closure__", None) or ():
        with suppress(ValueError):  # It is empty.
            yield str(getattr(cell.cell_contents, "__module__", None))


def _check_mapper(mapper: Mapper[Any], statement: UpdateBase, where: str | None) -> None:
    kind = str(statement.__visit_name__)
    owner = mapper.class_.__name__
    told = [name for name in _EVENTS.get(kind, ()) if _is_listened(getattr(mapper.dispatch, name))]
    reason = None
    if told:
        reason = f"something listens to {told[0]} of {owner}, and a prepared write tells nobody"
    elif mapper.persist_selectable is not mapper.local_table:
        reason = f"{owner} has its columns in several tables, and a statement writes one"
    elif mapper.version_id_col is not None and kind != "delete":
        reason = f"the ORM counts the versions of {owner}, and a prepared write does not"
    if reason:
        raise setup_error(
            reason,
            write=f"await session.execute(...) or session.add(...); or {kind}({owner}.__table__), "
            "which says that the table is meant",
            where=where,
        )
