"""The functions that the name in a row may call.

A row of the database must not be able to call any function of Python. So a name finds a task, or
else a function of the program's own modules.
"""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pronghorn.jobs.errors import BadJobError

_LIBRARIES = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")})


def top_of(module: str | None) -> str:
    """Return the package to which a module belongs."""
    return (module or "").partition(".")[0]


def find_function(name: str, packages: set[str]) -> Callable[..., Any]:
    """Return the function `module:qualname`.

    Args:
        name: The name.
        packages: The packages of the program, in case they are installed like a library.

    Raises:
        BadJobError: There is none that may be called; the text says why.
    """
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise BadJobError(f"there is no task {name!r}")
    found: Any = _import(name, module_name, packages)
    for part in path.split("."):
        found = getattr(found, part, None)
    target = inspect.unwrap(found) if callable(found) else found
    if not inspect.isfunction(target):
        raise BadJobError(f"there is no function {name!r}")
    if top_of(target.__module__) != top_of(module_name) and module_name != "__main__":
        raise BadJobError(f"{name!r} is a function of {target.__module__!r}")
    return found  # type: ignore[no-any-return]  # It is callable.


def _import(name: str, module_name: str, packages: set[str]) -> Any:
    top = top_of(module_name)
    if top == "__main__":
        return sys.modules["__main__"]
    if top in sys.stdlib_module_names:
        raise BadJobError(f"{name!r} is a function of Python, not of the program")
    try:
        if top not in packages and _is_library(top):
            raise BadJobError(f"{name!r} is a function of a library, not of the program")
        return import_module(module_name)
    except BadJobError:
        raise
    except Exception as error:  # Whatever the lines of the module raise.
        reason = f"the module of {name!r} cannot be imported: {error}"
        raise BadJobError(reason) from error


def _is_library(top: str) -> bool:
    """Return whether a package is installed; it is not imported for that."""
    spec = find_spec(top)
    if spec is None:
        raise ImportError(f"No module named {top!r}")
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    paths = [Path(place).resolve() for place in places]
    return any(path.is_relative_to(folder) for path in paths for folder in _LIBRARIES)
