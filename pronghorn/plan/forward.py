"""Annotations that name what does not exist yet, or exists for type checkers only.

A route is planned when it is declared. Where a name is missing then, planning waits for the first
build: by that time the module has run to its end. What is missing even then is a mistake, except
beside ``Depends(function)``, which says everything that pronghorn needs to know.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin

from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupNameError
from pronghorn.fields.annotations import alias_value, is_alias, split_metadata, union_members
from pronghorn.params import Depends


class _Missing:
    """Stands for a name that is missing, whatever the annotation does with it."""

    def __getattr__(self, name: str) -> _Missing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, item: Any) -> _Missing:
        return self

    def __or__(self, other: Any) -> _Missing:
        return self

    __ror__ = __or__


class _Names(dict[str, Any]):
    """The names of a module; those that are missing too."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, _Missing())


def with_dependency(annotation: str, names: Mapping[str, Any]) -> Any:
    """What ``"Annotated[Missing, Depends(function)]"`` means although a name is missing.

    Returns:
        The annotation with `Any` as the type; None if the missing name is needed.
    """
    try:
        found = eval(annotation, dict(names), _Names(names))  # noqa: S307 - source of the program
    except Exception:  # noqa: BLE001 - whatever is wrong is reported when the types are needed
        return None
    _, metadata = split_metadata(found)
    return Annotated[(Any, *metadata)] if _dependency_in(metadata) else None


def _dependency_in(metadata: tuple[Any, ...]) -> bool:
    markers = [item for item in metadata if isinstance(item, Depends)]
    return bool(markers) and callable(markers[-1].dependency)


def missing_name(annotation: Any) -> str | None:
    """Return the part of an annotation that could not be resolved, as it was written; or None."""
    if annotation is None or isinstance(annotation, type):
        return None
    if is_alias(annotation):
        return _missing_in_alias(annotation)
    if isinstance(annotation, (str, ForwardRef)):
        return annotation if isinstance(annotation, str) else annotation.__forward_arg__
    origin = get_origin(annotation)
    if origin is None or origin is Literal:
        return None
    arguments = get_args(annotation)
    for argument in arguments[:1] if origin is Annotated else arguments:
        found = missing_name(argument)
        if found is not None:
            return found
    return None


def _missing_in_alias(alias: Any) -> str | None:
    """Return the name that an alias, or an alias that it is made of, does not find."""
    try:
        value = alias_value(alias)
    except NameError as error:
        return error.name or str(alias)
    except (AttributeError, TypeError):
        return None  # Pydantic says what is wrong with it.
    parts = (value,) if is_alias(value) else union_members(value)
    found = (_missing_in_alias(part) for part in parts if is_alias(part))
    return next((name for name in found if name is not None), None)


def refuse_missing_type(call: Callable[..., Any], name: str, annotation: Any, default: Any) -> None:
    """Raise `SetupNameError` for a parameter whose type is needed and cannot be resolved."""
    missing = missing_name(annotation)
    if missing is None:
        return
    _, metadata = split_metadata(annotation)
    if not _dependency_in((*metadata, default)):
        raise _missing_name_error(call, missing, f"the type of the parameter {name!r}")


def refuse_missing_return(call: Callable[..., Any], annotation: Any) -> None:
    """The same for a return annotation that is the response model."""
    missing = missing_name(annotation)
    if missing is not None:
        raise _missing_name_error(call, missing, "the return type")


def _missing_name_error(call: Callable[..., Any], missing: str, what: str) -> SetupNameError:
    return setup_error(
        f"{missing!r}, {what}, cannot be resolved",
        "it is imported under `if TYPE_CHECKING:` or defined inside of a function, so it does not "
        "exist in the module when the program runs",
        "an import or a definition at the top level of that module",
        where=describe_callable(call),
        kind=SetupNameError,
    )
