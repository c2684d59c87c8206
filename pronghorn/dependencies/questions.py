"""Questions about a node of a dependency graph, and about how its callable is run.

Libraries and tests ask them under FastAPI's own names, which were never public.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pronghorn.core.kinds import CallKind
from pronghorn.dependencies.models import Dependant
from pronghorn.plan.dependencies import is_security_scheme
from pronghorn.plan.signature import call_kind

#: Callables whose kind is remembered. Programs may make dependencies without end.
CACHE_SIZE = 4096


class _Same:
    """A callable, equal to itself alone, also where it cannot be hashed or equals others."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.call is other.call

    def __hash__(self) -> int:
        return id(self.call)


@lru_cache(CACHE_SIZE)
def _is_coroutine_callable_cached(same: _Same) -> bool:
    return call_kind(same.call) is CallKind.COROUTINE


@lru_cache(CACHE_SIZE)
def _is_gen_callable_cached(same: _Same) -> bool:
    return call_kind(same.call) is CallKind.GENERATOR


@lru_cache(CACHE_SIZE)
def _is_async_gen_callable_cached(same: _Same) -> bool:
    return call_kind(same.call) is CallKind.ASYNC_GENERATOR


def _is_coroutine_callable(call: Callable[..., Any] | None) -> bool:
    """Whether calling it gives a coroutine."""
    return call is not None and _is_coroutine_callable_cached(_Same(call))


def _is_gen_callable(call: Callable[..., Any] | None) -> bool:
    """Whether calling it gives a generator."""
    return call is not None and _is_gen_callable_cached(_Same(call))


def _is_async_gen_callable(call: Callable[..., Any] | None) -> bool:
    """Whether calling it gives an asynchronous generator."""
    return call is not None and _is_async_gen_callable_cached(_Same(call))


def _get_oauth_scopes(*, dependant: Dependant) -> list[str]:
    """The scopes asked for on the way to a call, and by it."""
    return dependant.oauth_scopes


def _is_security_scheme(*, dependant: Dependant) -> bool:
    """Whether the call is an instance of one of the `security` classes."""
    return dependant.call is not None and is_security_scheme(dependant.call)


def _get_security_scheme(*, dependant: Dependant) -> Any:
    """That instance, without what decorators have put around it."""
    call: Any = dependant.call
    return inspect.unwrap(call)


def _uses_scopes(*, dependant: Dependant, cache: dict[int, Any] | None = None) -> bool:
    """Whether the result can depend on the scopes asked for.

    - `cache`: not used: the answer follows the graph, which may change.
    """
    return (
        bool(dependant.own_oauth_scopes)
        or dependant.security_scopes_param_name is not None
        or _is_security_scheme(dependant=dependant)
        or any(_uses_scopes(dependant=item) for item in dependant.dependencies)
    )


def _get_computed_scope(*, dependant: Dependant) -> str | None:
    """When a call that yields is closed; ``None`` for one that does not."""
    if dependant.scope:
        return dependant.scope
    yields = _is_gen_callable(dependant.call) or _is_async_gen_callable(dependant.call)
    return "request" if yields else None


def _get_cache_key(
    *, dependant: Dependant, uses_scopes_cache: dict[int, Any] | None = None
) -> tuple[Any, tuple[str, ...], str]:
    """Two nodes with the same key share one result in a request.

    - `uses_scopes_cache`: not used; see `_uses_scopes`.
    """
    scopes = dependant.oauth_scopes if _uses_scopes(dependant=dependant) else []
    lifetime = _get_computed_scope(dependant=dependant)
    return dependant.call, tuple(sorted(set(scopes))), lifetime or ""
