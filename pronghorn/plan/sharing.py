"""A cache of planned dependencies, which several routes share.

Hundreds of routes may depend on the same session and the same user. Their plans are shared if
they do not contain anything specific to a route: a call that reads parameters is planned for each
route, because libraries change the fields of single routes.

All references are weak: a plan that is no longer used by a route is freed with its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from pronghorn.core.annotations import read_annotations
from pronghorn.core.records import Record
from pronghorn.fields.annotations import is_settled
from pronghorn.params import Depends, Security
from pronghorn.plan.model import CallPlan
from pronghorn.plan.signature import is_plain, resolve_parameters


class Snapshot(Record):
    """A copy of a function's signature; if the signature changes, its plan is stale."""

    function: Any
    read: Callable[[Any], tuple[Any, ...]]
    signature: tuple[Any, ...]

    def is_current(self) -> bool:
        """Return whether the signature of the function is unchanged."""
        return is_plain(self.function) and self.read(self.function) == self.signature


_planned: WeakValueDictionary[Hashable, CallPlan] = WeakValueDictionary()
_seen: WeakKeyDictionary[CallPlan, tuple[Snapshot, ...]] = WeakKeyDictionary()


def find_shared_plan(
    marker: Depends, argument: str | None, outer_scopes: tuple[str, ...]
) -> CallPlan | None:
    """Return the plan of an equal dependency of another route; None if there is no valid one.

    Args:
        marker: The marker of the dependency.
        argument: The parameter that receives the result.
        outer_scopes: The OAuth 2.0 scopes that its dependents require.
    """
    if not _is_shareable(marker):
        return None
    known = _planned.get(_key(marker, argument, outer_scopes))
    if known is None:
        return None
    return known if all(seen.is_current() for seen in _seen.get(known, ())) else None


def share_plan(plan: CallPlan, outer_scopes: tuple[str, ...]) -> None:
    """Store the plan of a dependency for other routes, if it is not specific to one route.

    Args:
        plan: The plan; it is stored only if it has a marker.
        outer_scopes: The OAuth 2.0 scopes that its dependents require.
    """
    marker = plan.marker
    if marker is None or not _is_shareable(marker) or plan.parameter_fields or plan.body_fields:
        return
    below = [_seen.get(item) for item in (plan.entry or plan).dependencies]
    own = _take_snapshot(plan.call)
    if own is None or None in below:
        return
    _seen[plan] = (own, *(seen for of_one in below for seen in of_one or ()))
    _planned[_key(marker, plan.argument, outer_scopes)] = plan


def _is_shareable(marker: Depends) -> bool:
    return type(marker) in (Depends, Security) and is_plain(marker.dependency)


def _key(marker: Depends, argument: str | None, outer_scopes: tuple[str, ...]) -> Hashable:
    scopes = tuple(marker.scopes or ()) if isinstance(marker, Security) else None
    return (
        marker.dependency,
        marker.use_cache,
        marker.scope,
        marker._concurrency,
        scopes,
        argument,
        outer_scopes,
    )


def _take_snapshot(function: Any) -> Snapshot | None:
    """Return a snapshot of a function's signature; None if a name in it is not defined yet."""
    if not is_plain(function):
        return None
    notes = read_annotations(function).items()
    if all(name == "return" or is_settled(note) for name, note in notes):
        parts = _as_written(function)
        return Snapshot(
            function, _as_written, tuple(copy(p) if type(p) is dict else p for p in parts)
        )
    parts = _as_resolved(function)
    if all(is_settled(note) for _, note, _ in parts[1:]):
        return Snapshot(function, _as_resolved, parts)
    return None


def _as_written(function: Any) -> tuple[Any, ...]:
    """Return the parts of a function that planning reads; all of them compare by identity first."""
    return (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        read_annotations(function),
    )


def _as_resolved(function: Any) -> tuple[Any, ...]:
    """Return the code and the resolved parameters, since names in string annotations can change."""
    return (function.__code__, *resolve_parameters(function))
