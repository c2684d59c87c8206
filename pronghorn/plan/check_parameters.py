"""Find mistakes in the declaration of one parameter that FastAPI accepts without their effect."""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, ValidationError

from pronghorn import params
from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import describe_value, setup_error
from pronghorn.exceptions import SetupError, SetupTypeError
from pronghorn.fields.annotations import union_members
from pronghorn.fields.field import Field
from pronghorn.plan.signature import EMPTY

#: The modules whose functions and classes are markers.
_MODULES = ("pronghorn.param_functions", "pronghorn.params")
_NAMES = frozenset(
    {"Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"}
)
_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, partial)
_CONNECTIONS = ("Request", "WebSocket", "HTTPConnection")
#: The types of most defaults, which need no further question.
_NEVER_MISTAKES = (type(None), str, int, float, bool)
_LENGTHS = (annotated_types.MinLen, annotated_types.MaxLen)
_BOUNDS = (annotated_types.Gt, annotated_types.Ge, annotated_types.Lt, annotated_types.Le)
_CONSTRAINTS = _LENGTHS + _BOUNDS


def marker_name(value: Any) -> str | None:
    """Return the name of a marker that was not called, such as `Query`; None for other objects."""
    name = getattr(value, "__name__", None)
    known = name in _NAMES and getattr(value, "__module__", None) in _MODULES
    return name if known and callable(value) else None


def check_annotation(name: str, bare: Any, metadata: tuple[Any, ...]) -> None:
    """Refuse an annotation that is a marker or a function instead of a type.

    Args:
        name: The name of the parameter.
        bare: Its annotation, without `Annotated`.
        metadata: What stands beside it in `Annotated`.

    Raises:
        SetupTypeError: The type and the marker of `Annotated` are in the wrong order, or the type
            is missing.
    """
    marker = bare if isinstance(bare, (params.Depends, FieldInfo)) else None
    if marker is None and marker_name(bare) is None and not isinstance(bare, FunctionType):
        return
    if marker is None and isinstance(bare, FunctionType) and marker_name(bare) is None:
        raise _type_error(
            f"{name!r} has the function {bare.__name__} as its type",
            "a dependency was meant",
            f"{name}: Annotated[..., Depends({bare.__name__})]",
        )
    written = _source_of(marker) if marker is not None else f"{marker_name(bare)}()"
    others = [item for item in metadata if isinstance(item, type)]
    kind = others[0].__name__ if others else "..."
    raise _type_error(
        f"{name!r} has {written} where its type should be",
        "the type comes first in Annotated" if others else "the type was left out",
        f"{name}: Annotated[{kind}, {written}]",
    )


def check_uncalled_markers(name: str, metadata: tuple[Any, ...], info: FieldInfo) -> None:
    """Refuse a marker without parentheses that `Annotated` ignores, unless it changes nothing.

    Args:
        name: The name of the parameter.
        metadata: The metadata of its annotation.
        info: Where the parameter is read from without the marker.

    Raises:
        SetupTypeError: The parameter would be read from another place, or not be a dependency.
    """
    for item in metadata:
        marker = marker_name(item)
        place = type(info).__name__
        if marker is None or marker == place or {marker, place} == {"File", "Form"}:
            continue
        meant = f"{marker}(function)" if marker in ("Depends", "Security") else f"{marker}()"
        raise _type_error(
            f"{name!r} has {marker} in Annotated without parentheses, which has no effect",
            f"{name!r} would be read from the {_PLACES[place]}",
            f"{name}: Annotated[..., {meant}]",
        )


def check_functions_in_annotated(name: str, metadata: tuple[Any, ...]) -> None:
    """Refuse a function or a security scheme that `Annotated` ignores.

    Args:
        name: The name of a parameter that has neither a marker nor a dependency.
        metadata: The metadata of its annotation.

    Raises:
        SetupTypeError: There is one. The client would choose the value, and nobody would have to
            authenticate.
    """
    for item in metadata:
        if isinstance(item, (FunctionType, MethodType)) and marker_name(item) is None:
            what, call = f"the function {item.__name__}", item.__name__
        elif _is_scheme(type(item)):
            what, call = "a security scheme", _variable(item)
        else:
            continue
        raise _type_error(
            f"{name!r} has {what} in Annotated, which is not called",
            "a dependency was meant: without Depends, the client chooses the value",
            f"{name}: Annotated[..., Depends({call})]",
        )


_PLACES = {"Path": "path", "Query": "query string", "Body": "body", "File": "form"}


def check_default(name: str, annotation: Any, bare: Any, field: Field) -> None:
    """Refuse a default that can only have been meant as a dependency or as a type.

    A function is accepted if the annotation says so: `Any`, `object`, `Callable`.

    Args:
        name: The name of the parameter.
        annotation: Its annotation, or `inspect.Parameter.empty`.
        bare: Its type.
        field: Its field.

    Raises:
        SetupTypeError: The default is a marker that was not called, a `Depends` inside another
            marker, a security scheme, a function for a type that has no functions, or the type.
    """
    default = field.info.default
    if default is PydanticUndefined or type(default) in _NEVER_MISTAKES:
        return
    marker = marker_name(default)
    if marker is not None:
        raise _type_error(
            f"The default of {name!r} is {marker} itself",
            "the parentheses were left out",
            f"{name}: ... = {marker}(...)",
        )
    if isinstance(default, params.Depends):
        kind = type(field.info).__name__
        raise _type_error(
            f"The default of {name!r} is {kind}({_source_of(default)})",
            "the dependency was meant",
            f"{name}: ... = {_source_of(default)}",
        )
    if _is_scheme(type(default)):
        raise _type_error(
            f"The default of {name!r} is a security scheme, which is not called",
            "a dependency was meant: without Depends, nobody has to authenticate",
            f"{name}: ... = Depends({_variable(default)})",
        )
    if isinstance(default, type) and default is bare and not _accepts(field, default):
        raise _type_error(
            f"The default of {name!r} is its own type, {describe_value(default)}",
            "an `=` was written instead of a `:`",
            f"{name}: {default.__name__}",
        )
    if isinstance(default, _FUNCTIONS) and not _may_be_function(annotation, field):
        raise _function_as_default(name, annotation, default)


def _may_be_function(annotation: Any, field: Field) -> bool:
    default = field.info.default
    if annotation is EMPTY:
        # The names of a closure in a loop are bound by defaults, as in `lambda n=n: n`.
        return not isinstance(default, FunctionType) or default.__name__ == "<lambda>"
    schema = field.adapter.core_schema
    if isinstance(schema, dict) and str(schema.get("type")).startswith("function"):
        return True  # The program's own validator, which may call the function.
    return _accepts(field, default)


def _accepts(field: Field, value: Any) -> bool:
    try:
        field.adapter.validator.validate_python(value)
    except ValidationError:
        return False
    return True


def _function_as_default(name: str, annotation: Any, default: Any) -> SetupError:
    function = getattr(default, "__name__", "function")
    if function == "<lambda>":
        return _type_error(
            f"The default of {name!r} is a lambda, which is not called",
            "a default that is made for each request",
            f"{name}: ... = Query(default_factory=lambda: ...)",
        )
    write = f"{name}: ... = Depends({function})"
    if annotation is EMPTY:
        write = f"{name}=Depends({function}), or {name}: Any = {function} for the function itself"
    return _type_error(
        f"The default of {name!r} is {describe_value(default)}, which is not called",
        "a dependency was meant",
        write,
    )


def check_dependency(declared: Any) -> None:
    """Refuse the class of a security scheme as a dependency; an instance was meant.

    Raises:
        SetupTypeError: The dependency is such a class: nobody would have to authenticate.
    """
    if isinstance(declared, type) and _is_scheme(declared) and not _reads_request(declared):
        raise _type_error(
            f"Depends({declared.__name__}) creates a security scheme for each request, and never "
            "calls it",
            "an instance of it: without one, nobody has to authenticate",
            f"scheme = {declared.__name__}(...), and then Depends(scheme)",
        )


def _is_scheme(kind: type) -> bool:
    return any(
        base.__name__ == "SecurityBase" and base.__module__ == "pronghorn.openapi.scheme"
        for base in kind.__mro__
    )


def _reads_request(scheme: type) -> bool:
    """Return whether creating a scheme can authenticate, because it takes the request."""
    for parameter in read_signature(scheme).parameters.values():
        kind = getattr(parameter.annotation, "__name__", parameter.annotation)
        if kind in _CONNECTIONS or isinstance(parameter.default, params.Depends):
            return True
    return False


def check_marker(marker: params.Depends) -> None:
    """Refuse options of `Depends` and `Security` that have no effect, or another one.

    Raises:
        SetupTypeError: `scope` is none of `"function"`, `"request"` and `"app"`, or `scopes` is one
            text.
    """
    if marker.scope not in (None, "function", "request", "app"):
        raise _type_error(
            f"{_source_of(marker)} has the scope {marker.scope!r}",
            "OAuth 2.0 scopes belong in Security(..., scopes=[...])"
            if isinstance(marker, params.Security)
            else None,
            "scope='request', scope='function' or scope='app'",
        )
    scopes = getattr(marker, "scopes", None)
    if isinstance(scopes, (str, bytes)) and scopes:
        raise _type_error(
            f"{_source_of(marker)} has scopes={scopes!r}, which is one text",
            "each of its letters would be a scope",
            f"scopes=[{scopes!r}]",
        )


def check_constraints(name: str, bare: Any, info: FieldInfo) -> None:
    """Refuse constraints that no value of a type can fulfil, because it has no such property.

    Raises:
        SetupTypeError: A number has a length, or a text has a bound that is a number.
    """
    rules = [rule for rule in info.metadata if isinstance(rule, _CONSTRAINTS)]
    if not rules or any(hasattr(rule, "__get_pydantic_core_schema__") for rule in info.metadata):
        return  # A validator may return another type.
    members = {item for item in union_members(bare) or (bare,) if item is not type(None)}
    for rule in rules:
        if isinstance(rule, _LENGTHS) and members and members <= {int, float, bool}:
            kind = "min_length" if isinstance(rule, annotated_types.MinLen) else "max_length"
            raise _type_error(
                f"{name!r} is a number and has {kind}, which is for texts and lists",
                "a bound of the number",
                "ge= and le= instead",
            )
        if isinstance(rule, _BOUNDS) and members == {str} and _is_number_bound(rule):
            raise _type_error(
                f"{name!r} is a text and has {type(rule).__name__.lower()}, which is for numbers",
                "a bound of its length, or the type of a number",
                "min_length= and max_length= instead",
            )


def nothing_to_depend_on() -> SetupError:
    """Return the error for `Depends()` at a parameter without a type."""
    return _type_error(
        "Depends() has neither a function nor a type",
        "Depends(function()) was written, and the function returned None",
        "Depends(function), with the function itself, or a class as the type",
    )


def _is_number_bound(rule: Any) -> bool:
    return isinstance(getattr(rule, type(rule).__name__.lower()), (int, float))


def _source_of(marker: Any) -> str:
    kind = type(marker).__name__
    if not isinstance(marker, params.Depends):
        return f"{kind}()"
    return f"{kind}({getattr(marker.dependency, '__name__', '...')})"


def _variable(scheme: Any) -> str:
    return type(scheme).__name__ + "(...)"


def _type_error(got: str, probably: str | None, write: str) -> SetupError:
    return setup_error(got, probably, write, kind=SetupTypeError)
