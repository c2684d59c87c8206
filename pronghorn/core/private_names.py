"""Private names of other packages: whether this version has them, and what is worse without them.

`pyproject.toml` caps each package at the next release that nobody has tested, but a program may
install another one. Where it lacks a name that we use, the program still runs, and one warning
says what is slower or not supported. `tests/house/test_private_names.py` lists all such names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any

_warned: set[str] = set()


def optional(module: str, name: str, consequence: str, instead: Any = None) -> Any:
    """Return a private name of another package, or what stands in for it.

    Args:
        module: The module that has the name in the versions that were tested.
        name: The name.
        consequence: What is slower or not supported without it, as a sentence for the log.
        instead: What to use in its place.
    """
    if has_names(module, (name,), consequence):
        return getattr(import_module(module), name)
    return instead


def has_names(module: str, names: Iterable[str], consequence: str) -> bool:
    """Return whether a module has all of these names; log a warning if it has not.

    Args:
        module: The module that has them in the versions that were tested.
        names: Attributes of the module, such as `compile_path`, and of its classes, such as
            `Request._body`: what a class defines, and what its methods read or set.
        consequence: What is slower or not supported without them, as a sentence for the log.
    """
    missing = list(missing_names(module, names))
    if missing and consequence not in _warned:
        _warned.add(consequence)
        text = "%s: this version has no %s. %s"
        logging.getLogger("pronghorn").warning(text, module, ", ".join(missing), consequence)
    return not missing


def missing_names(module: str, names: Iterable[str]) -> Iterator[str]:
    """Yield those of these names that a module has not; see `has_names`."""
    try:
        found: Any = import_module(module)
    except ImportError:
        found = None
    for name in names:
        owner, _, attribute = name.partition(".")
        value = getattr(found, owner, None)
        if value is None or (attribute and attribute not in attributes_of(value)):
            yield name


@cache
def attributes_of(kind: type[Any]) -> frozenset[str]:
    """Return the attributes of a class and of its instances, as far as its methods tell them."""
    found = set(dir(kind))
    for base in kind.__mro__:
        found.update(getattr(base, "__annotations__", ()))
        for member in vars(base).values():
            found.update(_find_attributes(getattr(member, "fget", None) or member))
    return frozenset(found)


def _find_attributes(function: Any) -> Iterator[str]:
    """Yield the attributes that a function uses; for another object nothing."""
    code = getattr(function, "__code__", None)
    todo = [code] if isinstance(code, CodeType) else []
    not_attributes = getattr(function, "__globals__", {})
    while todo:
        code = todo.pop()
        yield from (name for name in code.co_names if name not in not_attributes)
        todo += (const for const in code.co_consts if isinstance(const, CodeType))
