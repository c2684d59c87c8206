"""Check the option `cache` where it is declared."""

from __future__ import annotations

from typing import Any

from pronghorn.core.setup_errors import describe_value, user_error
from pronghorn.core.trigger import READING
from pronghorn.exceptions import SetupTypeError, SetupValueError


def validate_cache(cache: Any, methods: Any) -> None:
    """Check the option `cache`.

    Args:
        cache: Its value; neither None, which inherits, nor False, which switches it off.
        methods: The methods of the route that has it; None for GET, or if it has no route.

    Raises:
        SetupTypeError: It is something else than `Cached(...)`.
        SetupValueError: The route has a method that does more than reading.
    """
    if not hasattr(cache, "open_route"):
        raise user_error(
            f"cache must be Cached(...), not {describe_value(cache)}",
            "the cache itself was given" if hasattr(cache, "invalidate") else None,
            'cache=Cached("30s"), from pronghorn.cache',
            kind=SetupTypeError,
        )
    others = {str(method).upper() for method in methods or ()} - set(READING)
    if others:
        raise user_error(
            f"A response to {','.join(sorted(others))} cannot be kept in a cache",
            "such a request changes something, so its endpoint has to run",
            "cache=Cached(...) at routes for GET only; on a router, it applies to those",
            kind=SetupValueError,
        )
