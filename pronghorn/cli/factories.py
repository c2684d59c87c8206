"""Call a function that makes the application, and explain what is wrong with one that does not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, ForwardRef

from pronghorn.applications import FastAPI
from pronghorn.cli.describe import describe
from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import describe_exit, mistake_of_environment, user_traceback
from pronghorn.core.annotations import read_annotations, read_signature

__all__ = ["call_factory", "is_factory", "place_of"]

FACTORY_NAMES = ("create_app", "make_app", "build_app", "get_app", "app_factory")
"""The names to look for if `--factory` is given without a name, in this order."""

_APP_CLASSES = ("FastAPI", "Starlette", "ASGIApp")

_made: list[tuple[Any, Any]] = []


def call_factory(function: Any, module: ModuleType, attribute: str) -> Any:
    """Return what a function makes, which the caller checks; in one process it is called once.

    Args:
        function: What the user named.
        module: The module that contains it.
        attribute: Its name there.

    Raises:
        CommandError: It cannot be called without arguments, is async, or raises.
    """
    for called, app in _made:
        if called is function:
            return app
    _refuse_wrong_factory(function, module, attribute)
    app = _call(function, module, attribute)
    _made.append((function, app))
    return app


def _call(function: Callable[[], Any], module: ModuleType, attribute: str) -> Any:
    try:
        made = function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Libraries stop programs by exceptions like `SystemExit`.
        if found := mistake_of_environment(error):
            raise found from error
        name = f"The factory {attribute} in {module.__name__}"
        if isinstance(error, SystemExit):
            raise CommandError(*describe_exit(error, name)) from error
        raise CommandError(
            f"{name} raised {type(error).__name__}", detail=user_traceback(error)
        ) from error
    if inspect.iscoroutine(made):
        made.close()
        raise _is_async(module, attribute, place_of(function))
    return made


def _refuse_wrong_factory(function: Any, module: ModuleType, attribute: str) -> None:
    if isinstance(function, FastAPI) or not callable(function):
        raise CommandError(
            f"{attribute} in {module.__name__} is not a function that makes an app: it is "
            f"{describe(function)}",
            "Leave --factory out." if isinstance(function, FastAPI) else "Name the function.",
        )
    target = function.func if isinstance(function, partial) else function
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        raise _is_async(module, attribute, place_of(function))
    needed = _list_required(function)
    if needed:
        values = ", ".join(_write_arguments(function, needed))
        raise CommandError(
            f"The factory {attribute} in {module.__name__} needs arguments: {', '.join(needed)}"
            f"{place_of(function)}",
            "A factory is called without any. Give them defaults, or write and name another:\n"
            f"def create(): return {attribute}({values})",
        )


def _is_async(module: ModuleType, attribute: str, place: str) -> CommandError:
    return CommandError(
        f"The factory {attribute} in {module.__name__} is async{place}",
        f"It is called before there is an event loop. Write def {attribute}() without async,\n"
        "and open what has to be awaited in the lifespan of the app.",
    )


def _write_arguments(function: Any, names: list[str]) -> list[str]:
    """Return arguments for a call, without their values."""
    parameters = read_signature(function).parameters
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [f"{name}=..." if parameters[name].kind is keyword else "..." for name in names]


def _list_required(function: Any) -> list[str]:
    """Return the names of the parameters that have no default."""
    try:
        parameters = read_signature(function).parameters.values()
    except (ValueError, TypeError):  # Implemented in C, without a signature.
        return []
    optional = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return [one.name for one in parameters if one.default is one.empty and one.kind not in optional]


def is_factory(value: Any) -> bool:
    """Return True if a function probably makes an app, by its annotation or its name.

    It has no required parameters. Nothing is called.
    """
    if not inspect.isfunction(value) or _list_required(value):
        return False
    if inspect.iscoroutinefunction(value) and read_signature(value).parameters:
        return False  # `async def app(*args)` is an application.
    result = read_annotations(value).get("return")
    if isinstance(result, ForwardRef):  # It names something that is undefined.
        result = result.__forward_arg__
    if result is not None:
        text = result if isinstance(result, str) else getattr(result, "__name__", "")
        return any(name in text for name in _APP_CLASSES) or _is_app_class(result)
    return "app" in value.__name__.lower()


def _is_app_class(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, FastAPI)


def place_of(function: Any) -> str:
    """Return the file and line of a function in brackets, with a space before; empty for none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
