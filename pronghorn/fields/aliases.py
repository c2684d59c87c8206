"""The names of a declared value on the wire: its own name, aliases, and names in a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo


def list_wire_names(info: FieldInfo, name: str) -> tuple[str, ...]:
    """Return the names that a declaration accepts on the wire, in the order they are tried.

    The names in a `pydantic.AliasPath` are not names on the wire: a path leads into another
    value, so such a field keeps its alias or its own name.
    """
    validation_alias = info.validation_alias
    if isinstance(validation_alias, str):
        return (_plain_text(validation_alias),)
    if isinstance(validation_alias, AliasChoices):
        choices = tuple(
            _plain_text(name) for name in validation_alias.choices if isinstance(name, str)
        )
        if len(choices) == len(validation_alias.choices):
            return choices
    return (_plain_text(info.alias or name),)


def _plain_text(name: str) -> str:
    """Return a name as a `str`: a member of an enum is written differently into a handler."""
    return str.__str__(name)


def digs_into_another_value(info: FieldInfo) -> bool:
    """Return whether a `pydantic.AliasPath` locates the value inside another value."""
    alias = info.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else (alias,)
    return any(isinstance(choice, AliasPath) for choice in choices)


def names_in_model(
    model: type[BaseModel], name: str, info: FieldInfo, *, convert: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that a client may use for one field of a parameter model.

    Args:
        model: The model.
        name: The name of the field in Python.
        info: The declaration of the field.
        convert: Whether underscores in the Python name become hyphens, as in headers.

    Returns:
        The names on the wire, and for each of them the name that the model accepts.
    """
    config: Mapping[str, Any] = model.model_config
    by_name = bool(config.get("validate_by_name") or config.get("populate_by_name"))
    by_alias = config.get("validate_by_alias") is not False
    keys = list_wire_names(info, name)
    if digs_into_another_value(info):
        by_name = False
    elif not by_alias:
        keys = (name,)
    # Several choices are literal header names; only the Python name must be converted.
    literal = keys if len(keys) > 1 else ()
    if by_name and name not in keys:
        keys = (*keys, name)
    lookups = tuple(
        key.replace("_", "-") if convert and key == name and key not in literal else key
        for key in keys
    )
    return lookups, keys
