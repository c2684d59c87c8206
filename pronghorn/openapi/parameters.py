"""The parameters of an operation: everything read from outside the body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.fields.annotations import is_none, union_members
from pronghorn.fields.field import Field
from pronghorn.openapi.definitions import Definitions
from pronghorn.plan.model import CallPlan

#: The `example` of a declaration without such an attribute: a plain field of a model.
_NOT_GIVEN: Any = Default(None)


def unique_calls(root: CallPlan) -> Iterator[CallPlan]:
    """Yield the endpoint and all its dependencies, parents first, shared ones once."""
    seen = {root.cache_key}

    def visit(node: CallPlan) -> Iterator[CallPlan]:
        yield node
        for dependency in node.dependencies:
            if dependency.cache_key not in seen:
                seen.add(dependency.cache_key)
                yield from visit(dependency)

    return visit(root)


def collect_parameters(root: CallPlan) -> list[Field]:
    """Return every parameter as declared: path, query, headers, cookies; hidden ones too."""
    calls = list(unique_calls(root))
    return [
        *chain.from_iterable(call.path_fields for call in calls),
        *chain.from_iterable(call.query_fields for call in calls),
        *chain.from_iterable(call.header_fields for call in calls),
        *chain.from_iterable(call.cookie_fields for call in calls),
    ]


def flat_parameters(field: Field) -> tuple[Field, ...]:
    """Return the parameters that a field stands for: the fields of a parameter model, or itself."""
    return field.model_fields if field.model is not None else (field,)


def operation_parameters(root: CallPlan, definitions: Definitions) -> list[dict[str, Any]]:
    """Describe the visible parameters, each name of a location once.

    If several calls read the same name, a declaration that requires it takes precedence, then the
    last one.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    declared = ((field, str(field.location)) for field in collect_parameters(root))
    for parameter in document_parameters(declared, definitions):
        key = (parameter["in"], parameter["name"])
        known = found.get(key)
        if known is None or parameter["required"] or not known["required"]:
            found[key] = parameter
    return list(found.values())


def document_parameters(
    declared: Iterable[tuple[Field, str]], definitions: Definitions
) -> Iterator[dict[str, Any]]:
    """Document visible parameters in their order, the fields of parameter models one by one.

    Args:
        declared: Each parameter with its location: `"query"`, `"path"` and so on.
        definitions: Has the schema of each parameter.
    """
    for whole, location in declared:
        if not getattr(whole.info, "include_in_schema", True):
            continue
        for field in flat_parameters(whole):
            parameter = _parameter(field, location, definitions)
            parameter["required"] = field.required and not _is_optional_model(whole)
            yield parameter


def _is_optional_model(field: Field) -> bool:
    """Return True if none of a model's fields needs to be sent."""
    nullable = any(is_none(member) for member in union_members(field.annotation))
    return field.model is not None and nullable and not field.required


def _parameter(field: Field, location: str, definitions: Definitions) -> dict[str, Any]:
    info = field.info
    parameter: dict[str, Any] = {
        "name": field.alias,
        "in": location,
        "required": field.required,
        "schema": definitions.schema(field),
    }
    if info.description:
        parameter["description"] = info.description
    parameter.update(examples_of(field))
    if info.deprecated:
        parameter["deprecated"] = True
    return parameter


def examples_of(field: Field) -> dict[str, Any]:
    """Return the examples beside a schema; Pydantic writes those inside it."""
    several = getattr(field.info, "openapi_examples", None)
    if several:
        return {"examples": several}
    example = getattr(field.info, "example", _NOT_GIVEN)
    return {} if isinstance(example, DefaultPlaceholder) else {"example": example}
