"""Handle annotations with names that are not defined yet, or for type checkers only.

A route is planned when it is declared. If a name is undefined then, planning waits for the first
build, when the module has been executed completely. A name that is still undefined is a mistake,
unless it is beside `Depends(function)`, which makes the type unnecessary.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.errors import PydanticUndefinedAnnotation

from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupNameError
from pronghorn.fields.annotations import (
    alias_value,
    is_alias,
    is_class,
    split_metadata,
    union_members,
)
from pronghorn.params import Depends


class _Missing:
    """A placeholder for an undefined name, which allows attributes, subscripts and unions."""

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
    """The names of a module, with a placeholder for every undefined name."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, _Missing())


def with_dependency(annotation: str, names: Mapping[str, Any]) -> Any:
    """Resolve `"Annotated[Missing, Depends(function)]"` although a name is undefined.

    Args:
        annotation: The annotation as a string.
        names: The names that are defined.

    Returns:
        The annotation with `Any` as the type; None if it needs the undefined name.
    """
    try:
        metadata = _metadata(ast.parse(annotation, mode="eval").body, names)
    except Exception:  # noqa: BLE001 - any error is reported when the types are needed
        return None
    return Annotated[(Any, *metadata)] if _dependency_in(metadata) else None


def _metadata(tree: ast.expr, names: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the metadata of an annotation, of which the type may be undefined."""
    if not isinstance(tree, ast.Subscript) or not isinstance(tree.slice, ast.Tuple):
        return ()
    if _evaluate(tree.value, names) is not Annotated:
        return ()
    inner, *metadata = tree.slice.elts
    return (*_metadata(inner, names), *(_evaluate(item, names) for item in metadata))


def _evaluate(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    code = compile(ast.Expression(tree), "<annotation>", "eval")
    return eval(code, dict(names), _Names(names))  # noqa: S307 - source of the program


def _dependency_in(metadata: tuple[Any, ...]) -> bool:
    markers = [item for item in metadata if isinstance(item, Depends)]
    return bool(markers) and callable(markers[-1].dependency)


def complete_model(call: Callable[..., Any]) -> None:
    """Build a model whose fields name types that were undefined when it was declared.

    Pydantic builds such a model when it is first used, and until then its signature is `**data`.

    Args:
        call: The callable of a dependency; nothing happens unless it is a model.

    Raises:
        SetupNameError: A name is still undefined.
    """
    if not is_class(call, BaseModel) or call.__pydantic_complete__:
        return
    try:
        # Without an argument, Pydantic would look for the names in our frame.
        call.model_rebuild(_types_namespace={})
    except PydanticUndefinedAnnotation as error:
        raise _missing_name_error(call, str(error.name), "the type of a field") from None


def missing_name(annotation: Any) -> str | None:
    """Return the part of an annotation that could not be resolved, as written; else None."""
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
    """Return the first undefined name in an alias, or in an alias inside it; else None."""
    try:
        value = alias_value(alias)
    except NameError as error:
        return error.name or str(alias)
    except (AttributeError, TypeError):
        return None  # Pydantic reports the mistake.
    parts = (value,) if is_alias(value) else union_members(value)
    found = (_missing_in_alias(part) for part in parts if is_alias(part))
    return next((name for name in found if name is not None), None)


def refuse_missing_type(call: Callable[..., Any], name: str, annotation: Any, default: Any) -> None:
    """Refuse a parameter whose type is needed but contains an undefined name.

    Raises:
        SetupNameError: The type cannot be resolved, and there is no `Depends(function)`.
    """
    missing = missing_name(annotation)
    if missing is None:
        return
    _, metadata = split_metadata(annotation)
    if not _dependency_in((*metadata, default)):
        raise _missing_name_error(call, missing, f"the type of the parameter {name!r}")


def refuse_missing_return(call: Callable[..., Any], annotation: Any) -> None:
    """Refuse a return annotation that is the response model but contains an undefined name.

    Raises:
        SetupNameError: The annotation cannot be resolved.
    """
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
