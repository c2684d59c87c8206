"""List what a statement selects: columns of its entities by attribute, and its own expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, Executable, Select, TextualSelect, inspect
from sqlalchemy.orm import Bundle, Mapper
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.sql.expression import FromClause, SelectBase, UpdateBase
from sqlalchemy.sql.visitors import iterate

from pronghorn.core.private_names import has_names
from pronghorn.core.setup_errors import SetupError, setup_error

OPTIONS_SEEN = has_names(
    "sqlalchemy.sql.base",
    ["Executable._with_options"],
    "Options of prepared statements, such as `selectinload`, have no effect and no error.",
)


@dataclass(slots=True, eq=False)
class Source:
    """A column that a model may read.

    Attributes:
        name: The attribute of the entity, or the name of the column.
        expression: The column, with its type.
        entity: The mapped class or alias whose attribute it is, if the statement names the entity.
        deferred: Whether the ORM leaves it out until it is asked for.
    """

    name: str
    expression: Any
    entity: Any = None
    deferred: bool = False


@dataclass(slots=True)
class Selected:
    """The columns of a statement.

    Attributes:
        statement: The statement.
        sources: What it selects, in order; entities are taken apart into their columns.
        entities: The mapped classes and aliases that it names.
    """

    statement: SelectBase | UpdateBase
    sources: list[Source] = field(default_factory=list)
    entities: list[Any] = field(default_factory=list)

    def find(self, name: str) -> list[Source]:
        """Return the columns of a name; more than one if the name is ambiguous."""
        return [source for source in self.sources if source.name == name]


def read_statement(statement: Any, where: str | None) -> Selected:
    """Return what a statement selects.

    Raises:
        SetupError: It is not a SELECT, it writes, or an option of it cannot be prepared.
    """
    if not isinstance(statement, Select | CompoundSelect | TextualSelect):
        raise _not_a_select(statement, where)
    check_options(statement, where)
    if any(isinstance(part, UpdateBase) for part in iterate(statement)):
        raise setup_error(
            "the statement of a prepared read inserts, updates or deletes in a CTE",
            write="await session.execute(...), in a session that is committed",
            where=where,
        )
    selected = Selected(statement)
    if not isinstance(statement, Select):
        selected.sources = [Source(str(c.key), c) for c in statement.selected_columns]
        return selected
    for description in statement.column_descriptions:
        expression, entity = description["expr"], description.get("entity")
        if isinstance(expression, Bundle):
            raise setup_error(
                f"the statement of a prepared read selects the bundle {expression.name!r}",
                write="its columns, without Bundle(...)",
                where=where,
            )
        if entity is not None and expression is entity:
            selected.entities.append(entity)
            selected.sources += _columns_of(entity)
        elif isinstance(expression, FromClause):
            selected.sources += [Source(str(c.key), c) for c in expression.c]
        else:
            selected.sources.append(Source(str(description["name"]), expression))
    return selected


def explain_attribute(selected: Selected, name: str) -> str | None:
    """Return why an attribute of an entity is no column; `None` if there is no such attribute."""
    for entity in selected.entities:
        mapper: Mapper[Any] = inspect(entity).mapper
        owner = mapper.class_.__name__
        if name in mapper.relationships:
            return f"{owner}.{name} is a relationship, and a prepared read loads no related objects"
        if name in mapper.composites:
            return f"{owner}.{name} is made of several columns"
        if name in mapper.all_orm_descriptors:
            return f"{owner}.{name} is computed by SQL only if the statement selects it"
        if hasattr(mapper.class_, name):
            return f"{owner}.{name} is an attribute of Python objects, and no object is made"
    return None


def _columns_of(entity: Any) -> Iterator[Source]:
    mapper: Mapper[Any] = inspect(entity).mapper
    for prop in mapper.column_attrs:
        yield Source(prop.key, getattr(entity, prop.key), entity, prop.deferred)
    for key in mapper.synonyms.keys():  # noqa: SIM118  # A collection of SQLAlchemy iterates over values.
        yield Source(key, getattr(entity, key), entity, deferred=True)


def check_options(statement: Executable, where: str | None) -> None:
    """Refuse options that say what the ORM loads, or that change the text of a statement.

    Raises:
        SetupError: The statement has one.
    """
    options = statement._with_options if OPTIONS_SEEN else ()
    for option in options:
        if isinstance(option, LoaderOption):
            raise setup_error(
                "the statement of db.prepare() has .options(...) that say what the ORM loads",
                "the model decides which columns are read, and related objects are not loaded",
                "the statement without these options; a join, or a second prepared read, for "
                "related rows",
                where=where,
            )
    if "schema_translate_map" in statement.get_execution_options():
        raise setup_error(
            "the statement of db.prepare() has the execution option schema_translate_map, "
            "which changes its text for each execution",
            write="await session.execute(...)",
            where=where,
        )


def _not_a_select(statement: Any, where: str | None) -> SetupError:
    kind = type(statement).__name__
    return setup_error(
        f"db.prepare() takes a SELECT, or a statement with RETURNING, and got {kind} "
        f"({str(statement)[:80]!r})",
        "the columns of a text have no names and types" if kind == "TextClause" else None,
        'text("SELECT ...").columns(Item.id, Item.title)'
        if kind == "TextClause"
        else "db.prepare(select(Item).where(...), ItemOut)",
        where=where,
    )
