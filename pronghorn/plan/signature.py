"""Read the parameters, the return type and the kind of a callable.

Annotations may be strings (PEP 563), may name types that exist only for type checkers, and may
be hidden behind partials, decorators, bound methods, classes and callable instances. This module
handles all of these cases once.
"""

from __future__ import annotations

import inspect
import sys
from asyncio import iscoroutinefunction as asyncio_iscoroutinefunction
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any, ForwardRef, get_type_hints

from pronghorn.core.annotations import (
    read_annotations,
    read_signature,
    unwrap,
    without_partial,
)
from pronghorn.core.kinds import CallKind
from pronghorn.fields.annotations import is_settled
from pronghorn.plan.forward import with_dependency

if sys.version_info >= (3, 13):
    iscoroutinefunction = inspect.iscoroutinefunction
else:
    # Older libraries mark coroutine functions in a way that only asyncio's function detects.
    iscoroutinefunction = asyncio_iscoroutinefunction


EMPTY = inspect.Parameter.empty


def typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a callable with its annotations resolved.

    Args:
        call: Any callable: a function, class, partial, decorated function, instance or method.

    Returns:
        The signature. An annotation whose names cannot be resolved, such as those imported
        under `TYPE_CHECKING`, stays a `ForwardRef`.

    Raises:
        ValueError: The callable is a built-in without a signature.
    """
    signature = read_signature(call)
    parameters = list(signature.parameters.values())
    if all(is_settled(parameter.annotation) for parameter in parameters):
        return signature
    names = _namespace(call)
    resolved = [resolve_annotation(parameter.annotation, names) for parameter in parameters]
    pairs = zip(parameters, resolved, strict=True)
    return signature.replace(parameters=[known.replace(annotation=new) for known, new in pairs])


def resolve_parameters(call: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Return the name, resolved annotation and default of each parameter; see `typed_signature`."""
    if not is_plain(call):
        found = typed_signature(call).parameters.values()
        return [(item.name, item.annotation, item.default) for item in found]
    function: Any = call
    names = _parameter_names(function.__code__)
    notes = read_annotations(function)
    positional = function.__code__.co_argcount
    values = function.__defaults__ or ()
    defaults = dict(zip(names[positional - len(values) : positional], values, strict=True))
    defaults |= function.__kwdefaults__ or {}
    known: dict[str, Any] | None = None
    parameters = []
    for name in names:
        note = notes.get(name, EMPTY)
        if not is_settled(note):
            known = _namespace(call) if known is None else known
            note = resolve_annotation(note, known)
        parameters.append((name, note, defaults.get(name, EMPTY)))
    return parameters


def _parameter_names(code: CodeType) -> tuple[str, ...]:
    """Return the parameter names in the order of `inspect.signature`, keyword-only before `**`."""
    positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
    names, end = code.co_varnames, positional + keyword_only
    variable = names[end : end + 1] if code.co_flags & inspect.CO_VARARGS else ()
    end += len(variable)
    keywords = names[end : end + 1] if code.co_flags & inspect.CO_VARKEYWORDS else ()
    return names[:positional] + variable + names[positional : positional + keyword_only] + keywords


def resolve_return(call: Callable[..., Any]) -> Any:
    """Return the resolved return annotation of a callable.

    Returns:
        The annotation; `None` if it is missing or is `None`.
    """
    if is_plain(call):
        annotation = read_annotations(call).get("return", EMPTY)
    else:
        annotation = read_signature(call).return_annotation
    if annotation is EMPTY:
        return None
    if is_settled(annotation):
        return annotation
    return resolve_annotation(annotation, _namespace(call))


def where_is(call: Callable[..., Any]) -> dict[str, Any]:
    """Return the `function`, `file` and `line` of a callable, as far as they are known.

    Wrappers are unwrapped, because their own place does not help to find the endpoint.
    """
    target = unwrap(call)
    if not inspect.isclass(target) and not inspect.isroutine(target):
        target = type(target)
    found: dict[str, Any] = {}
    name = getattr(target, "__name__", None)
    if name is not None:
        found["function"] = name
    try:
        file, line = _source_file(target), _first_line(target)
    except (OSError, TypeError):
        return found
    return {**found, "file": file, "line": line} if file else found


def _source_file(target: Any) -> str | None:
    code = getattr(target, "__code__", None)
    return _file_of(code.co_filename, code) if code is not None else inspect.getsourcefile(target)


_files: dict[str, str] = {}


def _file_of(name: str, code: CodeType) -> str | None:
    """Return the file of a code object, from a cache: a program has few files."""
    found = _files.get(name) or inspect.getsourcefile(code)
    if found is not None:
        _files[name] = found
    return found


def _first_line(target: Any) -> int:
    """Return the line of the first decorator, like `inspect.getsourcelines`.

    That function also reads the whole definition, which is slow.
    """
    code = getattr(target, "__code__", None)
    return code.co_firstlineno if code is not None else inspect.getsourcelines(target)[1]


def resolve_annotation(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Evaluate an annotation that is a string, or contains strings.

    Args:
        annotation: The annotation of the parameter.
        names: The names that the annotation may use.

    Returns:
        The type; `None` for the string `"None"`; a `ForwardRef` if a name is undefined, unless
        the annotation also contains `Depends(function)`.
    """
    if is_settled(annotation):
        return annotation
    if isinstance(annotation, str):
        found = _evaluate(annotation, names)
        if found is None:
            return None if annotation == "None" else type(None)
        if is_settled(found):
            return found
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        resolved = get_type_hints(holder, dict(names), include_extras=True)["it"]
    except (NameError, AttributeError, TypeError):
        return _defer(annotation, names)
    return None if annotation == "None" else resolved


def _evaluate(annotation: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an annotation; the string itself if it cannot be evaluated.

    This is faster than `typing.get_type_hints`, which would dominate the declaration of routes if
    all annotations are strings (PEP 563). That function still handles all other cases.
    """
    try:
        return eval(_compile(annotation), dict(names))  # noqa: S307 - source of the program
    except Exception:  # noqa: BLE001 - any error occurs again in get_type_hints, which reports it
        return annotation


@lru_cache(maxsize=512)
def _compile(annotation: str) -> CodeType:
    return compile(annotation, "<annotation>", "eval", dont_inherit=True)


def _defer(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Return an unresolvable annotation as a `ForwardRef` with its module, to resolve it later."""
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
    dependency = with_dependency(text, names) if isinstance(text, str) else None
    if dependency is not None:
        return dependency
    if not isinstance(annotation, str):
        return annotation
    try:
        return ForwardRef(annotation, is_argument=False, module=names.get("__name__"))
    except SyntaxError:
        return annotation


def call_kind(call: Callable[..., Any]) -> CallKind:
    """Return the kind of a callable, which decides how it is run.

    A plain wrapper around a generator or coroutine function has the kind of that function,
    because calling the wrapper returns its generator or coroutine.
    """
    if is_plain(call):
        return _kind_by_flags(call.__code__.co_flags)
    for candidate in _candidates(call):
        if inspect.isasyncgenfunction(candidate):
            return CallKind.ASYNC_GENERATOR
        if inspect.isgeneratorfunction(candidate):
            return CallKind.GENERATOR
        if iscoroutinefunction(candidate):
            return CallKind.COROUTINE
    return CallKind.THREAD


def is_plain(call: Any) -> bool:
    """Return whether a callable is a function without attributes that a decorator has added.

    Most callables are; their signature is read without `inspect`, which is slow.
    """
    return type(call) is FunctionType and not call.__dict__


def _kind_by_flags(flags: int) -> CallKind:
    if flags & inspect.CO_ASYNC_GENERATOR:
        return CallKind.ASYNC_GENERATOR
    if flags & inspect.CO_GENERATOR:
        return CallKind.GENERATOR
    return CallKind.COROUTINE if flags & inspect.CO_COROUTINE else CallKind.THREAD


def _candidates(call: Any) -> Iterator[Any]:
    """Yield the functions that may decide how `call` is run, from the outside in."""
    outer = without_partial(call)
    if inspect.isclass(outer):
        return  # Creating an instance is a plain call, regardless of the methods of the class.
    for target in (outer, unwrap(outer)):
        if inspect.isclass(target):
            return
        yield target
        if not inspect.isroutine(target):
            method = getattr(target, "__call__", None)  # noqa: B004 - the bound method is needed
            yield method
            yield unwrap(method)


def _namespace(call: Any) -> dict[str, Any]:
    """Return the names that the annotations of a callable may use."""
    target = unwrap(call)
    if inspect.isclass(target):
        return _class_namespace(target)
    if not inspect.isroutine(target):
        target = unwrap(type(target).__call__)
    target = getattr(target, "__func__", target)
    names = dict(getattr(target, "__globals__", None) or {})
    names.update({item.__name__: item for item in getattr(target, "__type_params__", ())})
    return names


def _class_namespace(target: type[Any]) -> dict[str, Any]:
    """Return the names of the module that defines the constructor of a class, else the class."""
    for method in (target.__init__, target.__new__):
        names = getattr(unwrap(method), "__globals__", None)
        if names is not None:
            return {**names, target.__name__: target}
    module = sys.modules.get(target.__module__)
    return dict(vars(module)) if module is not None else {}
