"""Read the annotations of functions and classes, although names in them may be undefined.

Python 3.14 evaluates annotations when they are read (PEP 649). So a name that is imported under
`if TYPE_CHECKING:`, or defined further down, raises a `NameError` for whoever reads
`__annotations__` or `inspect.signature`. What is undefined is a `ForwardRef` here instead, as
PEP 563 and quotes have always made it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any, ForwardRef

if sys.version_info >= (3, 14):
    from annotationlib import Format, get_annotations

    def read_annotations(owner: Any) -> dict[str, Any]:
        """Return the annotations of a function or class; what is undefined is a `ForwardRef`."""
        try:
            found: dict[str, Any] = owner.__annotations__
        except Exception:  # noqa: BLE001 - an annotation is an expression, which can raise anything
            return _read_one_by_one(owner)
        return found

    def read_signature(call: Callable[..., Any]) -> inspect.Signature:
        """Return the signature of a callable; what is undefined is a `ForwardRef`."""
        try:
            return inspect.signature(call)
        except ValueError:  # A built-in without a signature.
            raise
        except Exception:  # noqa: BLE001 - as above
            signature = inspect.signature(call, annotation_format=Format.FORWARDREF)
        notes: dict[str, Any] = {}
        for function in _functions_behind(call):
            notes |= read_annotations(function)
        parameters = [
            item.replace(annotation=notes.get(item.name, item.annotation))
            for item in signature.parameters.values()
        ]
        returned = notes.get("return", signature.return_annotation)
        return signature.replace(parameters=parameters, return_annotation=returned)

    def read_outer_signature(call: Callable[..., Any]) -> inspect.Signature:
        """Return the signature of a callable itself, not of what it wraps."""
        return inspect.signature(call, follow_wrapped=False, annotation_format=Format.FORWARDREF)

    def _read_one_by_one(owner: Any) -> dict[str, Any]:
        """Return the annotations of an owner at least one of which cannot be evaluated."""
        values = get_annotations(owner, format=Format.FORWARDREF)
        texts = get_annotations(owner, format=Format.STRING)
        known = _find_known_names(owner)
        if known is None:
            return values
        return {name: _defer(value, texts[name], known) for name, value in values.items()}

else:

    def read_annotations(owner: Any) -> dict[str, Any]:
        """Return the annotations of a function or class."""
        found: dict[str, Any] = getattr(owner, "__annotations__", {})
        return found

    def read_signature(call: Callable[..., Any]) -> inspect.Signature:
        """Return the signature of a callable."""
        return inspect.signature(call)

    def read_outer_signature(call: Callable[..., Any]) -> inspect.Signature:
        """Return the signature of a callable itself, not of what it wraps."""
        return inspect.signature(call, follow_wrapped=False)


def unwrap(call: Any) -> Any:
    """Return the callable inside all partials and `functools.wraps` decorators."""
    while True:
        inner = inspect.unwrap(without_partial(call))
        if inner is call:
            return call
        call = inner


def without_partial(call: Any) -> Any:
    """Return the callable inside all partials that are around it."""
    while isinstance(call, partial):
        call = call.func
    return call


def _functions_behind(call: Any) -> Iterator[Any]:
    """Yield the functions whose annotations may be in the signature of a callable."""
    target = unwrap(call)
    if inspect.isclass(target):
        yield from (unwrap(target.__new__), unwrap(target.__init__))
    elif inspect.isroutine(target):
        yield getattr(target, "__func__", target)
    else:
        yield unwrap(type(target).__call__)


def _defer(value: Any, text: str, known: set[str]) -> Any:
    """Return a `ForwardRef` for an annotation that is not complete without an undefined name.

    Python puts a `ForwardRef` in place of each undefined name, also inside calls: in
    `Annotated[int, Depends(later)]`, the dependency would be a `ForwardRef`. The annotation as a
    whole is undefined then. `Annotated[Missing, Depends(function)]` is complete for a dependency.

    Args:
        value: The annotation, with a `ForwardRef` for each undefined name.
        text: The annotation as it is written.
        known: The names that are defined where it is written.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:  # For example the text of a function that the annotation has made.
        return value
    if isinstance(value, str) or _find_names(tree) <= known:
        return value
    if hasattr(value, "__metadata__") and _find_metadata_names(tree) <= known:
        return value
    return ForwardRef(text, is_argument=False)


def _find_metadata_names(tree: ast.expr) -> set[str]:
    """Return the names in the metadata of `Annotated[type, *metadata]`, which may be nested."""
    if not isinstance(tree, ast.Subscript) or not isinstance(tree.slice, ast.Tuple):
        return _find_names(tree)
    inner, *metadata = tree.slice.elts
    found = {name for item in metadata for name in _find_names(item)}
    is_nested = isinstance(inner, ast.Subscript) and ast.unparse(inner.value).endswith("Annotated")
    return found | _find_metadata_names(inner) if is_nested else found


def _find_names(tree: ast.expr) -> set[str]:
    """Return the names that an expression reads, apart from those that it binds itself."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in found if not isinstance(node.ctx, ast.Load)}
    return {node.id for node in found} - bound


def _find_known_names(owner: Any) -> set[str] | None:
    """Return the names that are defined where the annotations of an owner are written.

    Returns:
        The names; None if they were not written, but generated, as by `dataclasses`.
    """
    annotate = getattr(owner, "__annotate__", None)
    if not isinstance(annotate, FunctionType) or annotate.__module__ != owner.__module__:
        return None
    return {*vars(builtins), *annotate.__globals__, *_find_closure_names(annotate)}


def _find_closure_names(function: FunctionType) -> Iterator[str]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:  # Not assigned yet.
            continue
        yield name
        if name == "__classdict__":
            yield from content
