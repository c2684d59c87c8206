"""Decide which values may be read early: their validation must not run code of the program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pydantic

from pronghorn.fields.field import Field
from pronghorn.plan.json_mode import is_compared
from pronghorn.plan.known_code import describe_code, function_of, is_known

#: Factories whose results are always equal.
PURE_FACTORIES = (None, list, dict, set, tuple, str, int, float, bool)
#: Why a file is not read early: a dependency may have read a part of it.
FILE = "the file, which has a position"
#: Keys of schemas whose code does not run when a value is validated.
_NOT_VALIDATION = frozenset({"serialization", "metadata"})


def validates_default(field: Field) -> bool:
    """Return True if the default must be validated, which only the exact way does."""
    return bool(field.info.validate_default)


def is_simple(field: Field) -> bool:
    """Return True if a field has one name, one value and a default that is not validated."""
    return len(field.lookups) == 1 and field.model is None and not validates_default(field)


def is_pure(field: Field) -> bool:
    """Return True if the validation of a field does not run Python code of the program.

    Only then may the field be validated earlier than FastAPI would: the program's code could
    depend on a dependency that runs first.
    """
    return why_impure(field) is None


def why_impure(field: Field) -> str | None:
    """Return the code that the validation of a field runs, in words; None if it is pure."""
    if field.is_file:
        return FILE
    factory = field.info.default_factory
    if factory not in PURE_FACTORIES:  # It may return a new value each time.
        return f"code that makes a default: {describe_code(factory)}"
    return why_impure_schema(field.adapter.core_schema)


def why_impure_schema(schema: Any) -> str | None:
    """Return the code that validation by a core schema runs, in words; None if it is pure."""
    return _find_code(schema, set(), is_compared(pydantic.VERSION))


def _find_code(schema: Any, seen: set[int], trusting: bool) -> str | None:
    """Return the first code of a schema that may depend on more than the value, in words.

    Args:
        schema: The core schema, or a part of it.
        seen: The ids of the parts that were visited.
        trusting: Whether the functions of this version of Pydantic are known.
    """
    if isinstance(schema, (list, tuple)):
        parts: Iterable[Any] = schema
    elif isinstance(schema, dict) and id(schema) not in seen:
        seen.add(id(schema))
        own = _own_code(schema, trusting)
        if own is not None:
            return own
        parts = (value for key, value in schema.items() if key not in _NOT_VALIDATION)
    else:
        return None
    found = (_find_code(part, seen, trusting) for part in parts)
    return next((code for code in found if code is not None), None)


def _own_code(schema: dict[str, Any], trusting: bool) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, str) and kind.startswith("function-"):
        function = function_of(schema)
        return None if trusting and is_known(function) else describe_code(function)
    for key in ("post_init", "custom_init", "missing"):
        if schema.get(key):
            return f"{_name(schema)}, which runs code when it is made"
    discriminator, factory = schema.get("discriminator"), schema.get("default_factory")
    if callable(discriminator):
        return describe_code(discriminator)
    return None if factory in PURE_FACTORIES else describe_code(factory)


def _name(schema: dict[str, Any]) -> str:
    return str(getattr(schema.get("cls"), "__name__", "a model"))
