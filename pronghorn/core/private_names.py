"""Look up private names of other packages, and warn if the installed version lacks one.

`pyproject.toml` caps each package below its next untested release, but a program may install
another one. If that version lacks a name that we use, the program still runs, and one warning
says what is slower or not supported. `tests/house/test_private_names.py` lists all such names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any

from pronghorn.core.annotations import read_annotations

_warned: set[str] = set()


def optional(module: str, name: str, consequence: str, instead: Any = None) -> Any:
    """Return a private object of another package, or a substitute.

    Args:
        module: The module that has the name in the tested versions.
        name: The name.
        consequence: A sentence for the log that says what is slower or not supported without it.
        instead: The substitute.
    """
    if has_names(module, (name,), consequence):
        return getattr(import_module(module), name)
    return instead


def has_names(module: str, names: Iterable[str], consequence: str) -> bool:
    """Return whether a module has all of these names; log a warning if it does not.

    Args:
        module: The module that has them in the tested versions.
        names: Attributes of the module, such as `compile_path`, and of its classes, such as
            `Request._body`. A class has an attribute if it defines it or its methods use it.
        consequence: A sentence for the log that says what is slower or not supported without them.
    """
    missing = list(missing_names(module, names))
    if missing:
        _warn("%s: this version has no %s. %s", module, ", ".join(missing), consequence)
    return not missing


def warn_of_change(module: str, name: str, consequence: str) -> None:
    """Log that a name is there, but is not what it was in the tested versions.

    Args:
        module: The module that has the name.
        name: The name, which was tried.
        consequence: As for `has_names`, which does not warn of the same one again.
    """
    _warn("%s: in this version %s is something else. %s", module, name, consequence)


def _warn(text: str, module: str, names: str, consequence: str) -> None:
    if consequence not in _warned:
        _warned.add(consequence)
        logging.getLogger("pronghorn").warning(text, module, names, consequence)


def missing_names(module: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the names that a module lacks; see `has_names`."""
    try:
        found: Any = import_module(module)
    except ImportError:
        found = None
    for name in names:
        owner, _, attribute = name.partition(".")
        value = getattr(found, owner, None)
        if value is None or (attribute and not _has_attribute(value, attribute)):
            yield name


def _has_attribute(kind: Any, name: str) -> bool:
    """Return whether `attributes_of` has a name, without collecting all the others."""
    if hasattr(kind, name):
        return True
    for base in kind.__mro__:
        for member in vars(base).values():
            if _mentions(getattr(member, "fget", None) or member, name):
                return True
    return name in attributes_of(kind)


def _mentions(function: Any, name: str) -> bool:
    """Return whether a function, without those inside it, uses an attribute."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    return name in names and name not in getattr(function, "__globals__", {})


@cache
def attributes_of(kind: type[Any]) -> frozenset[str]:
    """Return the attributes of a class and its instances, as far as its methods mention them."""
    found = set(dir(kind))
    for base in kind.__mro__:
        found.update(read_annotations(base))
        for member in vars(base).values():
            found.update(_find_attributes(getattr(member, "fget", None) or member))
    return frozenset(found)


def _find_attributes(function: Any) -> Iterator[str]:
    """Yield the attributes that a function uses; nothing for any other object."""
    code = getattr(function, "__code__", None)
    todo = [code] if isinstance(code, CodeType) else []
    not_attributes = getattr(function, "__globals__", {})
    while todo:
        code = todo.pop()
        yield from (name for name in code.co_names if name not in not_attributes)
        todo += (const for const in code.co_consts if isinstance(const, CodeType))
