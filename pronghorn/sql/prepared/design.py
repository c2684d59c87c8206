"""Decide, once, how the rows of a statement become values of a type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, get_origin

from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError
from sqlalchemy import Dialect, Select
from sqlalchemy.sql.expression import SelectBase, UpdateBase

from pronghorn.core.setup_errors import SetupError, did_you_mean, setup_error
from pronghorn.sql.prepared.columns import Selected, Source, explain_attribute
from pronghorn.sql.prepared.fields import Lookup, list_lookups
from pronghorn.sql.prepared.returning import RETURNING_SEEN, return_only

Convert = Callable[[Any], Any]
Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Design:
    """A prepared statement, and what happens to its rows.

    Attributes:
        statement: The statement, without the columns of entities that nobody reads.
        types: The types of its columns, in order.
        keys: The keys of the columns in the dictionary that is validated, `None` for a column that
            nobody reads. `None` instead of the list: no dictionary is made.
        single: Whether the value of the only column is validated, instead of a tuple of all.
        validator: Validates one value.
        list_validator: Validates a list of values.
    """

    statement: SelectBase | UpdateBase
    types: list[Any]
    keys: list[str | None] | None
    single: bool
    validator: Any
    list_validator: Any

    def compose(self, processors: Sequence[Convert | None]) -> Callable[[Rows], list[Any]]:
        """Return a function that makes of raw rows what the validators take.

        Args:
            processors: For each column the function that makes the value that SQLAlchemy would
                give, `None` if it is the value of the driver.
        """
        if self.keys is not None:
            return _compose_dicts(self.keys, processors)
        if not self.single:
            return _compose_tuples(processors)
        convert = processors[0]
        if convert is None:
            return lambda rows: [row[0] for row in rows]
        return lambda rows: [convert(row[0]) for row in rows]


def make_design(selected: Selected, model: Any, dialect: Dialect, where: str | None) -> Design:
    """Return how the rows of a statement become values of a model or another type.

    Args:
        selected: The statement, and its columns.
        model: The type of a row.
        dialect: Compiles the statement where its text decides.
        where: The place of `db.prepare()` in the program, for errors.

    Raises:
        SetupError: The statement has not what the model reads.
    """
    lookups = list_lookups(model)
    keys: list[str | None] | None = None
    single = False
    if lookups is None:
        kept = selected.sources
        single = _is_single(selected, model, where)
    else:
        names = _choose_names(selected, lookups, model, where)
        kept = _narrow(selected, names, dialect)
        keys = [source.name if source.name in names else None for source in kept]
        keys = [None if key in keys[:place] else key for place, key in enumerate(keys)]
    narrowed = selected.statement
    if isinstance(narrowed, UpdateBase):
        narrowed = return_only(narrowed, [source.expression for source in kept])
    elif isinstance(narrowed, Select) and selected.entities:
        narrowed = narrowed.with_only_columns(*(source.expression for source in kept))
    return Design(
        statement=narrowed,
        types=[source.expression.type for source in kept],
        keys=keys,
        single=single,
        validator=_make_validator(model, model, where),
        list_validator=_make_validator(list[model], model, where),
    )


def _make_validator(kind: Any, model: Any, where: str | None) -> Any:
    try:
        return TypeAdapter(kind).validator
    except PydanticSchemaGenerationError:
        raise setup_error(
            f"Pydantic cannot validate {_name_of(model)}",
            "a mapped class, where a model of the response is expected"
            if hasattr(model, "__mapper__")
            else None,
            "db.prepare(select(Item).where(...), ItemOut), with class ItemOut(BaseModel)",
            where=where,
        ) from None


def _compose_dicts(
    keys: list[str | None], processors: Sequence[Convert | None]
) -> Callable[[Rows], list[Any]]:
    read = [(key, place) for place, key in enumerate(keys) if key is not None]
    names, places = [key for key, _ in read], [place for _, place in read]
    converted = [(key, convert) for key, place in read if (convert := processors[place])]
    pick = itemgetter(*places) if len(places) > 1 else None
    whole = len(places) == len(keys)

    def compose(rows: Rows) -> list[Any]:
        if whole:
            made = [dict(zip(names, row, strict=True)) for row in rows]
        elif pick:
            made = [dict(zip(names, pick(row), strict=True)) for row in rows]
        else:
            made = [dict.fromkeys(names, row[places[0]]) for row in rows]
        for name, convert in converted:
            for values in made:
                values[name] = convert(values[name])
        return made

    return compose


def _compose_tuples(processors: Sequence[Convert | None]) -> Callable[[Rows], list[Any]]:
    if not any(processors):
        return lambda rows: [tuple(row) for row in rows]

    def compose(rows: Rows) -> list[Any]:
        return [
            tuple(
                value if convert is None else convert(value)
                for value, convert in zip(row, processors, strict=True)
            )
            for row in rows
        ]

    return compose


def _is_single(selected: Selected, model: Any, where: str | None) -> bool:
    """Return whether a type without fields takes the value of the only column."""
    if get_origin(model) is tuple or model is tuple:
        return False
    has_no_entity = isinstance(selected.statement, UpdateBase) or not selected.entities
    if len(selected.sources) == 1 and has_no_entity:
        return True
    names = ", ".join(source.name for source in selected.sources)
    raise setup_error(
        f"{_name_of(model)} is one value, and a row of the statement has {len(selected.sources)}: "
        f"{names}",
        write="select(Item.id) for one value; a model, a dataclass, a TypedDict or "
        "tuple[int, str] for several",
        where=where,
    )


def _choose_names(
    selected: Selected, lookups: list[Lookup], model: Any, where: str | None
) -> set[str]:
    """Return the names of the columns that the fields of a model read."""
    names: set[str] = set()
    for lookup in lookups:
        found = False
        for name in lookup.names:
            sources = selected.find(name)
            reason = None if found or sources else explain_attribute(selected, name)
            if reason or len(sources) > 1:
                raise _unreadable(lookup, name, reason, model, where)
            found = found or bool(sources)
            names.update(source.name for source in sources)
        if lookup.required and not found:
            raise _missing(selected, lookup, model, where)
    return names


def _narrow(selected: Selected, names: set[str], dialect: Dialect) -> list[Source]:
    """Return the columns to select: of entities those that are read, and everything else.

    At least one column of each entity stays, so that the statement still reads from its table. If
    rows are compared (`DISTINCT`), the columns decide how many there are, so all of them stay.
    """
    if isinstance(selected.statement, UpdateBase):
        read = [source for source in selected.sources if source.name in names]
        return (read or selected.sources[:1]) if RETURNING_SEEN else selected.sources
    distinct = "DISTINCT" in str(selected.statement.compile(dialect=dialect)).upper()
    left_out = []
    for entity in selected.entities:
        own = [source for source in selected.sources if source.entity is entity]
        unread = [source for source in own if source.name not in names]
        if len(unread) == len(own):
            unread.remove(own[0])
        left_out += [source for source in unread if source.deferred or not distinct]
    return [source for source in selected.sources if source not in left_out]


def _unreadable(
    lookup: Lookup, name: str, reason: str | None, model: Any, where: str | None
) -> SetupError:
    field = f"{_name_of(model)}.{lookup.field}"
    if reason is None:
        return setup_error(
            f"{field} reads {name!r}, and the statement has several columns of that name",
            write='.label("...") for one of them, or a field with the alias of one',
            where=where,
        )
    return setup_error(
        f"{field} reads {name!r}, which is no column of the statement: {reason}",
        write=f'a column: select(..., expression.label("{name}")); or a model without the field',
        where=where,
    )


def _missing(selected: Selected, lookup: Lookup, model: Any, where: str | None) -> SetupError:
    known = [source.name for source in selected.sources]
    meant = did_you_mean(lookup.names[0], known)
    has = f"has only {', '.join(known)}" if known else "has no columns that are known"
    return setup_error(
        f"{_name_of(model)}.{lookup.field} reads {' or '.join(map(repr, lookup.names))}, and the "
        f"statement {has}",
        f"the column {meant!r}" if meant else None,
        f'a column of that name: select(..., expression.label("{lookup.names[0]}")); or a default '
        "for the field",
        where=where,
    )


def _name_of(model: Any) -> str:
    return getattr(model, "__name__", None) or str(model)
