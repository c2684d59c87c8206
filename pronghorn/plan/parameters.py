"""Find the source of one parameter of an endpoint or dependency.

These are checked in order: a marker in `Annotated`, a marker as the default, and a type that is
injected without a marker. Otherwise the location is inferred: the path if it contains the name, a
file for uploads, the body for types that are not a single value, else the query string.
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Annotated, Any, get_origin

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import AliasChoices
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typing_inspection.typing_objects import is_typealiastype

from pronghorn import params
from pronghorn.core.kinds import Injected, InjectedKind, Location
from pronghorn.core.setup_errors import setup_error, user_error
from pronghorn.exceptions import SetupAssertionError, SetupError, SetupTypeError
from pronghorn.fields.aliases import digs_into_another_value, list_wire_names
from pronghorn.fields.annotations import (
    alias_value,
    is_alias,
    is_plain_type,
    is_scalar,
    is_scalar_sequence,
    is_upload,
    is_upload_sequence,
    model_of,
    split_metadata,
)
from pronghorn.fields.field import Field
from pronghorn.plan.check import invalid_type_error, refuse_pydantic_v1
from pronghorn.plan.check_parameters import (
    check_annotation,
    check_constraints,
    check_default,
    check_functions_in_annotated,
    check_uncalled_markers,
    nothing_to_depend_on,
)
from pronghorn.plan.signature import EMPTY

_INJECTED = {kind.annotation: kind for kind in InjectedKind}

_ABSENT: Any = object()
#: Types of defaults whose equal values are interchangeable, unlike 0.0 and -0.0.
_PLAIN_DEFAULTS = (type(None), bool, int, str)
_Marker = params.Param | params.Body
_MARKERS = (params.Param, params.Body)
_EXAMPLE_DEPENDS = "{name}: Annotated[..., Depends(dependency)]"


def analyze_parameter(
    *, name: str, annotation: Any, default: Any, path_names: frozenset[str]
) -> Field | params.Depends | Injected:
    """Return the source of one parameter.

    Args:
        name: The name of the parameter in Python.
        annotation: Its resolved annotation, or `inspect.Parameter.empty`.
        default: Its default, or `inspect.Parameter.empty`.
        path_names: The names in the path template of the route.

    Returns:
        A `Field` to read from the request, a `pronghorn.params.Depends` with its dependency, or
        an object of the exchange that the type selects.

    Raises:
        SetupAssertionError: The markers contradict each other, the type or the path.
        SetupTypeError: There are both a default and a default factory.
        SetupError: Pydantic cannot handle the type.
        PydanticV1NotSupportedError: The type is a model of `pydantic.v1`.
    """
    in_path = name in path_names
    if is_plain_type(annotation) and (default is EMPTY or type(default) in _PLAIN_DEFAULTS):
        known = _plain_field(name, annotation, default, in_path)
        return known.with_info(_combine(known.info, known.info))
    bare, metadata = _split(Any if annotation is EMPTY else annotation)
    marker = _last_marker(metadata)
    _refuse_two_markers(name, marker, default, in_path=in_path)
    if isinstance(marker, params.Depends):
        return _with_dependency(marker, bare)
    if isinstance(default, params.Depends):
        return _with_dependency(default, bare)
    check_annotation(name, bare, metadata)
    explicit = marker is not None or isinstance(default, FieldInfo)
    kind = find_injected_kind(bare)
    if kind is not None and not explicit:
        return Injected(name, kind)
    if kind is not None:
        raise _marker_for_injected(name, bare)
    if isinstance(default, FieldInfo):
        info = _from_default(name, bare, default)
    elif isinstance(marker, FieldInfo):
        info = _from_marker(name, bare, metadata, marker, default)
    else:
        info = _infer(bare, metadata, default, in_path=in_path)
        check_uncalled_markers(name, metadata, info)
    _check_place(name, info, in_path=in_path)
    check_constraints(name, bare, info)
    field = _field(name, info, path_names)
    if not explicit:
        check_functions_in_annotated(name, metadata)
    check_default(name, annotation, bare, field)
    return field


def find_dependency(annotation: Any, default: Any) -> params.Depends | None:
    """Return the marker of a parameter that is a dependency; None for any other parameter.

    Args:
        annotation: Its resolved annotation, or `inspect.Parameter.empty`.
        default: Its default, or `inspect.Parameter.empty`.
    """
    bare, metadata = _split(Any if annotation is EMPTY else annotation)
    marker = _last_marker(metadata)
    marker = marker if isinstance(marker, params.Depends) else default
    return _with_dependency(marker, bare) if isinstance(marker, params.Depends) else None


@lru_cache(maxsize=1024, typed=True)  # Typed: `1` and `True` are equal but different defaults.
def _plain_field(name: str, annotation: Any, default: Any, in_path: bool) -> Field:
    """Return the field of a parameter such as `item_id: int` or `q: str | None = None`.

    Programs declare the same parameters repeatedly, and copying a field is much faster.
    """
    info = _infer(annotation, (), default, in_path=in_path)
    _check_place(name, info, in_path=in_path)
    return _field(name, info, frozenset())


def _split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the type and its metadata; an alias of PEP 695 may be the type.

    The OpenAPI document lists an alias under its name. Two kinds of aliases are replaced by their
    value: the outermost one, which only abbreviates the annotation; and one with a marker in it or
    constraints beside it, because the marker must be found, and a reference to a component cannot
    show the constraints.
    """
    if isinstance(annotation, type):
        return annotation, ()
    kept = annotation
    if is_typealiastype(kept):
        try:
            kept = alias_value(kept)
        except (NameError, AttributeError, TypeError):
            return annotation, ()
    metadata = getattr(kept, "__metadata__", ())
    if metadata:
        kept = kept.__origin__
    if is_alias(kept) and not any(_restricts(item) for item in metadata):
        bare, inside = split_metadata(kept)
        if _last_marker(inside) is None and find_injected_kind(bare) is None:
            return kept, metadata
    return split_metadata(annotation)


def _restricts(item: Any) -> bool:
    """Return whether metadata is, or contains, a constraint that a JSON schema can show."""
    if isinstance(item, FieldInfo):
        return item.discriminator is not None or any(_restricts(each) for each in item.metadata)
    return isinstance(item, (BaseMetadata, GroupedMetadata))


def _last_marker(metadata: tuple[Any, ...]) -> _Marker | params.Depends | None:
    """Return the last marker, which takes precedence; None if there is none."""
    markers = [item for item in metadata if isinstance(item, (*_MARKERS, params.Depends))]
    return markers[-1] if markers else None


def _refuse_two_markers(name: str, marker: Any, default: Any, *, in_path: bool) -> None:
    """Refuse a marker in `Annotated` together with another one as the default."""
    if isinstance(default, params.Depends) and marker is not None:
        got = (
            f"Cannot specify `Depends` in `Annotated` and default value together for {name!r}"
            if isinstance(marker, params.Depends)
            else "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default "
            f"value together for {name!r}"
        )
        raise _assertion(got, "one of the two was left over", _EXAMPLE_DEPENDS.format(name=name))
    if in_path and isinstance(marker, FieldInfo) and default is not EMPTY:
        raise _assertion(
            "Path parameters cannot have default values",
            f"{name!r} is always in the path, so its default would never be used",
            f"{name}: Annotated[..., Path()]",
        )
    if isinstance(marker, FieldInfo) and isinstance(default, FieldInfo):
        raise _assertion(
            f"Cannot specify FastAPI annotations in `Annotated` and default value together for "
            f"{name!r}",
            "one of the two was left over",
            f"{name}: Annotated[..., {type(marker).__name__}(...)]",
        )


def _with_dependency(marker: params.Depends, bare: Any) -> params.Depends:
    """Return the marker with its dependency, which for `Depends()` is the annotated type."""
    if marker.dependency is not None:
        return marker
    if bare is Any:
        raise nothing_to_depend_on()
    filled = copy(marker)  # Unlike `replace`, `copy` shares the limit of concurrent calls.
    object.__setattr__(filled, "dependency", bare)
    return filled


def find_injected_kind(bare: Any) -> InjectedKind | None:
    """Return the kind of object that a type injects; `Request[State]` counts as `Request`."""
    candidate = bare if isinstance(bare, type) else get_origin(bare)
    # Not `issubclass`: requests are abstract classes, which makes it slow for each new model.
    for base in getattr(candidate, "__mro__", ()):
        kind = _INJECTED.get(base)
        if kind is not None:
            return kind
    return None


def _from_default(name: str, bare: Any, default: FieldInfo) -> _Marker:
    """Return the declaration in `name: type = Query(...)`.

    The default replaces the metadata of the annotation, as in FastAPI.
    """
    if not isinstance(default, _MARKERS):
        raise _assertion(
            f"non-body parameters must be in path, query, header or cookie: {name}",
            "Pydantic's Field() is for models and for `Annotated`",
            f"{name}: Annotated[..., Field(...)] = default, or {name}: ... = Query(...)",
        )
    return _copy_of(default, default, bare, default.default)


def _from_marker(
    name: str, bare: Any, metadata: tuple[Any, ...], marker: _Marker, default: Any
) -> _Marker:
    """Return the declaration in `name: Annotated[type, Query(...)] = default`."""
    merged = FieldInfo.from_annotation(Annotated[(bare, *metadata)])  # type: ignore[arg-type]  # built at run time
    if merged.default is not PydanticUndefined:
        kind = type(marker).__name__
        raise _assertion(
            f"`{kind}` default value cannot be set in `Annotated` for {name!r}. Set the default "
            "value with `=` instead.",
            None,
            f"{name}: Annotated[..., {kind}()] = {merged.default!r}",
        )
    if default is EMPTY or default is Ellipsis:
        default = PydanticUndefined
    return _copy_of(marker, merged, bare, default)


def _infer(bare: Any, metadata: tuple[Any, ...], default: Any, *, in_path: bool) -> _Marker:
    """Return the declaration that the type, and the path, imply."""
    if default is EMPTY or default is Ellipsis:
        default = PydanticUndefined
    kind: type[_Marker]
    if in_path:
        kind = params.Path
    elif is_upload(bare) or is_upload_sequence(bare):
        kind = params.File
    elif not is_scalar(bare):
        kind = params.Body
    else:
        kind = params.Query
    if not metadata:
        return kind(annotation=bare) if in_path else kind(default, annotation=bare)
    merged = FieldInfo.from_annotation(Annotated[(bare, *metadata)])  # type: ignore[arg-type]  # built at run time
    if in_path:
        # The path always has a value; only a route without this name in its path uses the default.
        merged.default_factory, default = None, PydanticUndefined
    return _copy_of(kind(), merged, bare, default)


def _copy_of(marker: _Marker, source: FieldInfo, bare: Any, default: Any) -> _Marker:
    """Return a new declaration, because several parameters may share a marker.

    Args:
        marker: The marker, which names the location of the value.
        source: The merged declaration, which has the constraints of the value.
        bare: The type.
        default: The default, or `PydanticUndefined`.
    """
    if default is not PydanticUndefined and source.default_factory is not None:
        raise setup_error(
            "cannot specify both default and default_factory",
            f"the default is {default!r}",
            "one of the two",
            kind=SetupTypeError,
        )
    info: _Marker = _combine(marker, source)
    info.annotation = bare
    info.default = default
    return info


def _combine(marker: Any, source: FieldInfo) -> Any:
    """Return a new declaration with the class of `marker` and the constraints of `source`."""
    kind: Any = type(marker)
    info = kind.__new__(kind)  # This is faster than `copy.copy`.
    vars(info).update(vars(marker))
    for name in FieldInfo.__slots__:
        value = getattr(source, name, _ABSENT)
        if value is not _ABSENT:
            # Copy only what Pydantic changes in place; a default factory must keep its identity.
            setattr(info, name, copy(value) if type(value) in (list, dict, set) else value)
    return info


def _check_place(name: str, info: _Marker, *, in_path: bool) -> None:
    """Refuse types that the declared location cannot contain."""
    kind, annotation = type(info).__name__, info.annotation
    if in_path and not isinstance(info, params.Path):
        raise _assertion(
            f"Cannot use `{kind}` for path param {name!r}",
            "the name is in the path of this route",
            f"{name}: Annotated[..., Path()], or another name for the parameter",
        )
    if in_path and not is_scalar(annotation):
        raise _assertion(
            "Path params must be of one of the supported types",
            f"{name!r} is one piece of text in the path and cannot be a {annotation}",
            f"{name}: str, or a type that Pydantic makes from text",
        )
    if not isinstance(info, params.Query) or model_of(annotation) is not None:
        return
    if not (is_scalar(annotation) or is_scalar_sequence(annotation)):
        raise _assertion(
            f"Query parameter {name!r} must be one of the supported types",
            f"{annotation} is neither a single value, nor a list of single values, nor a model",
            f"{name}: Annotated[Model, Query()] for a model, or Body() instead of Query()",
        )


def _field(name: str, info: _Marker, path_names: frozenset[str]) -> Field:
    """Build the field of a declaration that has been checked."""
    refuse_pydantic_v1(info.annotation)
    lookups = _lookups(name, info, path_names)
    if info.alias is None:
        info.alias = lookups[0] if isinstance(info, params.Param) else name
    try:
        return Field(
            name,
            info,
            location=_location(info),
            lookups=lookups,
            is_form=isinstance(info, params.Form),
            is_file=isinstance(info, params.File),
        )
    except PydanticSchemaGenerationError as error:
        given = (info.default, *info.metadata)
        raise invalid_type_error(info.annotation, name, given) from error


def _lookups(name: str, info: _Marker, path_names: frozenset[str]) -> tuple[str, ...]:
    """Return the names of a parameter on the wire, in the order they are tried."""
    names = list_wire_names(info, name)
    if isinstance(info, params.Path) and isinstance(info.validation_alias, AliasChoices):
        known = [choice for choice in names if choice in path_names]
        chosen = known[0] if known else info.alias or name
        info.alias = info.validation_alias = chosen
        return (chosen,)
    unnamed = info.alias is None and (
        info.validation_alias is None or digs_into_another_value(info)
    )
    if isinstance(info, params.Header) and info.convert_underscores and unnamed:
        return tuple(n.replace("_", "-") if n == name else n for n in names)
    return names


def _location(info: _Marker) -> Location:
    if not isinstance(info, params.Param):
        return "body"
    # A plain Param() does not name a location; it is read from the query.
    return info.in_.value if hasattr(info, "in_") else "query"


def _marker_for_injected(name: str, bare: Any) -> SetupError:
    return _assertion(
        f"Cannot specify FastAPI annotation for type {bare!r}",
        f"{name!r} receives the object itself because of its type",
        f"{name}: {getattr(bare, '__name__', bare)}",
    )


def _assertion(got: str, probably: str | None, write: str) -> SetupError:
    return user_error(got, probably, write, kind=SetupAssertionError)
