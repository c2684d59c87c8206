"""Planned dependencies that several routes have in common.

Hundreds of routes depend on the same session and the same user. What is planned for one of them
serves the others, as long as nothing in it belongs to a route: a call that reads parameters is
planned for each route, since libraries change the fields of one route at a time.

Everything here is weak: a plan that no route uses any more is forgotten, with its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from pronghorn.fields.annotations import is_settled
from pronghorn.params import Depends, Security
from pronghorn.plan.model import CallPlan
from pronghorn.plan.signature import is_plain, resolve_parameters


class Snapshot(NamedTuple):
    """What a function said about itself; another plan is needed once it says something else."""

    function: Any
    read: Callable[[Any], tuple[Any, ...]]
    signature: tuple[Any, ...]

    def is_current(self) -> bool:
        """Whether planning would read the same of the function now."""
        return is_plain(self.function) and self.read(self.function) == self.signature


_planned: WeakValueDictionary[Hashable, CallPlan] = WeakValueDictionary()
_seen: WeakKeyDictionary[CallPlan, tuple[Snapshot, ...]] = WeakKeyDictionary()


def find_shared_plan(
    marker: Depends, argument: str | None, outer_scopes: tuple[str, ...]
) -> CallPlan | None:
    """The plan of an equal dependency of another route; None if there is none that still holds.

    - `argument`: the parameter that receives the result.
    - `outer_scopes`: the OAuth 2.0 scopes that are asked for on the way to it.
    """
    if not _is_shareable(marker):
        return None
    known = _planned.get(_key(marker, argument, outer_scopes))
    if known is None:
        return None
    return known if all(seen.is_current() for seen in _seen.get(known, ())) else None


def share_plan(plan: CallPlan, outer_scopes: tuple[str, ...]) -> None:
    """Keep the plan of a dependency for other routes, if nothing in it belongs to one route.

    - `plan`: it has a marker.
    """
    marker = plan.marker
    if marker is None or not _is_shareable(marker) or plan.parameter_fields or plan.body_fields:
        return
    below = [_seen.get(item) for item in plan.dependencies]
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
    """What a function says now; None if a name in it is not defined yet."""
    if not is_plain(function):
        return None
    notes = function.__annotations__.items()
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
    """What planning reads of a function; all of it compares by identity first."""
    return (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        function.__annotations__,
    )


def _as_resolved(function: Any) -> tuple[Any, ...]:
    """The same where annotations are strings: what their names mean can change."""
    return (function.__code__, *resolve_parameters(function))
