"""Predicates on type annotations: is this a list, a file, a model, a single value?

They decide the source of a parameter without a marker, and whether repeated values of one name
belong together. All of them look through aliases of PEP 695 and `Annotated`.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, Json
from starlette.datastructures import UploadFile
from typing_inspection.typing_objects import is_typealiastype

SEQUENCE_TYPES: tuple[type[Any], ...] = (list, tuple, set, frozenset, deque, Sequence)
#: Types without parts. Objects made for one use of such a type can be shared by all uses.
PLAIN_TYPES = frozenset(
    {str, int, float, bool, bytes, UUID, datetime, date, time, timedelta, Decimal}
)
_SETTLED_ORIGINS = frozenset({Union, types.UnionType, list, dict, set, tuple})


def is_class(value: Any, bases: type[Any] | tuple[type[Any], ...]) -> TypeGuard[type[Any]]:
    """Return whether `value` is a subclass of `bases`; False if it is not a class."""
    try:
        return isinstance(value, type) and issubclass(value, bases)
    except TypeError:  # A special form that looks like a class, such as `type[int]`.
        return False


def is_settled(annotation: Any) -> bool:
    """Return whether an annotation certainly contains neither strings nor forward references.

    `False` for unusual annotations too. Only the frequent forms are recognised, to avoid a call
    of `typing.get_type_hints`, which is slow.
    """
    if annotation is None or isinstance(annotation, type):
        return True
    origin = get_origin(annotation)
    if is_typealiastype(annotation):
        return True  # Its names are resolved in its own module.
    if origin is Annotated:
        return is_settled(annotation.__origin__)
    if origin in _SETTLED_ORIGINS or is_typealiastype(origin):
        # A bare `typing.List` does not have `__args__`.
        return all(is_settled(argument) for argument in getattr(annotation, "__args__", ()))
    return False


def is_plain_type(annotation: Any) -> bool:
    """Return whether an annotation is one of `PLAIN_TYPES`, optionally followed by `| None`."""
    if isinstance(annotation, type):
        return annotation in PLAIN_TYPES
    if get_origin(annotation) not in (Union, types.UnionType):
        return False
    members = annotation.__args__
    return len(members) == 2 and members[1] is types.NoneType and is_plain_type(members[0])


def is_alias(annotation: Any) -> bool:
    """Return whether an annotation is an alias of PEP 695, with or without type arguments."""
    return is_typealiastype(annotation) or is_typealiastype(get_origin(annotation))


def resolve_alias(annotation: Any) -> Any:
    """Return the type behind an alias of PEP 695, with its type arguments filled in.

    An alias that contains an undefined name is returned unchanged.
    """
    while not isinstance(annotation, type) and is_alias(annotation):
        try:
            annotation = alias_value(annotation)
        except (NameError, AttributeError, TypeError):
            break
    return annotation


def alias_value(annotation: Any) -> Any:
    """Return the value of an alias, without resolving aliases inside it.

    Strings in the value are evaluated here, in the module of the alias, because the value alone
    does not name its module.

    Raises:
        NameError: The value contains an undefined name.
        AttributeError, TypeError: The value cannot be evaluated for another reason.
    """
    alias = get_origin(annotation) or annotation
    value = alias.__value__
    if not is_settled(value):
        value = _evaluate(alias, value)
    if alias is annotation:
        return value
    arguments = dict(zip(alias.__type_params__, get_args(annotation), strict=False))
    if value in arguments:
        return arguments[value]
    wanted = getattr(value, "__parameters__", ())
    return value[tuple(arguments[parameter] for parameter in wanted)] if wanted else value


def _evaluate(alias: Any, value: Any) -> Any:
    """Return the value of an alias with every string in it replaced by the type that it names."""
    names = dict(vars(sys.modules[alias.__module__])) if alias.__module__ in sys.modules else {}
    names[alias.__name__] = alias
    names |= {parameter.__name__: parameter for parameter in alias.__type_params__}
    holder = types.SimpleNamespace(__annotations__={"it": value})
    return get_type_hints(holder, names, include_extras=True)["it"]


def strip_metadata(annotation: Any) -> Any:
    """Return the bare type below aliases and `Annotated`."""
    if isinstance(annotation, type):
        return annotation
    annotation = resolve_alias(annotation)
    while get_origin(annotation) is Annotated:
        annotation = resolve_alias(get_args(annotation)[0])
    return annotation


def split_metadata(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the bare type and all its `Annotated` metadata, innermost first."""
    if isinstance(annotation, type):  # The most frequent case needs no further work.
        return annotation, ()
    metadata: tuple[Any, ...] = ()
    annotation = resolve_alias(annotation)
    while get_origin(annotation) is Annotated:
        metadata = annotation.__metadata__ + metadata
        annotation = resolve_alias(get_args(annotation)[0])
    return annotation, metadata


def union_members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, `None` included; empty if it is not a union."""
    if isinstance(annotation, type):
        return ()
    bare = strip_metadata(annotation)
    return get_args(bare) if get_origin(bare) in (Union, types.UnionType) else ()


def is_none(annotation: Any) -> bool:
    """Return whether the annotation is `None` itself."""
    return annotation is None or annotation is type(None)


def is_sequence(annotation: Any) -> bool:
    """Return whether a type holds repeated values: a list, set, tuple..., or a union with one.

    `Json[list[int]]` is not a sequence: it is one text that contains a list.
    """
    members = union_members(annotation)
    if members:
        return any(is_sequence(member) for member in members)
    bare, metadata = split_metadata(annotation)
    return _is_bare_sequence(bare) and not has_json_marker(metadata)


def _any_member(annotation: Any, question: Callable[[Any], bool]) -> bool:
    if isinstance(annotation, type):
        return question(annotation)
    members = union_members(annotation)
    if members:
        return any(_any_member(member, question) for member in members)
    return question(strip_metadata(annotation))


def _is_bare_sequence(bare: Any) -> bool:
    candidate = bare if isinstance(bare, type) else get_origin(bare)
    bases = getattr(candidate, "__mro__", ())
    if BaseModel in bases:  # `issubclass` with an abstract class is slow for every new model.
        return any(kind in bases for kind in SEQUENCE_TYPES)
    return is_class(candidate, SEQUENCE_TYPES) and not issubclass(candidate, (str, bytes))


def is_complex(annotation: Any) -> bool:
    """Return whether a string cannot hold the value: a model, mapping, sequence or file."""
    return _any_member(annotation, _is_bare_complex)


def _is_bare_complex(bare: Any) -> bool:
    origin = get_origin(bare)
    if origin is not None and hasattr(origin, "__get_pydantic_core_schema__"):
        return True
    candidate = origin or bare
    if is_class(candidate, (BaseModel, Mapping, UploadFile)) or _is_bare_sequence(bare):
        return True
    return isinstance(candidate, type) and dataclasses.is_dataclass(candidate)


def is_scalar(annotation: Any) -> bool:
    """Return whether a string can hold the value."""
    return annotation is Ellipsis or not is_complex(annotation)


def is_scalar_sequence(annotation: Any) -> bool:
    """Return whether a type is a sequence of scalars, or a union of such sequences and scalars."""
    members = union_members(annotation)
    if not members:
        bare = strip_metadata(annotation)
        return _is_bare_sequence(bare) and all(is_scalar(item) for item in get_args(bare))
    found = False
    for member in members:
        if is_scalar_sequence(member):
            found = True
        elif not is_scalar(member):
            return False
    return found


def is_upload(annotation: Any) -> bool:
    """Return whether a type is an uploaded file, or a union with one."""
    return _any_member(annotation, lambda bare: is_class(bare, UploadFile))


def is_bytes(annotation: Any) -> bool:
    """Return whether a type is `bytes`, or a union with it."""
    return _any_member(annotation, lambda bare: is_class(bare, bytes))


def is_upload_sequence(annotation: Any) -> bool:
    """Return whether a type is a sequence of uploaded files, or a union with one."""
    return _any_member(annotation, lambda bare: _is_sequence_of(bare, is_upload))


def is_bytes_sequence(annotation: Any) -> bool:
    """Return whether a type is a sequence of `bytes`, or a union with one."""
    return _any_member(annotation, lambda bare: _is_sequence_of(bare, is_bytes))


def _is_sequence_of(bare: Any, question: Callable[[Any], bool]) -> bool:
    return _is_bare_sequence(bare) and all(question(item) for item in get_args(bare))


def has_json_marker(metadata: Sequence[Any]) -> bool:
    """Return whether the metadata contains `Json`, so the text is decoded before validation."""
    return any(item is Json or type(item) is Json for item in metadata)


def model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model of `Model` or `Model | None`; `None` for everything else."""
    models = models_of(annotation)
    return models[0] if len(models) == 1 else None


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the model itself, or the members of a union of models and `None`; else nothing."""
    members = [member for member in union_members(annotation) if not is_none(member)]
    models: dict[type[BaseModel], None] = {}
    for member in members or [annotation]:
        bare, metadata = split_metadata(member)
        if not is_class(bare, BaseModel) or has_json_marker(metadata):
            return ()
        models[bare] = None
    return tuple(models)
