"""Find the fields of a type whose values are secrets by their type: `SecretStr`, `SecretBytes`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pydantic
from pydantic import SecretBytes, SecretStr

from pronghorn.fields.field import Field

#: The schemas of single fields, which have a name.
_FIELDS = frozenset({"model-field", "dataclass-field", "typed-dict-field"})
#: Keys of schemas under which there is no schema of a part of the value.
_SKIPPED = frozenset({"metadata", "serialization", "config", "computed_fields", "ref"})


class SecretFields(NamedTuple):
    """The fields with a secret type.

    Attributes:
        names: Their names, on the wire and in Python.
        wholes: "body" if the whole body is a secret or a container of them, "response" likewise.
    """

    names: frozenset[str]
    wholes: frozenset[str]


def find_secret_fields(fields: Iterable[Field], *, embed: bool = False) -> SecretFields:
    """Return the fields with a secret type.

    Fields of nested models, dataclasses and typed dictionaries count, and containers of secrets.

    Args:
        fields: The values that a route reads.
        embed: The body is an object with one member per field.
    """
    names: set[str] = set()
    wholes: set[str] = set()
    for field in fields:
        if not _Search(field.adapter.core_schema, names).is_secret():
            continue
        is_whole = field.location is None or (field.location == "body" and not field.is_form)
        if is_whole and not embed:
            wholes.add(field.location or "response")
        else:
            names.update((field.name, *field.lookups))
    return SecretFields(frozenset(names), frozenset(wholes))


class _Search:
    """The search through one schema.

    Args:
        schema: The core schema of a type.
        found: Receives the names.
    """

    def __init__(self, schema: Mapping[str, Any], found: set[str]) -> None:
        self._schema = schema
        self._found = found
        self._definitions: dict[str, Any] = {}
        #: The references whose schemas are being searched, or have been: a model may have itself
        #: as a field.
        self._results: dict[str, bool] = {}

    def is_secret(self) -> bool:
        """Return whether the value itself is a secret, or a container of them."""
        return self._visit(self._schema)

    def _visit(self, schema: Mapping[str, Any]) -> bool:
        kind = schema.get("type")
        if kind == "definitions":
            self._definitions |= {each["ref"]: each for each in schema["definitions"]}
        if kind == "definition-ref":
            return self._follow(schema["schema_ref"])
        if _is_secret_type(schema):
            return True
        if kind in {"model-fields", "typed-dict"}:
            for name, field in schema["fields"].items():
                self._visit_field(name, field)
            return False
        if kind == "dataclass-args":
            for field in schema["fields"]:
                self._visit_field(field["name"], field)
            return False
        found = [self._visit(part) for part in _parts(schema)]  # All parts must be visited.
        return any(found)

    def _follow(self, reference: str) -> bool:
        if reference not in self._results:
            self._results[reference] = False
            target = self._definitions.get(reference)
            self._results[reference] = target is not None and self._visit(target)
        return self._results[reference]

    def _visit_field(self, name: str, field: Mapping[str, Any]) -> None:
        if self._visit(field["schema"]):
            self._found.add(name)
            self._found.update(_list_texts(field.get("validation_alias")))


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas directly inside a schema."""
    for key, value in schema.items():
        if key in _SKIPPED:
            continue
        if key == "choices" and isinstance(value, Mapping):  # of a tagged union
            yield from value.values()
        elif isinstance(value, Mapping) and "type" in value:
            yield value
        elif isinstance(value, list):
            items = (item[0] if isinstance(item, tuple) else item for item in value)
            yield from (item for item in items if isinstance(item, Mapping) and "type" in item)


def _is_secret_type(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema makes a secret: a class of Pydantic, or one derived from it."""
    made = schema.get("cls")
    if made is None:
        called: Any = schema.get("function")
        made = called.get("function") if isinstance(called, Mapping) else None
    if isinstance(made, type):
        return issubclass(made, (SecretStr, SecretBytes))
    return _is_of_generic_secret(made)


def _is_of_generic_secret(function: Callable[..., Any] | None) -> bool:
    """Return whether a function belongs to `pydantic.Secret`, whose schema does not name it."""
    place = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
    return place.startswith(f"{pydantic.Secret.__module__}.{pydantic.Secret.__qualname__}.")


def _list_texts(alias: Any) -> Iterator[str]:
    """Yield the names in a validation alias: a text, or lists of texts and indexes."""
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, list):
        for part in alias:
            yield from _list_texts(part)
