"""Analyse single parameters of functions, and read single values of a request."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pronghorn.concurrency import contextmanager_in_threadpool
from pronghorn.core.kinds import Injected
from pronghorn.datastructures import Undefined
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.questions import _is_async_gen_callable
from pronghorn.exceptions import SetupAssertionError
from pronghorn.fields.annotations import model_of, split_metadata
from pronghorn.fields.field import ErrorDetail, ErrorLocation, Field
from pronghorn.fields.multi_values import Received
from pronghorn.params import Depends
from pronghorn.plan.parameters import analyze_parameter, injected_kind
from pronghorn.run.input.parameters import default_value, extract_parameters

#: Generic types in the return annotation of a function that streams its items.
_STREAM_ORIGINS = {AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator}


@dataclass
class ParamDetails:
    """The source of the value of one parameter.

    `depends` and `field` are both `None` if the value is injected because of its type, such as a
    request.

    Attributes:
        type_annotation: Its type without metadata.
        depends: The dependency that returns the value.
        field: The field that reads the value from the request.
    """

    type_annotation: Any
    depends: Depends | None
    field: Field | None

    def __iter__(self) -> Iterator[Any]:
        """Yield the three attributes, for callers that unpack them."""
        return iter((self.type_annotation, self.depends, self.field))


def analyze_param(
    *,
    param_name: str,
    annotation: Any,
    value: Any,
    path_param_names: Collection[str] = (),
    is_path_param: bool = False,
) -> ParamDetails:
    """Return the source of the value of one parameter of a function.

    Args:
        param_name: Its name.
        annotation: Its annotation, or `inspect.Parameter.empty`.
        value: Its default, or `inspect.Parameter.empty`.
        path_param_names: The names in the path of the route.
        is_path_param: Whether this name is in the path, for callers that do not know the others.

    Raises:
        SetupError: The declaration of the parameter is not valid.
    """
    names = frozenset((*path_param_names, param_name) if is_path_param else path_param_names)
    found = analyze_parameter(
        name=param_name, annotation=annotation, default=value, path_names=names
    )
    bare = Any if annotation is inspect.Parameter.empty else split_metadata(annotation)[0]
    return ParamDetails(
        type_annotation=bare,
        depends=found if isinstance(found, Depends) else None,
        field=None if isinstance(found, (Depends, Injected)) else found,
    )


def add_param_to_fields(*, field: Field, dependant: Dependant) -> None:
    """Add a parameter to the list of its location in a graph.

    Raises:
        SetupAssertionError: The parameter is part of the body.
    """
    if field.location is None or field.location == "body":
        raise SetupAssertionError(
            f"non-body parameters must be in path, query, header or cookie: {field.name}"
        )
    getattr(dependant, f"{field.location}_params").append(field)


def add_non_field_param_to_dependency(
    *, param_name: str, type_annotation: Any, dependant: Dependant
) -> bool | None:
    """Record in a graph that a parameter receives a part of the exchange, such as the request.

    Returns:
        `True`, or `None` if the type is not one that is injected.
    """
    kind = injected_kind(type_annotation)
    if kind is None:
        return None
    setattr(dependant, kind.attribute, param_name)
    return True


def _get_flat_fields_from_params(fields: Sequence[Field]) -> list[Field]:
    """Return a list of parameters in which the fields of a parameter model replace the model."""
    return [part for field in fields for part in (field.model_fields or (field,))]


def _get_param_model(field: Field) -> type[BaseModel] | None:
    """Return the model of a field of `Model` or `Model | None`, or `None` for other fields."""
    return None if field.is_json else model_of(field.annotation)


def _is_json_field(field: Field) -> bool:
    """Return True if the text of a field is JSON (`Json[...]`)."""
    return field.is_json


def _get_param_aliases(field: Field, *, convert_underscores: bool = False) -> list[tuple[str, str]]:
    """Return the names under which a client may send a field, each with the name in the model.

    Args:
        field: The field.
        convert_underscores: Whether the client sends a hyphen for an underscore in the own name
            of the field.
    """
    names = zip(field.lookups, field.model_keys, strict=True)
    if not convert_underscores:
        return list(names)
    own = field.name
    return [(sent.replace("_", "-") if sent == own else sent, key) for sent, key in names]


def _get_multidict_value(field: Field, values: Mapping[str, Any], alias: str) -> Any:
    """Return the value, or values, of a field under one name; `Undefined` if there is none.

    Args:
        field: The field; if it is a sequence, all values of the name are returned.
        values: Query parameters, headers, a form, or a mapping with one value for each name.
        alias: The name.
    """
    received = Received.of(values)
    sent = received.values.get(received.known_as(alias))
    return Undefined if sent is None else received.pick(sent, field.is_sequence)


def _get_multidict_extras(
    received_params: Mapping[str, Any], processed_keys: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """Yield each name that no field has read, with its value, or with a list of several."""
    yield from Received.of(received_params).everything(without=processed_keys).items()


def _request_param_model_to_args(
    model_field: Field, model: type[BaseModel], received_params: Mapping[str, Any]
) -> tuple[Any, list[ErrorDetail]]:
    """Return the value of a parameter model and no errors, or `None` and the errors.

    Args:
        model_field: The parameter.
        model: Not used: the field has its model.
        received_params: The values that the client sent in the location of the parameter.
    """
    values, errors = extract_parameters([model_field], received_params)
    return values.get(model_field.name), errors


def _validate_value_with_model_field(
    *, field: Field, value: Any, values: dict[str, Any], loc: ErrorLocation
) -> tuple[Any, list[ErrorDetail]]:
    """Return a validated value and no errors, or `None` and the errors.

    Args:
        field: The field that validates the value, or has a default for it.
        value: The value of the client; `Undefined` if there is none.
        values: Not used.
        loc: The location of the value, for errors.
    """
    if value is not Undefined:
        return field.validate(value, loc)
    found, errors = default_value(field, loc)
    return None if errors else found, errors


def _regenerate_error_with_loc(
    *, errors: Sequence[Any], loc_prefix: ErrorLocation
) -> list[dict[str, Any]]:
    """Return errors with a prefix before each location."""
    return [{**error, "loc": (*loc_prefix, *error.get("loc", ()))} for error in errors]


async def _solve_generator(
    *, dependant: Dependant, stack: AsyncExitStack[Any], sub_values: dict[str, Any], request: Any
) -> Any:
    """Return the value that a dependency yields; its rest runs when the stack closes.

    Args:
        dependant: The dependency.
        stack: The exit stack of the request.
        sub_values: Its arguments.
        request: Not used.
    """
    call: Any = dependant.call
    if _is_async_gen_callable(call):
        return await stack.enter_async_context(asynccontextmanager(call)(**sub_values))
    manager = contextmanager_in_threadpool(contextmanager(call)(**sub_values))
    return await stack.enter_async_context(manager)
