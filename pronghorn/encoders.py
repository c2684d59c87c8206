"""Convert any Python value to one that the JSON encoder of the standard library can write."""

import dataclasses
import datetime
import sys
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from math import nan
from pathlib import Path, PurePath
from re import Pattern
from types import CoroutineType, GeneratorType
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefinedType, Url

from pronghorn.core.reexports import find_elsewhere
from pronghorn.exceptions import PydanticV1NotSupportedError
from pronghorn.types import IncEx

__all__ = ["ENCODERS_BY_TYPE", "decimal_encoder", "isoformat", "jsonable_encoder"]


#: The digits of the longest integer that Python converts to text by default.
MAX_DIGITS = 4300


def isoformat(value: datetime.date | datetime.time) -> str:
    """Return a date or time in the form of ISO 8601."""
    return value.isoformat()


def decimal_encoder(value: Decimal) -> int | float:
    """Return an `int` if the decimal is written without decimal places, else a `float`.

    `Decimal("1.0")` stays `1.0`, so that reading and writing it again keeps its type. NaN and the
    infinities become floats. So do numbers with more digits than Python writes, which are infinite
    as a float: otherwise a client could fill the memory with `1e999999999`.
    """
    if value.is_snan():
        return nan
    exponent = value.as_tuple().exponent
    whole = isinstance(exponent, int) and exponent >= 0 and value.adjusted() < MAX_DIGITS
    return int(value) if whole else float(value)


ENCODERS_BY_TYPE: dict[type[Any], Callable[[Any], Any]] = {
    bytes: lambda value: value.decode(errors="replace"),
    datetime.date: isoformat,
    datetime.datetime: isoformat,
    datetime.time: isoformat,
    datetime.timedelta: lambda value: value.total_seconds(),
    Decimal: decimal_encoder,
    Enum: lambda value: value.value,
    frozenset: list,
    deque: list,
    GeneratorType: list,
    IPv4Address: str,
    IPv4Interface: str,
    IPv4Network: str,
    IPv6Address: str,
    IPv6Interface: str,
    IPv6Network: str,
    Path: str,
    Pattern: lambda value: value.pattern,
    SecretBytes: str,
    SecretStr: str,
    set: list,
    UUID: str,
    Url: str,
}
"""The encoders of types that JSON does not have; also used for their subclasses."""

#: Types of modules that most programs never load, because loading them is slow. A value of such a
#: type exists only if its module is loaded, so the table gets them then.
_LATER = {
    "pydantic.networks": ("AnyUrl", "NameEmail"),
    "pydantic.color": ("Color",),
    "pydantic_extra_types.color": ("Color",),
}


#: The classes of each encoder; empty until a program imports the table of `interop/encoders.py`.
_class_tuples: Mapping[Callable[[Any], Any], tuple[Any, ...]] = {}


def use_class_tuples(table: Mapping[Callable[[Any], Any], tuple[Any, ...]]) -> None:
    """Set the table in which encoders for instances of subclasses are found.

    Args:
        table: The classes of each encoder. The program may change the table later.
    """
    global _class_tuples  # noqa: PLW0603 - a program asks for the table once
    _class_tuples = table


def add_loaded_types() -> None:
    """Add the types of modules that have been loaded since to `ENCODERS_BY_TYPE`."""
    for name, classes in list(_LATER.items()):
        module = sys.modules.get(name)
        if all(hasattr(module, known) for known in classes):  # Otherwise it is still loading.
            for known in classes:
                ENCODERS_BY_TYPE.setdefault(getattr(module, known), str)
            _LATER.pop(name, None)


_PLAIN = frozenset((str, int, float, bool, type(None)))
_SEQUENCES = (list, set, frozenset, GeneratorType, tuple, deque)


class _Settings(NamedTuple):
    """The options of the caller, for the value and everything in it."""

    by_alias: bool
    exclude_unset: bool
    exclude_defaults: bool
    exclude_none: bool
    custom_encoder: Mapping[Any, Callable[[Any], Any]]
    sqlalchemy_safe: bool


def jsonable_encoder(
    obj: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    custom_encoder: dict[Any, Callable[[Any], Any]] | None = None,
    sqlalchemy_safe: bool = True,
) -> Any:
    """Convert a value, and everything in it, to dicts, lists, strings, numbers and `None`.

    Args:
        obj: Models, dataclasses, enums, dates, paths, containers of them, or any object that can be
            converted to a `dict` or has a `__dict__`.
        include: Fields or keys to keep; by default all. `{"user": {"name"}}` keeps a part of a
            nested value, as in Pydantic; each item of a list is selected separately.
        exclude: Fields or keys to leave out, in the same form.
        by_alias: Whether models use their serialisation aliases as keys.
        exclude_unset: Whether to leave out fields of models that were not set.
        exclude_defaults: Whether to leave out fields of models that equal their default.
        exclude_none: Whether to leave out fields and keys whose value is `None`.
        custom_encoder: Functions by type that take precedence over everything else; also used for
            subclasses.
        sqlalchemy_safe: Whether to leave out keys that begin with `_sa`, where SQLAlchemy keeps its
            state.

    Returns:
        A value for `json.dumps`. NaN and the infinities are kept as floats. In bytes, invalid UTF-8
            becomes U+FFFD, the replacement character.

    Raises:
        ValueError: The value cannot be converted.
        PydanticV1NotSupportedError: The value is a model of `pydantic.v1`.
    """
    if type(obj) in _PLAIN and not custom_encoder:
        return obj
    settings = _Settings(
        by_alias,
        exclude_unset,
        exclude_defaults,
        exclude_none,
        custom_encoder or {},
        sqlalchemy_safe,
    )
    return _encode(obj, _selection(include), _selection(exclude), settings)


def _selection(names: Any) -> Any:
    """Return a selection in a form that Pydantic accepts; programs also pass lists."""
    return names if names is None or isinstance(names, (set, dict)) else set(names)


def _encode(obj: Any, include: Any, exclude: Any, settings: _Settings) -> Any:
    """Convert one value. The order of the checks matters: an enum may be a string."""
    kind = type(obj)
    if settings.custom_encoder:
        encoder = _find_custom_encoder(obj, settings.custom_encoder)
        if encoder is not None:
            return encoder(obj)
    if kind in _PLAIN:
        return obj
    if kind is dict:
        return _encode_dict(obj, include, exclude, settings)
    if isinstance(obj, BaseModel):
        return _encode_model(obj, include, exclude, settings)
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        return _encode(dataclasses.asdict(obj), include, exclude, settings)
    if isinstance(obj, Enum):
        return obj.value
    if isinstance(obj, PurePath):
        return str(obj)
    if isinstance(obj, (str, int, float)):
        return obj
    if isinstance(obj, PydanticUndefinedType):
        return None
    if isinstance(obj, dict):
        return _encode_dict(obj, include, exclude, settings)
    if isinstance(obj, _SEQUENCES):
        if include is None and exclude is None:
            return [_encode(item, None, None, settings) for item in obj]
        return _encode_items(obj, include, exclude, settings)
    if _LATER:
        add_loaded_types()
    by_class = _find_encoder(obj)
    if by_class is not None:
        return by_class(obj)
    return _encode(_as_dict(obj), include, exclude, settings)


def _find_encoder(obj: Any) -> Callable[[Any], Any] | None:
    """Return the encoder for a value's class, or None."""
    kind = type(obj)
    if _class_tuples and kind not in ENCODERS_BY_TYPE:
        for encoder, classes in _class_tuples.items():
            if isinstance(obj, classes):
                return encoder
    # Some drivers return objects that only claim to be a UUID, by their `__class__`.
    for base in (*kind.__mro__, *obj.__class__.__mro__):
        if base in ENCODERS_BY_TYPE:
            return ENCODERS_BY_TYPE[base]
    return None


def _find_custom_encoder(
    obj: Any, encoders: Mapping[Any, Callable[[Any], Any]]
) -> Callable[[Any], Any] | None:
    exact = encoders.get(type(obj))
    if exact is not None:
        return exact
    return next((encoders[kind] for kind in encoders if isinstance(obj, kind)), None)


def _encode_model(obj: BaseModel, include: Any, exclude: Any, settings: _Settings) -> Any:
    dumped = obj.model_dump(
        mode="json",
        include=include,
        exclude=exclude,
        by_alias=settings.by_alias,
        exclude_unset=settings.exclude_unset,
        exclude_none=settings.exclude_none,
        exclude_defaults=settings.exclude_defaults,
    )
    # The dump is JSON already, but plain dicts in the model may hold `None` and `_sa` keys. A
    # custom encoder applies only before a model is dumped.
    return _encode(dumped, None, None, settings._replace(custom_encoder={}))


def _encode_dict(
    obj: dict[Any, Any], include: Any, exclude: Any, settings: _Settings
) -> dict[Any, Any]:
    encoded = {}
    for key, value in obj.items():
        kept, inner_include, inner_exclude = _descend(include, exclude, key)
        if not kept or (value is None and settings.exclude_none):
            continue
        if settings.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"):
            continue
        name = _encode(key, None, None, settings)
        encoded[name] = _encode(value, inner_include, inner_exclude, settings)
    return encoded


def _encode_items(obj: Any, include: Any, exclude: Any, settings: _Settings) -> list[Any]:
    """Convert the items of a sequence. A selection applies to each of them, unless it names
    indexes.
    """
    include, exclude = _by_place(include), _by_place(exclude)
    encoded = []
    for place, item in enumerate(obj):
        kept, inner_include, inner_exclude = _descend(include, exclude, place)
        if kept:
            encoded.append(_encode(item, inner_include, inner_exclude, settings))
    return encoded


def _by_place(selection: Any) -> Any:
    if selection is None:
        return None
    named = isinstance(selection, dict) and any(
        name == "__all__" or isinstance(name, int) for name in selection
    )
    return selection if named else {"__all__": selection}


def _descend(include: Any, exclude: Any, key: Any) -> tuple[bool, Any, Any]:
    """Return whether a member is kept, and the selections for its content."""
    included = True if include is None else _choose(include, key)
    excluded = False if exclude is None else _choose(exclude, key)
    if included is False or excluded is True:
        return False, None, None
    return True, None if included is True else included, None if excluded is False else excluded


def _choose(selection: Any, key: Any) -> Any:
    """Return the selection for a member: True for all, False for nothing, else its parts."""
    if not isinstance(selection, dict):
        return key in selection
    found = selection.get(key, selection.get("__all__", False))
    if found is None or found is Ellipsis:
        return True
    return found if isinstance(found, bool) else _selection(found)


def _as_dict(obj: Any) -> dict[Any, Any]:
    """Return the members of an object as a dict."""
    if any(base.__module__.startswith("pydantic.v1") for base in type(obj).__mro__):
        raise PydanticV1NotSupportedError(
            f"{type(obj).__qualname__} is a model of pydantic.v1. "
            "Derive it from pydantic.BaseModel instead."
        )
    try:
        return dict(obj)
    except Exception as not_iterable:  # noqa: BLE001 - user code may raise anything
        try:
            return dict(vars(obj))
        except Exception as without_dict:
            error = ValueError([not_iterable, without_dict])
            error.add_note(_explain_unencodable(obj))
            raise error from without_dict


def _explain_unencodable(obj: Any) -> str:
    """Return a note about an object that cannot become JSON."""
    if isinstance(obj, CoroutineType):
        code = obj.cr_code
        place = f"{code.co_filename}:{code.co_firstlineno}"
        return f"  probably: an await was left out before the call of {code.co_name} ({place})"
    kind = type(obj)
    return (
        f"  probably: {kind.__module__}.{kind.__qualname__} has nothing that could become JSON\n"
        "  write:    a Pydantic model, a dataclass, a dict, a list or a single value instead"
    )


find_elsewhere(__name__)
