"""Immutable records, like `@dataclass(frozen=True, eq=False)`, but without generated code.

A dataclass generates and compiles its methods when its module is imported, which is slow.
"""

from __future__ import annotations

import inspect
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

#: The default for fields that are mappings.
NOTHING: MappingProxyType[Any, Any] = MappingProxyType({})

_write = object.__setattr__


@dataclass_transform(frozen_default=True, eq_default=False)
class Record:
    """A base class for immutable records, whose fields are the annotated attributes of the class.

    The value of an attribute in the class is the default of the field, so it must be immutable.
    Records compare by identity.

    Example::

        class Place(Record):
            file: str
            line: int = 1


        Place("main.py", line=7)

    Raises:
        TypeError: A field without a default is missing, or an argument is unknown or repeated.
    """

    _names: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls._names = (*cls._names, *inspect.get_annotations(cls))
        cls._known = frozenset(cls._names)
        cls._required = frozenset(name for name in cls._names if not hasattr(cls, name))

    def __init__(self, *values: Any, **facts: Any) -> None:
        count = len(values) + len(facts)
        if values:
            facts = {**dict(zip(self._names, values, strict=False)), **facts}
        if len(facts) != count or not self._required <= facts.keys() <= self._known:
            raise TypeError(f"{type(self).__name__} is made of {self._names}, each given once")
        for name, value in facts.items():
            _write(self, name, value)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({facts})"


RecordT = TypeVar("RecordT", bound=Record)


def replace(record: RecordT, **changes: Any) -> RecordT:
    """Return a copy of a record with some fields replaced."""
    return type(record)(**{**vars(record), **changes})
