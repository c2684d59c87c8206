"""Turn a `TypedDict` of options into the keyword parameters of many callables.

A callable takes `**options: Unpack[SomeOptions]` (PEP 692), so that type checkers know every
keyword. `expand_signature` makes the same keywords visible to `help()`, to `inspect.signature` and
to editors that run the program, and refuses a misspelled keyword with a suggestion.

A declaration passes through several such callables, from `app.get` to the constructor of the
route. Each checks the keywords that a program passes; `hand_on` skips the check for keywords that
were checked before.

A module that defines option types must not use `from __future__ import annotations`: the
annotations of the keys are not evaluated here, so that they may name types of higher layers.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import cache, wraps
from typing import Annotated, Any, ForwardRef, TypeVar, get_args, get_origin

from pronghorn.core.records import Record
from pronghorn.core.setup_errors import SetupTypeError, did_you_mean, user_error

CallableT = TypeVar("CallableT", bound=Callable[..., Any])
#: The callables that `expand_signature` returned, and the unchecked callable behind each.
_checked: dict[Callable[..., Any] | None, Callable[..., Any]] = {}
#: The keywords that each of them accepts, by the name that users call.
_accepted: dict[str, frozenset[str]] = {}


class DefaultIs(Record):
    """Metadata for the `Annotated` of a key: the value of an absent key, if it is not `None`."""

    value: Any


def option_defaults(options_type: type, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the default of each key of an option type, in the order of the keys.

    Args:
        options_type: The option type.
        without: Keys to leave out.
    """
    notes = options_type.__annotations__.items()
    return {name: _default(note) for name, note in notes if name not in without}


def expand_signature(
    options_type: type, *, is_at_path: bool = False
) -> Callable[[CallableT], CallableT]:
    """Expose the keys of an option type as keyword-only parameters of the decorated callable.

    Args:
        options_type: The `TypedDict` that the callable unpacks as `**options`.
        is_at_path: See `route_signature`.

    Returns:
        A decorator. The decorated callable raises `SetupTypeError` for an unknown keyword. It
        does not fill in defaults: absent keywords stay absent.
    """

    if is_at_path:
        # Here, because it imports Starlette, and the options of the command line have no paths.
        from pronghorn.core.path_patterns import check_path

    def decorate(function: CallableT) -> CallableT:
        code = function.__code__
        written = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        accepted = frozenset(options_type.__annotations__).union(written)
        _accepted[_name_of(function)] = accepted

        @wraps(function)
        def call_checked(*args: Any, **keywords: Any) -> Any:
            if not accepted.issuperset(keywords):
                raise unknown_keyword(function, keywords.keys() - accepted, accepted)
            if is_at_path and (len(args) > 1 or "path" in keywords):
                path = keywords["path"] if "path" in keywords else args[1]
                check_path(path, args[0], function.__name__)
            return function(*args, **keywords)

        signature = _LaterSignature(lambda: _expand(inspect.signature(function), options_type))
        call_checked.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect
        _checked[call_checked] = function
        return call_checked  # type: ignore[return-value]  # it is called like the function it wraps

    return decorate


def route_signature(options_type: type) -> Callable[[CallableT], CallableT]:
    """Expose the options of a method whose first parameter is the `path` of a declaration.

    Args:
        options_type: The `TypedDict` that the method unpacks as `**options`.

    Returns:
        A decorator. The decorated method also raises `SetupTypeError` if the path is not a string.
    """
    return expand_signature(options_type, is_at_path=True)


def hand_on(
    method: Callable[..., Any],
    defaults: Mapping[str, Any],
    options: Mapping[str, Any],
    /,
    *args: Any,
    **keywords: Any,
) -> Any:
    """Call a method that a program may have overridden, with options that were checked before.

    An overridden method receives all keywords, as FastAPI passes them, including the defaults of
    absent options. Our own methods receive only the options that were written, unchecked.

    Args:
        method: Our method, or its replacement by a subclass, a library or the program.
        defaults: The value of each absent option.
        options: The options that were written.
        args: Positional arguments that are always passed.
        keywords: Keyword arguments that are always passed.

    Returns:
        The return value of the method.
    """
    behind = _checked.get(getattr(method, "__func__", None))
    if behind is None:
        return method(*args, **keywords, **{**defaults, **options})
    return behind(method.__self__, *args, **keywords, **options)  # type: ignore[attr-defined]  # bound


def has_own_init(kind: Any) -> bool:
    """Return whether a class has an `__init__` that is not ours; True for other objects too."""
    return getattr(kind, "__init__") not in _checked  # noqa: B009 - mypy takes it for an instance's


def is_plainly_made(kind: Any) -> bool:
    """Return whether calling a class does nothing but create an object and call our `__init__`."""
    makes: Any = getattr(kind, "__new__", None)
    return type(kind) is type and makes is object.__new__ and not has_own_init(kind)


def unknown_keyword(
    function: Callable[..., Any], unknown: set[str], accepted: frozenset[str]
) -> SetupTypeError:
    """Return the error for a keyword that a callable does not accept."""
    word = min(unknown)
    close = did_you_mean(word, sorted(accepted - {"self"}))
    probably = f"Did you mean {close!r}?" if close else None
    elsewhere = {_short_name(name) for name, words in _accepted.items() if word in words}
    if elsewhere:
        probably = f"{word} is an option of {', '.join(sorted(elsewhere))}"
    return user_error(
        f"{_name_of(function)}() got an unexpected keyword argument {word!r}",
        probably,
        None if probably else "one of: " + ", ".join(sorted(accepted - {"self"})),
        kind=SetupTypeError,
    )


def _name_of(function: Callable[..., Any]) -> str:
    # Users call the methods of `Verbs` on an application or a router.
    return function.__qualname__.removeprefix("Verbs.")


class _LaterSignature(inspect.Signature):
    """A signature that is made when somebody looks at it; a program that starts does not.

    Args:
        make: Returns the signature.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], inspect.Signature]) -> None:
        self._make = make  # What a signature consists of is absent until `__getattr__` is asked.

    def __getattr__(self, name: str) -> Any:
        if name in self.__slots__:  # Also of a copy that is not complete yet.
            raise AttributeError(name)
        made = self._make()
        super().__init__(list(made.parameters.values()), return_annotation=made.return_annotation)
        return object.__getattribute__(self, name)

    def replace(self, **changes: Any) -> inspect.Signature:  # type: ignore[override]
        """Return a plain signature with changes."""
        return self._make().replace(**changes)

    def __reduce__(self) -> Any:
        return self._make().__reduce__()


def _expand(signature: inspect.Signature, options_type: type) -> inspect.Signature:
    """Replace the `**options` parameter by one keyword-only parameter for each key."""
    written = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    keys = [key for key in _keys(options_type) if key.name not in signature.parameters]
    return signature.replace(parameters=written + keys)


@cache  # Fifty callables share ten option types.
def _keys(options_type: type) -> tuple[inspect.Parameter, ...]:
    """Return one keyword-only parameter for each key of an option type."""
    split = ((name, *_split(note)) for name, note in options_type.__annotations__.items())
    return tuple(
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, annotation, default in split
    )


def _default(annotation: Any) -> Any:
    """Return the default in the annotation of a key, or `None`."""
    for note in getattr(annotation, "__metadata__", ()):
        if isinstance(note, DefaultIs):
            return note.value
    return None


def _split(annotation: Any) -> tuple[Any, Any]:
    """Return the annotation of a key without its `DefaultIs`, and the default (or `None`)."""
    if isinstance(annotation, ForwardRef):  # A type of a higher layer; its name reads better.
        return annotation.__forward_arg__, None
    if get_origin(annotation) is not Annotated:
        return annotation, None
    origin, *metadata = get_args(annotation)
    rest = tuple(note for note in metadata if not isinstance(note, DefaultIs))
    kept = Annotated[(origin, *rest)] if rest else origin
    return kept, _default(annotation)


def _short_name(name: str) -> str:
    """Return a name as a call is written: `FastAPI()`, `include_router()`."""
    return name.removesuffix(".__init__").rpartition(".")[2] + "()"
