"""What a callable takes and returns, and how it must be run.

Annotations may be strings (PEP 563), may name types that exist only for type checkers, and may
stand behind partials, decorators, bound methods, classes and callable instances. All of that is
looked through once, here.
"""

from __future__ import annotations

import inspect
import sys
from asyncio import iscoroutinefunction as asyncio_iscoroutinefunction
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any, ForwardRef, get_type_hints

from pronghorn.core.kinds import CallKind
from pronghorn.fields.annotations import is_settled
from pronghorn.plan.forward import with_dependency

if sys.version_info >= (3, 13):
    iscoroutinefunction = inspect.iscoroutinefunction
else:
    # Older libraries mark their coroutine functions in a way that only asyncio's test knows.
    iscoroutinefunction = asyncio_iscoroutinefunction


EMPTY = inspect.Parameter.empty


def typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of a callable with its annotations resolved.

    Args:
        call: Any callable: function, class, partial, decorated function, instance, method.

    Returns:
        The signature. An annotation whose names cannot be resolved, such as those imported
        under ``TYPE_CHECKING``, stays a ``ForwardRef``.

    Raises:
        ValueError: A built-in without a signature.
    """
    signature = inspect.signature(call)
    parameters = list(signature.parameters.values())
    if all(is_settled(parameter.annotation) for parameter in parameters):
        return signature
    names = _namespace(call)
    resolved = [resolve_annotation(parameter.annotation, names) for parameter in parameters]
    pairs = zip(parameters, resolved, strict=True)
    return signature.replace(parameters=[known.replace(annotation=new) for known, new in pairs])


def resolve_parameters(call: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Name, resolved annotation and default of each parameter; see `typed_signature`."""
    if not is_plain(call):
        found = typed_signature(call).parameters.values()
        return [(item.name, item.annotation, item.default) for item in found]
    function: Any = call
    names = _parameter_names(function.__code__)
    notes = function.__annotations__
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
    """The names in the order of `inspect.signature`: before ``**`` comes what is keyword-only."""
    positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
    names, end = code.co_varnames, positional + keyword_only
    variable = names[end : end + 1] if code.co_flags & inspect.CO_VARARGS else ()
    end += len(variable)
    keywords = names[end : end + 1] if code.co_flags & inspect.CO_VARKEYWORDS else ()
    return names[:positional] + variable + names[positional : positional + keyword_only] + keywords


def resolve_return(call: Callable[..., Any]) -> Any:
    """The resolved return annotation of a callable.

    Returns:
        The annotation; ``None`` where there is none, and for an annotation of ``None``.
    """
    if is_plain(call):
        annotation = call.__annotations__.get("return", EMPTY)
    else:
        annotation = inspect.signature(call).return_annotation
    if annotation is EMPTY:
        return None
    if is_settled(annotation):
        return annotation
    return resolve_annotation(annotation, _namespace(call))


def where_is(call: Callable[..., Any]) -> dict[str, Any]:
    """Where a callable was written: ``function``, ``file`` and ``line``, as far as known.

    Wrappers are looked through, since their own place says nothing about the endpoint.
    """
    target = _unwrap(call)
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
    """The file of a code object; a program has few files and many functions."""
    found = _files.get(name) or inspect.getsourcefile(code)
    if found is not None:
        _files[name] = found
    return found


def _first_line(target: Any) -> int:
    """The line of the first decorator, as `inspect.getsourcelines` says.

    That function also reads to the end of the definition, which is slow.
    """
    code = getattr(target, "__code__", None)
    return code.co_firstlineno if code is not None else inspect.getsourcelines(target)[1]


def resolve_annotation(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Evaluate an annotation that is a string, or contains strings.

    Args:
        annotation: What the parameter is annotated with.
        names: The names that the annotation may use.

    Returns:
        The type; ``None`` for the string ``"None"``; a ``ForwardRef`` if a name is unknown, unless
        ``Depends(function)`` stands beside it.
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
        return _unresolved(annotation, names)
    return None if annotation == "None" else resolved


def _evaluate(annotation: str, names: Mapping[str, Any]) -> Any:
    """What an annotation says, if it is an expression that can be evaluated; else a string.

    With strings alone, as of PEP 563, `typing.get_type_hints` took half of the time of declaring
    a route. It still decides about everything that this does not settle.
    """
    try:
        return eval(_compile(annotation), dict(names))  # noqa: S307 - source of the program
    except Exception:  # noqa: BLE001 - whatever is wrong is found again, and reported there
        return annotation


@lru_cache(maxsize=512)
def _compile(annotation: str) -> CodeType:
    return compile(annotation, "<annotation>", "eval", dont_inherit=True)


def _unresolved(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Keep what cannot be resolved yet, together with the module to look in later."""
    if not isinstance(annotation, str):
        return annotation
    dependency = with_dependency(annotation, names)
    if dependency is not None:
        return dependency
    try:
        return ForwardRef(annotation, is_argument=False, module=names.get("__name__"))
    except SyntaxError:
        return annotation


def call_kind(call: Callable[..., Any]) -> CallKind:
    """How a callable must be run.

    A plain wrapper around a generator or coroutine function counts as what it wraps, because
    calling it gives that generator or coroutine.
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
    """Whether it is a function as ``def`` makes it, with nothing that a decorator has added.

    Most functions are, and they are read without `inspect`, which is slow.
    """
    return type(call) is FunctionType and not call.__dict__


def _kind_by_flags(flags: int) -> CallKind:
    if flags & inspect.CO_ASYNC_GENERATOR:
        return CallKind.ASYNC_GENERATOR
    if flags & inspect.CO_GENERATOR:
        return CallKind.GENERATOR
    return CallKind.COROUTINE if flags & inspect.CO_COROUTINE else CallKind.THREAD


def _candidates(call: Any) -> Iterator[Any]:
    """The functions whose nature decides how ``call`` is run, from the outside in."""
    outer = _without_partial(call)
    if inspect.isclass(outer):
        return  # Making an instance is a plain call, whatever the class defines.
    for target in (outer, _unwrap(outer)):
        if inspect.isclass(target):
            return
        yield target
        if not inspect.isroutine(target):
            method = getattr(target, "__call__", None)  # noqa: B004 - the bound method is needed
            yield method
            yield _unwrap(method)


def _without_partial(call: Any) -> Any:
    while isinstance(call, partial):
        call = call.func
    return call


def _unwrap(call: Any) -> Any:
    """What is below all partials and ``functools.wraps`` decorators."""
    while True:
        inner = inspect.unwrap(_without_partial(call))
        if inner is call:
            return call
        call = inner


def _namespace(call: Any) -> dict[str, Any]:
    """The names that the annotations of a callable may use."""
    target = _unwrap(call)
    if inspect.isclass(target):
        return _class_namespace(target)
    if not inspect.isroutine(target):
        target = _unwrap(type(target).__call__)
    target = getattr(target, "__func__", target)
    names = dict(getattr(target, "__globals__", None) or {})
    names.update({item.__name__: item for item in getattr(target, "__type_params__", ())})
    return names


def _class_namespace(target: type[Any]) -> dict[str, Any]:
    """The names of the module that wrote the constructor of a class, or else the class."""
    for method in (target.__init__, target.__new__):
        names = getattr(_unwrap(method), "__globals__", None)
        if names is not None:
            return {**names, target.__name__: target}
    module = sys.modules.get(target.__module__)
    return dict(vars(module)) if module is not None else {}
