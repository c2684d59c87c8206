"""Plan dependencies with `scope="app"`, which run once, when the application starts.

In the graph of a route such a dependency is a leaf: its value is known. The call that makes the
value, with its own dependencies, is the `entry` of the leaf, for the start.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from pronghorn.core.kinds import CallKind, InjectedKind
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupError, SetupTypeError
from pronghorn.params import Depends, Security
from pronghorn.plan.model import APP_VALUES, CallPlan

#: The texts for people of the locations of parameters.
_PLACES = {
    "path": "the path",
    "query": "the query string",
    "header": "a header",
    "cookie": "a cookie",
    "body": "the body",
}


def _check_marker(marker: Depends) -> None:
    """Refuse options that mean nothing for a value that is made once.

    Raises:
        SetupTypeError: `use_cache=False`, `max_concurrency` or OAuth 2.0 scopes are set.
    """
    name = getattr(marker.dependency, "__name__", "...")
    option = None
    if not marker.use_cache:
        option = "use_cache=False"
    elif marker.max_concurrency is not None:
        option = f"max_concurrency={marker.max_concurrency}"
    elif isinstance(marker, Security):
        option = "Security"
    if option is not None:
        raise setup_error(
            f"Depends({name}, scope='app') and {option} contradict each other",
            "the callable runs once, when the application starts, and all requests share its value",
            f"Depends({name}, scope='app')",
            kind=SetupTypeError,
        )


def as_app_value(node: CallPlan) -> CallPlan:
    """Return the leaf for a dependency with `scope="app"`.

    Args:
        node: The planned dependency.

    Raises:
        SetupError: The dependency needs a request, or depends on another scope.
    """
    if node.marker is not None:
        _check_marker(node.marker)
    needed = describe_request_need(node)
    if needed is not None:
        chain, what = needed
        raise setup_error(
            f"A dependency with scope='app' runs before any request, but {what}:\n     {chain}",
            "the value is different for each request, or the parameter was meant as a setting",
            "read the request in a dependency without scope='app', or read a setting inside of "
            "the function",
        )
    for dependency in node.dependencies:
        if dependency.kind is not CallKind.APP_VALUE:
            raise _shorter_scope_error(node, dependency)
    APP_VALUES.declared = True
    return CallPlan(
        call=node.call,
        kind=CallKind.APP_VALUE,
        argument=node.argument,
        marker=node.marker,
        lifetime="app",
        cache_key=node.cache_key,
        entry=node,
    )


def _shorter_scope_error(node: CallPlan, dependency: CallPlan) -> SetupError:
    name = getattr(dependency.call, "__name__", "...")
    return setup_error(
        "A dependency with scope='app' depends on one that runs for each request:\n"
        f"     {describe_callable(node.call)}\n  -> {describe_callable(dependency.call)}",
        f"scope='app' was left out at Depends({name})",
        f"Depends({name}, scope='app')",
    )


def describe_request_need(node: CallPlan) -> tuple[str, str] | None:
    """Return the chain to the first parameter that needs a request, and the parameter, in words.

    Returns:
        None if no call of the graph needs a request.
    """
    found = _find_request_need(node)
    if found is None:
        return None
    chain, what = found
    names = [describe_callable(call.call) for call in chain]
    return "\n  -> ".join(names), what


def _find_request_need(node: CallPlan) -> tuple[list[CallPlan], str] | None:
    name = getattr(node.call, "__name__", type(node.call).__name__)
    for item in node.injected:
        if item.kind is InjectedKind.TRIGGER:
            continue  # It exists everywhere.
        return [node], f"the parameter {item.name!r} of {name} is the {item.kind.words}"
    for location, fields in node.reads:
        parameter = f"the parameter {fields[0].name!r} of {name}"
        return [node], f"{parameter} is read from {_PLACES[location]}"
    for dependency in node.dependencies:
        found = _find_request_need(dependency)
        if found is not None:
            return [node, *found[0]], found[1]
    return None


def identify(leaf: CallPlan) -> Hashable:
    """Return a key that is equal for leaves whose values are made by the same calls."""
    entry: Any = leaf.entry
    below = tuple((item.argument, identify(item)) for item in entry.dependencies)
    return (entry.call, below)
