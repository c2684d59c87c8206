"""Validate bodies of very many values: at most some of their errors, in bounded time.

Pydantic collects every error, and makes a dictionary of each: the errors of a megabyte of wrong
values take more than a second, in which the event loop stands still. So a large value is judged by
its beginning first, and then by a validator that stops at the first wrong member of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from pronghorn.fields.field import ErrorDetail, ErrorLocation, Field, locate_errors

#: How many members of a list or an object are judged first, and how many values together.
MOST_MEMBERS = 1_000
MOST_JUDGED = 20_000
_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset"})
#: Errors that only the cut may have caused.
_OF_CUT = frozenset({"missing", "too_short"})
_PLAIN_FACTORIES = (list, dict, set, tuple, frozenset)


def stop_early(field: Field) -> SchemaValidator | None:
    """Return a validator that accepts the same values as the field's, with the same results.

    It stops at the first wrong member of a list. None if code of the program takes part in the
    validation, which must not run twice, or if a plugin of Pydantic watches it.
    """
    adapter = field.adapter
    if type(adapter.validator) is not SchemaValidator or field.config:
        return None
    schema: Any = adapter.core_schema
    if _runs_program_code(schema):
        return None
    try:
        # The validators of the models are made anew: those of their classes do not stop.
        return SchemaValidator(_fail_fast(schema), _use_prebuilt=False)
    except TypeError:  # another version of Pydantic
        return SchemaValidator(_fail_fast(schema))


class ManyValues:
    """Validates large values for one field.

    Args:
        field: The field.
    """

    def __init__(self, field: Field) -> None:
        self._field = field
        self._early: SchemaValidator | None = None
        self._is_ready = False

    @property
    def early(self) -> SchemaValidator | None:
        """See `stop_early`; made at the first large value."""
        if not self._is_ready:
            self._early, self._is_ready = stop_early(self._field), True
        return self._early

    def checker(self, name: str, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a method of the validator that stops early, or another function without one."""
        return otherwise if self.early is None else getattr(self.early, name)

    def validate(self, value: Any, loc: ErrorLocation) -> tuple[Any, list[ErrorDetail]]:
        """Return the value and some of its errors: see `Field.validate`."""
        if self.early is None:
            return self._field.validate(value, loc)
        beginning, cut = _cut(value)
        _, errors = self._field.validate(beginning, loc)
        errors = [error for error in errors if not _is_of_cut(error, loc, cut)]
        if errors:
            return None, errors
        try:
            return self.early.validate_python(value, from_attributes=True), []
        except ValidationError as error:
            return None, locate_errors(error, loc)


def many_values_of(field: Field) -> ManyValues:
    """Return the object that validates large values of a field; it is kept with the field."""
    kept: ManyValues | None = vars(field).get("_many_values")
    if kept is None:
        kept = vars(field)["_many_values"] = ManyValues(field)
    return kept


def _cut(value: Any) -> tuple[Any, set[ErrorLocation]]:
    """Return the beginning of a value, and the locations at which something was left out."""
    cut: set[ErrorLocation] = set()
    left = MOST_JUDGED

    def copy(member: Any, place: ErrorLocation) -> Any:
        nonlocal left
        if type(member) not in (list, dict):
            return member
        most = min(MOST_MEMBERS, left)
        left -= min(len(member), most)
        if len(member) > most:
            cut.add(place)
        if type(member) is list:
            return [copy(each, (*place, at)) for at, each in enumerate(member[:most])]
        pairs = [pair for pair, _ in zip(member.items(), range(most), strict=False)]
        return {key: copy(each, (*place, key)) for key, each in pairs}

    return copy(value, ()), cut


def _is_of_cut(error: ErrorDetail, loc: ErrorLocation, cut: set[ErrorLocation]) -> bool:
    """Return whether an error may only be there because something was left out."""
    if error["type"] not in _OF_CUT:
        return False
    place = error["loc"][len(loc) :]
    return place in cut or place[:-1] in cut


def _fail_fast(schema: Any) -> Any:
    """Return a copy of a core schema in which collections stop at their first wrong member."""
    if isinstance(schema, Mapping):
        copy = {
            key: value if key in {"metadata", "serialization"} else _fail_fast(value)
            for key, value in schema.items()
        }
        if copy.get("type") in _COLLECTIONS:
            copy["fail_fast"] = True
        return copy
    if type(schema) in (list, tuple):
        return type(schema)(_fail_fast(item) for item in schema)
    return schema


def _runs_program_code(schema: Any) -> bool:
    """Return whether a core schema calls a function that is not Pydantic's."""
    if isinstance(schema, Mapping):
        if _calls_program(schema):
            return True
        return any(
            _runs_program_code(value)
            for key, value in schema.items()
            if key not in {"metadata", "serialization"}
        )
    return type(schema) in (list, tuple) and any(map(_runs_program_code, schema))


def _calls_program(schema: Mapping[str, Any]) -> bool:
    if (
        schema.get("post_init")
        or schema.get("custom_init")
        or callable(schema.get("discriminator"))
    ):
        return True
    factory = schema.get("default_factory")
    if factory is not None and factory not in _PLAIN_FACTORIES:
        return True
    called = schema.get("function")
    if not isinstance(called, Mapping):
        return False
    module = str(getattr(called["function"], "__module__", ""))
    return module.partition(".")[0] not in {"pydantic", "pydantic_core"}
