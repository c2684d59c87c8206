"""Say what is wrong with settings, in sentences that name variables and no values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pronghorn.core.setup_errors import did_you_mean
from pronghorn.settings.reading import FILE, Reading, reading, variables_of
from pronghorn.settings.secret import Location

#: The type of the error about a secret that is none.
WEAK = "weak_secret"


def describe_problems(settings: Any, error: ValidationError, found: Reading) -> Iterator[str]:
    """Yield a sentence for each problem of a validation.

    Args:
        settings: The settings class.
        error: The error of the validation.
        found: The reading that preceded it.
    """
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        location, kind = problem["loc"], problem["type"]
        if not location:  # Of a validator of the whole class.
            yield problem["msg"].removeprefix("Value error, ")
            continue
        if kind == WEAK:
            yield from problem["msg"].splitlines()
            continue
        variables = find_variables(settings, location)
        if kind == "missing" and not any(name in found.origins for name in variables):
            yield describe_missing(variables)
            continue
        yield describe_value_problem(variables, problem["msg"], kind, found)


def find_variables(settings: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the variables that set what a problem is about."""
    first = str(location[0])
    names = (
        variables_of(settings, first)
        if first in settings.model_fields
        else [first.upper()]  # An alias.
    )
    delimiter = settings.model_config.get("env_nested_delimiter")
    inner = [str(part) for part in location[1:] if isinstance(part, str)]
    if delimiter and inner and len(inner) == len(location) - 1:
        return [delimiter.join([name, *inner]).upper() for name in names]
    return names


def describe_missing(variables: list[str]) -> str:
    """Return the sentence about a setting that nobody has set."""
    names = " or ".join(variables)
    return f"{names} is missing: set it, or {variables[0]}{FILE} to the path of a file."


def describe_unreadable(error: Exception) -> str:
    """Return the sentence about a file of settings that cannot be read."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read: {error.strerror}."
    if isinstance(error, UnicodeError):
        return "A file with settings is not UTF-8 text."
    return f"{error}."  # Of pydantic-settings, which names the field and the source.


def find_unknown_arguments(settings: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each argument that no field takes."""
    if settings.model_config.get("extra") == "allow":
        return
    for name in values:
        variables = {
            one for field in settings.model_fields for one in variables_of(settings, field)
        }
        if name.startswith("_") or name in settings.model_fields or name.upper() in variables:
            continue
        similar = did_you_mean(name, settings.model_fields)
        hint = f": did you mean {similar}?" if similar else "."
        yield f"{settings.__name__}({name}=...) sets no field{hint}"


def name_variable(variables: list[str], found: Reading) -> str:
    """Return the variable that is set, with its place; the first one if none is set."""
    for name in variables:
        if name in found.origins:
            return f"{name} (in {found.origins[name]})"
    return variables[0]


def describe_weakness(settings: Any, location: Location, weakness: str) -> str:
    """Return the sentence about a secret that is none."""
    found = reading.get(None) or Reading()
    return f"{name_variable(find_variables(settings, location), found)} {weakness}."


def describe_value_problem(variables: list[str], text: str, kind: str, found: Reading) -> str:
    """Return the sentence about a value that cannot be used."""
    text = text.removeprefix("Value error, ").rstrip(".")
    if kind == "union_tag_invalid":  # The only message that has the value.
        text = "Input tag" + "".join(text.rpartition(" found using ")[1:])
    if kind in {"list_type", "dict_type", "set_type", "tuple_type", "model_type"}:
        text += ", written as JSON"
    named = name_variable(variables, found)
    if kind == "value_error":
        return f"{named} {text}."
    return f"{named}: {text}."
