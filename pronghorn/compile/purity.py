"""Decide which values may be read early: their validation must not run code of the program."""

from __future__ import annotations

from typing import Any

from pronghorn.fields.field import Field

#: Factories whose results are always equal.
PURE_FACTORIES = (None, list, dict, set, tuple, str, int, float, bool)


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
    if field.is_file or field.info.default_factory not in PURE_FACTORIES:
        return False  # A file has a position; a factory may return a new value each time.
    return _is_pure(field.adapter.core_schema, set())


def _is_pure(schema: Any, seen: set[int]) -> bool:
    if isinstance(schema, (list, tuple)):
        return all(_is_pure(item, seen) for item in schema)
    if not isinstance(schema, dict):
        return True
    if id(schema) in seen:
        return True
    seen.add(id(schema))
    kind = schema.get("type")
    if isinstance(kind, str) and kind.startswith("function-"):
        return False
    if any(schema.get(key) for key in ("post_init", "custom_init", "missing")):
        return False
    if callable(schema.get("discriminator")):
        return False
    if schema.get("default_factory") not in PURE_FACTORIES:
        return False
    return all(_is_pure(value, seen) for key, value in schema.items() if key != "serialization")
