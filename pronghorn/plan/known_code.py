"""Recognise the Python functions with which Pydantic implements its own types.

`EmailStr`, the URLs, the secrets and others are validated by functions, like a validator of the
program. These functions are known: their result depends on the value alone, so they may run early,
and in both modes of validation. Each is listed by name after a comparison of both modes
(`tests/differential/test_types_of_pydantic.py`); any other function of Pydantic is unknown.

The function alone is not enough: `class Mail(NameEmail)` inherits the function, which then creates
an object of the program. So the classes that a function has to do with must be known, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from types import MethodType
from typing import Any

from pronghorn.core.setup_errors import describe_callable

_IN_NETWORKS = frozenset(
    {
        "EmailStr._validate",
        "NameEmail._validate",
        "IPvAnyAddress._validate",
        "IPvAnyInterface._validate",
        "IPvAnyNetwork._validate",
        "_BaseUrl.__get_pydantic_core_schema__.<locals>.wrap_val",
        "_BaseMultiHostUrl.__get_pydantic_core_schema__.<locals>.wrap_val",
    }
)
_IN_TYPES = frozenset(
    {
        "SecretStr",
        "SecretBytes",
        "Secret.__get_pydantic_core_schema__.<locals>.<lambda>",
        "Secret.__get_pydantic_core_schema__.<locals>.validate_secret_value",
        "ByteSize._validate",
        "EncodedStr.decode_str",
        "EncodedBytes.decode",
        "PaymentCardNumber.validate",
    }
)
_OF_IP = frozenset(
    f"IPv{version}{kind}" for version in (4, 6) for kind in ("Address", "Interface", "Network")
)
_IN_VALIDATORS = frozenset(
    f"ip_v{version}_{kind}_validator"
    for version in (4, 6)
    for kind in ("address", "interface", "network")
)
_PATH_VALIDATOR = "GenerateSchema._path_schema.<locals>.path_validator"
#: The functions whose result depends on the value alone, by package and name.
_KNOWN = {
    "pydantic": _IN_NETWORKS | _IN_TYPES | _IN_VALIDATORS | {_PATH_VALIDATOR},
    "ipaddress": _OF_IP,
}
#: The packages whose classes may be part of a known function.
_OWNERS = frozenset({"pydantic", "ipaddress", "pathlib", "builtins", "typing", "os"})
_SECRET = "Secret.__get_pydantic_core_schema__.<locals>."  # noqa: S105 - the name of a function


def function_of(schema: Any) -> Any:
    """Return the function of a core schema whose type begins with `function-`."""
    return schema["function"]["function"]


def is_known(function: Any) -> bool:
    """Return whether a function is one of Pydantic's whose result depends on the value alone."""
    plain = function.__func__ if isinstance(function, MethodType) else function
    if getattr(plain, "__qualname__", None) not in _KNOWN.get(_owner(plain), ()):
        return False
    return all(_owner(part) in _OWNERS for part in _list_classes(function))


def _list_classes(function: Any) -> Iterator[type]:
    """Yield the classes that a function uses: of its object, of its parts, of a closure."""
    parts: list[Any] = []
    if isinstance(function, MethodType):
        bound = function.__self__
        parts += [bound] if isinstance(bound, type) else [type(bound), *_list_parts(bound)]
    for cell in getattr(function, "__closure__", None) or ():
        parts.append(cell.cell_contents)
    for part in parts:
        kind = getattr(part, "__origin__", part)
        if isinstance(kind, type):
            yield kind


def _list_parts(value: Any) -> list[Any]:
    """Return the values of the attributes of an object, which may have slots."""
    names = [*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())]
    return [getattr(value, name) for name in names if hasattr(value, name)]


def _owner(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def is_path(schema: Any) -> bool:
    """Return whether the schema is that of `pathlib.Path` or of another class of its module."""
    lax = schema.get("lax_schema", {})
    choices = lax.get("choices", ())
    if lax.get("type") != "union" or len(choices) != 2 or schema.get("strict"):
        return False
    last = choices[1]
    if last.get("type") != "function-after" or last["schema"]["type"] != "str":
        return False
    function = function_of(last)
    return getattr(function, "__qualname__", None) == _PATH_VALIDATOR and is_known(function)


def value_schema(schema: Any) -> Any:
    """Return what both branches of a `json-or-python` schema do with a value from JSON.

    Such a value is never an object of a class that only Python has, so a choice of the Python
    branch that accepts only these does not matter.

    Returns:
        The schema; None if the branches differ.
    """
    in_json, in_python = schema["json_schema"], schema["python_schema"]
    if in_python["type"] == "union":
        rest = [choice for choice in in_python["choices"] if not _is_foreign(choice)]
        return in_json if rest == [in_json] else None
    if in_python["type"] == "function-wrap" and in_json["type"] == "function-after":
        both = (function_of(in_json), function_of(in_python))
        are_secret = all(str(getattr(f, "__qualname__", "")).startswith(_SECRET) for f in both)
        return in_json if are_secret and in_json["schema"] == in_python["schema"] else None
    return None


def _is_foreign(schema: Any) -> bool:
    return bool(schema["type"] == "is-instance" and is_of_python(schema["cls"]))


def is_of_python(cls: Any) -> bool:
    """Return whether no value from JSON is an object of a class."""
    values: tuple[Any, ...] = ("", 0, 0.0, True, None, [], {})
    return isinstance(cls, type) and not any(isinstance(value, cls) for value in values)


def describe_code(function: Any) -> str:
    """Return whose code a function is, and where it is: `Item.check (/srv/shop/items.py:12)`."""
    plain = function
    while isinstance(plain, partial):
        plain = plain.func
    plain = getattr(plain, "__func__", plain)
    name = getattr(plain, "__qualname__", type(plain).__qualname__)
    foreign = [kind for kind in _list_classes(function) if _owner(kind) not in _OWNERS]
    if _owner(plain) != "pydantic":
        return describe_callable(plain)
    if foreign:
        return describe_callable(foreign[0])
    known = function.__self__ if isinstance(function, MethodType) else None
    owner = getattr(known, "__name__", None) if inspect.isclass(known) else None
    return f"{owner or name} of Pydantic"
