"""Find mistakes that a declaration alone reveals, before it is planned."""

from __future__ import annotations

import sys
from types import FunctionType, MethodType
from typing import Any, get_args

from starlette.convertors import CONVERTOR_TYPES
from starlette.routing import compile_path

from pronghorn.core.setup_errors import (
    did_you_mean,
    setup_error,
    user_error,
)
from pronghorn.exceptions import (
    PydanticV1NotSupportedError,
    SetupAssertionError,
    SetupError,
    SetupTypeError,
    SetupValueError,
)
from pronghorn.fields.annotations import is_alias, is_class, strip_metadata, union_members


def parse_path(path: str) -> tuple[Any, str, dict[str, Any]]:
    """Return the regex of a path, the path without convertors, and the convertors by name.

    Raises:
        SetupError: The path names a parameter twice, or has an unknown convertor.
    """
    try:
        return compile_path(path)
    except ValueError as error:
        raise user_error(
            str(error),
            "two parts of the path, perhaps one in a prefix, have the same name",
            "another name for one of them, in the path and in the function",
            kind=SetupValueError,
        ) from None
    except AssertionError as error:
        close = did_you_mean(str(error).partition("'")[2].rstrip("'"), CONVERTOR_TYPES)
        raise user_error(
            str(error),
            f"Did you mean {close!r}?" if close else None,
            "one of: " + ", ".join(CONVERTOR_TYPES),
            kind=SetupAssertionError,
        ) from None


def list_methods(endpoint: Any, methods: Any) -> list[str]:
    """Return the methods of an operation, which may be read only once.

    Raises:
        SetupError: The endpoint is not callable, or the methods are not a list of strings.
    """
    if not callable(endpoint):
        raise _assertion(
            "An endpoint must be a callable",
            f"{endpoint!r} was given",
            "the endpoint function itself, without calling it",
        )
    names = [] if isinstance(methods, str) else list(methods)
    if isinstance(methods, str) or not all(isinstance(name, str) for name in names):
        raise _type_error(
            "methods must be a list of names",
            f"methods={methods!r} was given",
            f"methods={[methods] if isinstance(methods, str) else ['GET']!r}",
        )
    return names


def _type_error(got: str, probably: str | None, write: str) -> SetupTypeError:
    return user_error(got, probably, write, kind=SetupTypeError)


def _assertion(got: str, probably: str | None, write: str) -> SetupAssertionError:
    return user_error(got, probably, write, kind=SetupAssertionError)


# --- types that cannot be validated ------------------------------------------------------------


def invalid_type_error(annotation: Any, parameter: str = "", given: Any = ()) -> SetupError:
    """Return the error for a type that Pydantic cannot build a validator for.

    Args:
        annotation: The type.
        parameter: The name of the parameter that has it; empty for a response.
        given: The default of the parameter and the metadata of its annotation. A function among
            them was probably meant as a dependency.
    """
    got = (
        f"Invalid args for response field! Hint: check that {annotation} is a valid Pydantic "
        "field type"
    )
    for item in given:
        if isinstance(item, (FunctionType, MethodType)) and item.__name__ != "<lambda>":
            kind = getattr(annotation, "__name__", "...")
            return setup_error(
                got,
                f"the function {item.__name__} was meant as a dependency, and Depends was left out",
                f"{parameter}: Annotated[{kind}, Depends({item.__name__})]",
            )
    return setup_error(
        got,
        "the type is a plain class, or a union with a Response class",
        "a Pydantic model or dataclass; for a return annotation that is not a model, give the "
        "decorator the parameter response_model=None",
    )


def refuse_pydantic_v1(annotation: Any) -> None:
    """Refuse a type that is, or contains, a model of `pydantic.v1`.

    Raises:
        PydanticV1NotSupportedError: The type, a member of a union or an item is such a model.
    """
    if uses_pydantic_v1(annotation):
        raise PydanticV1NotSupportedError(
            f"pydantic.v1 models are no longer supported: {annotation}. "
            "Change the import from `pydantic.v1` to `pydantic`."
        )


def is_pydantic_v1_model(value: Any) -> bool:
    """Return whether `value` is a model class of `pydantic.v1`."""
    module = sys.modules.get("pydantic.v1")
    # Importing the module is slow, and warns on Python versions that it does not support.
    return module is not None and is_class(value, module.BaseModel)


def uses_pydantic_v1(annotation: Any) -> bool:
    """Return whether a type, a member of its union or an item is a `pydantic.v1` model."""
    if "pydantic.v1" not in sys.modules:
        return False  # Without the module, such a model cannot exist.
    pending, seen = [annotation], []
    while pending:
        part = pending.pop()
        bare = strip_metadata(part)
        if is_pydantic_v1_model(bare):
            return True
        if is_alias(part):
            if part in seen:
                continue  # An alias may contain itself.
            seen.append(part)
        pending.extend(union_members(part) or get_args(bare))
    return False
