"""Questions about type annotations: is this a list, a file, a model, a single value?

They decide where a parameter without a marker comes from, and whether repeated values of one
name belong together. Aliases of PEP 695 and ``Annotated`` are looked through everywhere.
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
#: Types without parts: what is made for one use of them is as good for any other.
PLAIN_TYPES = frozenset(
    {str, int, float, bool, bytes, UUID, datetime, date, time, timedelta, Decimal}
)
_SETTLED_ORIGINS = frozenset({Union, types.UnionType, list, dict, set, tuple})


def is_class(value: Any, bases: type[Any] | tuple[type[Any], ...]) -> TypeGuard[type[Any]]:
    """Whether ``value`` is a class below ``bases``; anything that is no class is not."""
    try:
        return isinstance(value, type) and issubclass(value, bases)
    except TypeError:  # A special form that pretends to be a class, such as `type[int]`.
        return False


def is_settled(annotation: Any) -> bool:
    """Whether no name in it is left to be looked up: it holds neither strings nor references.

    ``False`` is the answer for everything unusual too. The frequent shapes are told apart here,
    since `typing.get_type_hints` is slow.
    """
    if annotation is None or isinstance(annotation, type):
        return True
    origin = get_origin(annotation)
    if is_typealiastype(annotation):
        return True  # Its names are those of its own module.
    if origin is Annotated:
        return is_settled(annotation.__origin__)
    if origin in _SETTLED_ORIGINS or is_typealiastype(origin):
        # `typing.List` alone has no arguments at all.
        return all(is_settled(argument) for argument in getattr(annotation, "__args__", ()))
    return False


def is_plain_type(annotation: Any) -> bool:
    """Whether it is one of ``PLAIN_TYPES``, or such a type ``| None``, in this order."""
    if isinstance(annotation, type):
        return annotation in PLAIN_TYPES
    if get_origin(annotation) not in (Union, types.UnionType):
        return False
    members = annotation.__args__
    return len(members) == 2 and members[1] is types.NoneType and is_plain_type(members[0])


def is_alias(annotation: Any) -> bool:
    """Whether it is an alias of PEP 695, or one with its type arguments."""
    return is_typealiastype(annotation) or is_typealiastype(get_origin(annotation))


def resolve_alias(annotation: Any) -> Any:
    """Return what an alias of PEP 695 stands for, with its type arguments filled in.

    An alias that names what does not exist (yet) is returned as it is.
    """
    while not isinstance(annotation, type) and is_alias(annotation):
        try:
            annotation = alias_value(annotation)
        except (NameError, AttributeError, TypeError):
            break
    return annotation


def alias_value(annotation: Any) -> Any:
    """Return what an alias stands for, one level down.

    Names in its text belong to the module of the alias, so they are looked up here: what is left
    of the alias does not say where it came from.

    Raises:
        NameError: A name in it does not exist (yet).
        AttributeError, TypeError: It cannot be evaluated for another reason.
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
    """Return the value of an alias with all text in it replaced by the types that it names."""
    names = dict(vars(sys.modules[alias.__module__])) if alias.__module__ in sys.modules else {}
    names[alias.__name__] = alias
    names |= {parameter.__name__: parameter for parameter in alias.__type_params__}
    holder = types.SimpleNamespace(__annotations__={"it": value})
    return get_type_hints(holder, names, include_extras=True)["it"]


def strip_metadata(annotation: Any) -> Any:
    """The bare type below aliases and ``Annotated``."""
    if isinstance(annotation, type):
        return annotation
    annotation = resolve_alias(annotation)
    while get_origin(annotation) is Annotated:
        annotation = resolve_alias(get_args(annotation)[0])
    return annotation


def split_metadata(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type and all its ``Annotated`` metadata, innermost first."""
    if isinstance(annotation, type):  # The most frequent case, and half of the time of the rest.
        return annotation, ()
    metadata: tuple[Any, ...] = ()
    annotation = resolve_alias(annotation)
    while get_origin(annotation) is Annotated:
        metadata = annotation.__metadata__ + metadata
        annotation = resolve_alias(get_args(annotation)[0])
    return annotation, metadata


def union_members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, ``None`` included; empty if it is not a union."""
    if isinstance(annotation, type):
        return ()
    bare = strip_metadata(annotation)
    return get_args(bare) if get_origin(bare) in (Union, types.UnionType) else ()


def is_none(annotation: Any) -> bool:
    """Whether the annotation is ``None`` itself."""
    return annotation is None or annotation is type(None)


def is_sequence(annotation: Any) -> bool:
    """Whether repeated values fit: a list, set, tuple..., or a union with one of them.

    ``Json[list[int]]`` is no sequence: it is one text that holds a list.
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
    if BaseModel in bases:  # `issubclass` with an abstract class is slow for each new model.
        return any(kind in bases for kind in SEQUENCE_TYPES)
    return is_class(candidate, SEQUENCE_TYPES) and not issubclass(candidate, (str, bytes))


def is_complex(annotation: Any) -> bool:
    """Whether one piece of text cannot hold the value: models, mappings, sequences, files."""
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
    """Whether one piece of text can hold the value."""
    return annotation is Ellipsis or not is_complex(annotation)


def is_scalar_sequence(annotation: Any) -> bool:
    """Whether it is a sequence of scalars, or a union of such sequences and scalars."""
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
    """Whether it is an uploaded file, or a union with one."""
    return _any_member(annotation, lambda bare: is_class(bare, UploadFile))


def is_bytes(annotation: Any) -> bool:
    """Whether it is ``bytes``, or a union with it."""
    return _any_member(annotation, lambda bare: is_class(bare, bytes))


def is_upload_sequence(annotation: Any) -> bool:
    """Whether it is a sequence of uploaded files, or a union with one."""
    return _any_member(annotation, lambda bare: _is_sequence_of(bare, is_upload))


def is_bytes_sequence(annotation: Any) -> bool:
    """Whether it is a sequence of ``bytes``, or a union with one."""
    return _any_member(annotation, lambda bare: _is_sequence_of(bare, is_bytes))


def _is_sequence_of(bare: Any, question: Callable[[Any], bool]) -> bool:
    return _is_bare_sequence(bare) and all(question(item) for item in get_args(bare))


def has_json_marker(metadata: Sequence[Any]) -> bool:
    """Whether ``Json`` is among the metadata: the text is decoded before it is validated."""
    return any(item is Json or type(item) is Json for item in metadata)


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The model of ``Model`` or ``Model | None``; ``None`` for everything else."""
    models = models_of(annotation)
    return models[0] if len(models) == 1 else None


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    """The models of a model, or of a union of nothing but models and ``None``."""
    members = [member for member in union_members(annotation) if not is_none(member)]
    models: dict[type[BaseModel], None] = {}
    for member in members or [annotation]:
        bare, metadata = split_metadata(member)
        if not is_class(bare, BaseModel) or has_json_marker(metadata):
            return ()
        models[bare] = None
    return tuple(models)
