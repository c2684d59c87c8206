"""List the names that the fields of a model look up in an object or a dictionary."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, RootModel
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict


class Lookup(NamedTuple):
    """A field, with the names under which its validator looks for a value, first one first."""

    field: str
    names: tuple[str, ...]
    required: bool


def list_lookups(model: Any) -> list[Lookup] | None:
    """Return what a model looks up; `None` if the type has no named fields, such as `int`."""
    if get_origin(model) is Annotated:
        return list_lookups(get_args(model)[0])
    kind = get_origin(model) or model
    if not inspect.isclass(kind):
        return None
    if issubclass(kind, BaseModel):
        return None if issubclass(kind, RootModel) else list(_of_model(model))
    if dataclasses.is_dataclass(kind):
        return list(_of_dataclass(kind))
    if is_typeddict(kind):
        required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]  # `is_typeddict` is no guard.
        optional: frozenset[str] = kind.__optional_keys__  # type: ignore[attr-defined]  # As above.
        return [Lookup(name, (name,), name in required) for name in (*required, *optional)]
    return None


def _of_model(model: type[BaseModel]) -> Iterator[Lookup]:
    by_name = model.model_config.get("validate_by_name") or model.model_config.get(
        "populate_by_name"
    )
    by_alias = model.model_config.get("validate_by_alias", True)
    for name, info in model.model_fields.items():
        names = _aliases(info) if by_alias else ()
        names = (*names, name) if by_name or not names else names
        yield Lookup(name, names, info.is_required())


def _of_dataclass(kind: type[Any]) -> Iterator[Lookup]:
    known: dict[str, FieldInfo] = getattr(kind, "__pydantic_fields__", {})
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        names = _aliases(known[field.name]) if field.name in known else ()
        no_default = field.default is field.default_factory is dataclasses.MISSING
        required = known[field.name].is_required() if field.name in known else no_default
        yield Lookup(field.name, names or (field.name,), required)


def _aliases(info: FieldInfo) -> tuple[str, ...]:
    """Return the first step of each alias of a field, which is an attribute or a key."""
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    steps = [choice.path[0] if isinstance(choice, AliasPath) else choice for choice in choices]
    return tuple(step for step in steps if isinstance(step, str))
