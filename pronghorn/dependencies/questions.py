"""Predicates on a node of a dependency graph, and on the kind of its callable.

Libraries and tests use them under FastAPI's private names.
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

#: The number of callables whose kind is cached. Programs may create dependencies without end.
CACHE_SIZE = 4096


class _Same:
    """A wrapper that compares a callable by identity, even if the callable is unhashable."""

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
    """Return whether calling a callable returns a coroutine."""
    return call is not None and _is_coroutine_callable_cached(_Same(call))


def _is_gen_callable(call: Callable[..., Any] | None) -> bool:
    """Return whether calling a callable returns a generator."""
    return call is not None and _is_gen_callable_cached(_Same(call))


def _is_async_gen_callable(call: Callable[..., Any] | None) -> bool:
    """Return whether calling a callable returns an asynchronous generator."""
    return call is not None and _is_async_gen_callable_cached(_Same(call))


def _get_oauth_scopes(*, dependant: Dependant) -> list[str]:
    """Return the OAuth 2.0 scopes that a call and its dependents require."""
    return dependant.oauth_scopes


def _is_security_scheme(*, dependant: Dependant) -> bool:
    """Return whether the call is an instance of one of the `security` classes."""
    return dependant.call is not None and is_security_scheme(dependant.call)


def _get_security_scheme(*, dependant: Dependant) -> Any:
    """Return the instance of a `security` class that is called, without its decorators."""
    call: Any = dependant.call
    return inspect.unwrap(call)


def _uses_scopes(*, dependant: Dependant, cache: dict[int, Any] | None = None) -> bool:
    """Return whether the result of a call can depend on the required OAuth 2.0 scopes.

    Args:
        dependant: The call.
        cache: Not used, because the graph may change.
    """
    return (
        bool(dependant.own_oauth_scopes)
        or dependant.security_scopes_param_name is not None
        or _is_security_scheme(dependant=dependant)
        or any(_uses_scopes(dependant=item) for item in dependant.dependencies)
    )


def _get_computed_scope(*, dependant: Dependant) -> str | None:
    """Return the scope that closes a call that yields; `None` for a call that does not."""
    if dependant.scope:
        return dependant.scope
    yields = _is_gen_callable(dependant.call) or _is_async_gen_callable(dependant.call)
    return "request" if yields else None


def _get_cache_key(
    *, dependant: Dependant, uses_scopes_cache: dict[int, Any] | None = None
) -> tuple[Any, tuple[str, ...], str]:
    """Return the cache key of a node; nodes with equal keys share one result in a request.

    Args:
        dependant: The node.
        uses_scopes_cache: Not used, because the graph may change.
    """
    scopes = dependant.oauth_scopes if _uses_scopes(dependant=dependant) else []
    lifetime = _get_computed_scope(dependant=dependant)
    return dependant.call, tuple(sorted(set(scopes))), lifetime or ""
