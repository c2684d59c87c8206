"""What libraries have put in place of functions of ours and of Starlette.

Error trackers and tracers replace functions such as ``fastapi.routing.get_request_handler`` or
``Starlette.__call__`` to see every request. Compiled handlers call none of those, so they are
looked at when a handler is compiled: a route whose functions are replaced is compiled to a
handler that calls the replacements, and every other program pays nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import starlette
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.revisions import forget_compiled

ROUTING = "pronghorn.routing"
_STARLETTE_FOLDER = starlette.__path__[0]
#: name -> our own function, for the functions of `pronghorn.routing` that may be replaced.
_own: dict[str, Any] = {}


def watch(module_name: str, functions: dict[str, Callable[..., Any]]) -> None:
    """Notice when somebody assigns one of these attributes of a module.

    - `functions`: name -> the function that is ours.
    """
    _own.update(functions)
    find_elsewhere(module_name)
    sys.modules[module_name].__class__ = _Watched


class _Watched(ModuleType):
    """A module that notices when one of its watched functions is replaced."""

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        super().__setattr__(name, value)
        if name in _own and value is not before:
            forget_compiled()


def current(name: str) -> Callable[..., Any]:
    """The function that is in force: ours, or what a library has put in its place."""
    found: Callable[..., Any] = getattr(sys.modules[ROUTING], name)
    return found


def replaced(*names: str) -> bool:
    """Whether any of these functions of `pronghorn.routing` is no longer ours."""
    module = sys.modules.get(ROUTING)
    return module is not None and any(getattr(module, name) is not _own[name] for name in names)


def is_starlettes_own(function: Any) -> bool:
    """Whether a function still is the one that Starlette's files define."""
    code = getattr(function, "__code__", None) if type(function) is FunctionType else None
    return code is not None and code.co_filename.startswith(_STARLETTE_FOLDER)


def middleware_is_replaced() -> bool:
    """Whether anybody watches how Starlette builds its stack of middleware.

    Then the stack must be built exactly as Starlette builds it.
    """
    watched = (
        Middleware.__init__,
        Middleware.__iter__,
        ExceptionMiddleware.__init__,
        ExceptionMiddleware.__call__,
        ServerErrorMiddleware.__init__,
        ServerErrorMiddleware.__call__,
        Starlette.build_middleware_stack,
    )
    return not all(is_starlettes_own(function) for function in watched)
