"""The options that a route inherits from its routers, their inclusions and the application.

The chain of a route, from the outside in: application, inclusion, router, inclusion, router, ...,
route. Each element is a mapping of the options written at that level; a key that is absent, or
whose value is a `Default` placeholder, inherits. `combine_options` joins two neighbours and is
associative, so a chain may be joined in any order.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from pronghorn._body_limit import validate_max_body_size
from pronghorn._form_limits import validate_form_limits
from pronghorn.core.setup_errors import user_error
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.declare.option_checks import (
    check_options,
    validate_on_disconnect,
    validate_timeout,
)
from pronghorn.exceptions import SetupAssertionError


def _join(outer: Any, inner: Any) -> Any:
    return [*(outer or ()), *(inner or ())]


def _merge(outer: Any, inner: Any) -> Any:
    return {**(outer or {}), **(inner or {})}


def _concatenate(outer: Any, inner: Any) -> Any:
    return f"{outer or ''}{inner or ''}"


def _either(outer: Any, inner: Any) -> Any:
    return inner or outer


def _both(outer: Any, inner: Any) -> Any:
    return outer and inner


def _inner(outer: Any, inner: Any) -> Any:
    return outer if inner is None else inner


INHERIT: dict[str, Callable[[Any, Any], Any]] = {
    "prefix": _concatenate,
    "tags": _join,
    "dependencies": _join,
    "callbacks": _join,
    "responses": _merge,
    "form_limits": _merge,
    "deprecated": _either,
    "include_in_schema": _both,
    "default_response_class": _inner,
    "generate_unique_id_function": _inner,
    "strict_content_type": _inner,
    "max_body_size": _inner,
    "max_json_size": _inner,
    "websocket_origins": _inner,
    "timeout": _inner,
    "on_disconnect": _inner,
    "cache": _inner,
}
"""The functions that combine the values of two levels. Other options are not inherited."""


LIMITS = ("max_body_size", "max_json_size", "form_limits")
"""Options that also apply to routes that the router did not declare itself, such as mounts."""


def limits_of(owner: Any) -> dict[str, Any]:
    """Return the limits on request bodies that a router or a route sets itself."""
    return limits_inside({}, owner)


def limits_inside(outer: Mapping[str, Any], owner: Any) -> dict[str, Any]:
    """Return the limits on request bodies of a router or a route inside an outer level.

    Args:
        outer: The options of the outer level.
        owner: The router or route.

    Returns:
        Its limits combined with those of the outer level, without limits that neither sets.
    """
    limits = combine_options(
        {name: outer.get(name) for name in LIMITS},
        {name: getattr(owner, name, None) for name in LIMITS},
    )
    return {name: value for name, value in limits.items() if value is not None and value != {}}


def choose_limit(limits: Mapping[str, Any], *, is_upload: bool) -> int | None:
    """Return the limit of an upload or another body among the limits of a level; None for none."""
    body: int | None = limits.get("max_body_size")
    other: int | None = limits.get("max_json_size")
    if is_upload or other is None:
        return body
    return other if body is None else min(body, other)


def clean_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options that the program wrote, and drop the placeholders for the others.

    Args:
        options: Keyword arguments; a placeholder means that the program did not write the option.

    Returns:
        A copy without placeholders. `form_limits` is copied too, so that a later change by
        the program has no effect; `include_in_schema=None` becomes False.

    Raises:
        SetupError: The value of an option cannot have the effect that was meant.
        SetupValueError: `max_body_size` or `max_json_size` is not an integer of at least 0,
            `timeout` is not a number above 0, `on_disconnect` is not one of its values, or
            `cache` belongs to a route that does more than reading.
        ValueError: `form_limits` has an unknown key or a wrong value.
    """
    kept = {
        name: value for name, value in options.items() if not isinstance(value, DefaultPlaceholder)
    }
    check_options(kept)
    for name in ("max_body_size", "max_json_size"):
        if name in kept:
            validate_max_body_size(kept[name], name)
    validate_timeout(kept.get("timeout"))
    validate_on_disconnect(kept.get("on_disconnect"))
    if kept.get("cache") not in (None, False):
        from pronghorn.declare.cache_check import validate_cache  # Few programs need it.

        validate_cache(kept["cache"], kept.get("methods"))
    if kept.get("include_in_schema", True) is None:
        kept["include_in_schema"] = False  # None would inherit from the outer level.
    if kept.get("form_limits") is not None:
        kept["form_limits"] = validate_form_limits(kept["form_limits"])
    return kept


def combine_options(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an inner level as they apply inside an outer one.

    Args:
        outer: The options of the outer level, for example of the inclusion of a router.
        inner: The options of the inner level, for example of the router.

    Returns:
        All options of the inner level, and the inherited options of the outer one.
    """
    combined = {
        name: value for name, value in inner.items() if not isinstance(value, DefaultPlaceholder)
    }
    for name, combine in INHERIT.items():
        value = outer.get(name)
        if value is None or isinstance(value, DefaultPlaceholder):
            continue
        combined[name] = combine(value, combined[name]) if name in combined else value
    return combined


def combine_chain(chain: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options that apply to the innermost element of a chain.

    Args:
        chain: The options of each level, from the outside in; at least two levels.

    Returns:
        The combined options. `response_class` is that of the route, else the innermost
        `default_response_class`, else absent.
    """
    outermost, second, *rest = chain
    combined = reduce(combine_options, rest, combine_options(outermost, second))
    default_class = combined.get("default_response_class")
    if combined.get("response_class") is None and default_class is not None:
        combined["response_class"] = default_class
    return combined


def check_prefix(prefix: str) -> str:
    """Return the prefix of a router or an inclusion, after checking that a path can follow it.

    Raises:
        SetupAssertionError: The prefix does not begin with `/`, or ends with it.
    """
    if not prefix:
        return prefix
    if not prefix.startswith("/"):
        raise user_error(
            "A path prefix must start with '/'",
            f"{prefix!r} was given",
            f"prefix={'/' + prefix.rstrip('/')!r}",
            kind=SetupAssertionError,
        )
    if prefix.endswith("/"):
        raise user_error(
            "A path prefix must not end with '/', as the routes will start with '/'",
            f"{prefix!r} was given",
            f"prefix={prefix.rstrip('/')!r}",
            kind=SetupAssertionError,
        )
    return prefix
