"""Small functions that programs and extensions import."""

import re
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import warn_deprecated
from pronghorn.datastructures import DefaultPlaceholder, DefaultType

#: The keys of `responses` that are not a status code.
STATUS_RANGES = frozenset({"default", "1XX", "2XX", "3XX", "4XX", "5XX"})


ClassT = TypeVar("ClassT", bound=type[Any])


class NamedRoute(Protocol):
    """The attributes that an operation ID is made of; every `APIRoute` has them."""

    name: str
    path_format: str
    methods: Any


def name_as(base: type[Any]) -> Callable[[ClassT], ClassT]:
    """Return a decorator that gives a class the name and the module of another.

    It is for our classes whose objects programs receive in place of `base`. Logs, metrics and
    registries that use `type(value).__name__` then see the class that the program knows.
    """

    def rename(kind: ClassT) -> ClassT:
        kind.__name__, kind.__qualname__ = base.__name__, base.__qualname__
        kind.__module__ = base.__module__
        return kind

    return rename


def is_body_allowed_for_status_code(status_code: int | str | None) -> bool:
    """Return True if a response with this status code may have a body (RFC 9110 section 15).

    Args:
        status_code: A number, its text, or a key of `responses` such as `"2XX"`; `None` stands for
            the default status code.

    Raises:
        ValueError: The text is neither a number nor such a key.
    """
    if status_code is None or status_code in STATUS_RANGES:
        return True
    code = int(status_code)
    return code >= 200 and code not in {204, 205, 304}


def get_path_param_names(path: str) -> set[str]:
    """Return the names between the braces of a path template."""
    return set(re.findall("{(.*?)}", path))


def generate_unique_id(route: NamedRoute) -> str:
    """Return the operation ID of a route: its name, its path and its first method.

    It is the default of the option `generate_unique_id_function`.

    Args:
        route: The route object.

    Returns:
        A text of letters, digits and underscores, such as `read_item_items__item_id__get`.
    """
    identifier = re.sub(r"\W", "_", f"{route.name}{route.path_format}")
    return f"{identifier}_{next(iter(route.methods)).lower()}"


def generate_operation_id_for_path(*, name: str, path: str, method: str) -> str:
    """Return the operation ID of a name, a path and a method. Deprecated, nothing calls it."""
    warn_deprecated(
        "generate_operation_id_for_path() is deprecated: nothing in the framework calls it, and it "
        "will be removed. Use `generate_unique_id` with a route."
    )
    identifier = re.sub(r"\W", "_", f"{name}{path}")
    return f"{identifier}_{method.lower()}"


def deep_dict_update(main_dict: dict[Any, Any], update_dict: dict[Any, Any]) -> None:
    """Merge a dict into another one, in place.

    Dicts inside are merged, lists are joined, everything else is replaced.
    """
    for key, value in update_dict.items():
        present = main_dict.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            deep_dict_update(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            main_dict[key] = present + value
        else:
            main_dict[key] = value


def get_value_or_default(
    first_item: DefaultPlaceholder | DefaultType,
    *extra_items: DefaultPlaceholder | DefaultType,
) -> DefaultPlaceholder | DefaultType:
    """Return the first item that the program wrote, or the first one if all are placeholders."""
    items = (first_item, *extra_items)
    written = (item for item in items if not isinstance(item, DefaultPlaceholder))
    return next(written, first_item)


find_elsewhere(__name__)
