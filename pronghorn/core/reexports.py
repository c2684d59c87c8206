"""Resolve names that a module does not define, and suggest the nearest name for unknown ones.

`from fastapi.routing import Mount` works on FastAPI because that module happens to import
`Mount`. Here such a name is looked up in `pronghorn.interop.homes` when it is first accessed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import FrameType
from typing import Any


def find_elsewhere(module_name: str) -> None:
    """Add a `__getattr__` (PEP 562) to a module for the names that it does not define.

    Names in `pronghorn.interop.homes` are imported from the module that defines them. For any
    other, `from module import name` raises an `ImportError`, and `module.name` an
    `AttributeError`; both suggest the nearest existing name. Type checkers do not see this
    function, so they still report wrong names.

    If the module defines a `__getattr__` itself, that one is called first.
    """
    module = sys.modules[module_name]
    own = vars(module).get("__getattr__")

    def __getattr__(name: str) -> Any:  # noqa: N807 - PEP 562
        # Every `from module import ...` looks up `__path__`.
        if name.startswith("__"):
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}", name=name)
        if own is not None:
            try:
                return own(name)
            except AttributeError:
                pass
        found = _homes_of(module_name).get(name)
        if found is not None:
            home, known_as = found
            return getattr(import_module(home), known_as) if known_as else import_module(home)
        raise _missing(module_name, name, sys._getframe(1))

    vars(module)["__getattr__"] = __getattr__


def _homes_of(module_name: str) -> dict[str, tuple[str, str]]:
    """Return the module and name behind each re-exported name; the name is "" for a module."""
    table: dict[str, dict[str, str]] = import_module("pronghorn.interop.homes").HOMES
    homes: dict[str, tuple[str, str]] = {}
    for home, names in table.get(module_name, {}).items():
        for entry in names.split():
            known_as, _, alias = entry.partition("=")
            place = (known_as, "") if home == "modules" else (home, known_as)
            homes[alias or known_as] = place
    return homes


def _missing(module_name: str, name: str, caller: FrameType) -> Exception:
    """Return the error for a name that does not exist.

    Args:
        module_name: The module.
        name: The name.
        caller: The frame that accessed the attribute.
    """
    plain = f"module {module_name!r} has no attribute {name!r}"
    # For `from package import submodule` Python catches the error and drops the hint.
    importing = caller.f_globals.get("__name__") == "importlib._bootstrap"
    if importing or f"{module_name}.{name}" in sys.modules:
        return AttributeError(plain, name=name)
    hint = _hint(module_name, name)
    if not _is_from_import(caller):
        return AttributeError(plain + hint, name=name)
    file = getattr(sys.modules[module_name], "__file__", None)
    text = f"cannot import name {name!r} from {module_name!r}{hint}"
    return ImportError(text, name=module_name, path=file)


def _is_from_import(caller: FrameType) -> bool:
    """Return whether a frame executes `from module import name` instead of `module.name`."""
    from opcode import opmap  # Imported here, because only an error needs it.

    return caller.f_code.co_code[caller.f_lasti] == opmap["IMPORT_FROM"]


def _hint(module_name: str, name: str) -> str:
    """Return the question "did you mean ...?" with the nearest name of a module, or "".

    Private names are suggested for private names only.
    """
    import difflib  # Imported here, because only an error needs it.

    known = {*dir(sys.modules[module_name]), *_homes_of(module_name)}
    choices = sorted(one for one in known if name.startswith("_") or not one.startswith("_"))
    close = difflib.get_close_matches(name, choices, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
