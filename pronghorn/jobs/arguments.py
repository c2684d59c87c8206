"""The arguments of a job as JSON, typed by the annotations of its function at both ends.

Nothing is ever unpickled: a row of the database must not be able to run code.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from pronghorn.core.secret_names import is_secret
from pronghorn.core.setup_errors import describe_callable, user_error
from pronghorn.exceptions import SetupTypeError
from pronghorn.jobs.errors import BadJobError, UnfitJobError
from pronghorn.jobs.task import Task

#: The most characters of the arguments of a job. A job reads what is larger from where it is kept.
MOST = 1_000_000


def write_arguments(task: Task, args: Sequence[Any], keywords: Mapping[str, Any]) -> str:
    """Return the arguments of a call as JSON.

    Raises:
        SetupTypeError: The function does not take them, or one cannot be stored; the message names
            the parameter.
    """
    parameters = task.parameters
    try:
        bound = parameters.stored.bind(*args, **keywords)
    except TypeError as error:
        name = getattr(task.function, "__name__", task.name)
        raise user_error(
            f"{name}{parameters.stored} cannot be called so: {error}",
            "parameters with Depends, Job and Attempt get their values in the worker",
            where_of(task),
            kind=SetupTypeError,
        ) from None
    written = [
        f"{json.dumps(name)}:{_write(task, name, parameters.adapters[name], value)}"
        for name, value in bound.arguments.items()
    ]
    text = "{" + ",".join(written) + "}"
    if len(text) > MOST:
        raise user_error(
            f"The arguments of {task.name} have {len(text):,} characters as JSON, "
            f"and {MOST:,} are the most",
            "the job gets a whole document",
            "store the document, and pass its id to the job",
            kind=SetupTypeError,
        )
    return text


def where_of(task: Task) -> str:
    """Return the call that a program writes to store a job of a task."""
    names = ", ".join(task.parameters.stored.parameters)
    function = getattr(task.function, "__name__", "task")
    return f"await jobs.enqueue({function}{', ' if names else ''}{names})"


def _write(task: Task, name: str, adapter: TypeAdapter[Any], value: Any) -> str:
    try:
        typed = adapter.validate_python(value)
        text = adapter.dump_json(typed, by_alias=True, round_trip=True, warnings="none").decode()
        back = adapter.validate_json(text)
    except (ValidationError, PydanticSerializationError, RecursionError, UnicodeError) as error:
        raise _refuse(task, name, value, _first_line(error)) from error
    if back != typed and not _cannot_compare(back, typed):
        raise _refuse(task, name, value, f"it would arrive as {_show(name, back)}")
    return text


def _cannot_compare(back: Any, typed: Any) -> bool:
    """Return whether two values are of a class that compares by identity."""
    compares: Any = type(typed).__eq__
    return type(back) is type(typed) and compares is object.__eq__


def _refuse(task: Task, name: str, value: Any, why: str) -> SetupTypeError:
    function = getattr(task.function, "__name__", task.name)
    return user_error(
        f"The parameter {name!r} of {function} cannot be stored as {_show(name, value)}: {why}",
        "jobs outlive the process, so their arguments are stored as JSON, typed by the annotations",
        f"an annotation of {name!r} in {describe_callable(task.function)} that fits, or a value "
        "such as an id, a text or a Pydantic model",
        kind=SetupTypeError,
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else first["msg"]
    return str(error).partition("\n")[0]


def _show(name: str, value: Any) -> str:
    """Return a value for an error, which is logged; not that of a secret."""
    if is_secret(name):
        return "***"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the message needs any text
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def read_arguments(task: Task, text: Any) -> dict[str, Any]:
    """Return the arguments of a job, with the types of its function.

    Raises:
        UnfitJobError: They are not those of the function; the text says why.
        BadJobError: They are no JSON.
    """
    if not isinstance(text, str) or len(text) > MOST:
        raise BadJobError(f"its arguments are no JSON of at most {MOST:,} characters")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadJobError(f"its arguments are no JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadJobError("its arguments are no JSON object")
    parameters = task.parameters.stored.parameters
    unknown = sorted(found.keys() - parameters.keys())
    if unknown:
        raise UnfitJobError(f"{task.name} has no parameter {unknown[0]!r}")
    return {
        name: _read(task, name, found[name])
        for name, parameter in parameters.items()
        if name in found or _is_missing(task, parameter)
    }


def _is_missing(task: Task, parameter: inspect.Parameter) -> bool:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if parameter.default is inspect.Parameter.empty and parameter.kind not in optional:
        raise UnfitJobError(f"the parameter {parameter.name!r} of {task.name} has no value")
    return False


def _read(task: Task, name: str, value: Any) -> Any:
    try:
        # Not `validate_python`: dates, bytes and sets have another form in JSON.
        return task.parameters.adapters[name].validate_json(json.dumps(value))
    except (ValidationError, ValueError, RecursionError) as error:
        raise UnfitJobError(
            f"the parameter {name!r} of {task.name} cannot be {_show(name, value)}: "
            f"{_first_line(error)}"
        ) from None
