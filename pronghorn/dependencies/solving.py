"""Solve a dependency graph for libraries that run one themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pronghorn.compile.stages import Solve
from pronghorn.compile.steps import calls_of, find_shared, needs_lifetime
from pronghorn.core.kinds import InjectedKind
from pronghorn.plan.dependencies import Step, order_calls, override_calls
from pronghorn.run.exact import SKIPPED, Inputs, solve
from pronghorn.run.injected import make_shared
from pronghorn.run.lifetime import Exits, Lifetime
from pronghorn.run.output.respond import make_injected_response
from pronghorn.utils import get_path_param_names

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant


@dataclass
class SolvedDependency:
    """The result of solving a graph.

    Attributes:
        values: The arguments of the outermost call.
        errors: The validation errors of the request; if there are any, do not make the call.
        background_tasks: The tasks that dependencies have added.
        response: A response with the headers, cookies and status code that dependencies have set.
        dependency_cache: The results of dependencies, for solving another graph of this request.
    """

    values: dict[str, Any]
    errors: list[Any]
    background_tasks: StarletteBackgroundTasks | None
    response: Response
    dependency_cache: dict[Any, Any]


async def solve_dependencies(
    *,
    request: HTTPConnection,
    dependant: Dependant,
    body: Any = PydanticUndefined,
    background_tasks: StarletteBackgroundTasks | None = None,
    response: Response | None = None,
    dependency_overrides_provider: Any = None,
    dependency_cache: dict[Any, Any] | None = None,
    async_exit_stack: AsyncExitStack[bool | None],
    embed_body_fields: bool,
    **_: Any,
) -> SolvedDependency:
    """Read the parameters of a graph from a request, and call its dependencies.

    Args:
        request: The request or WebSocket connection.
        dependant: The graph; its own `call` is not made.
        body: The parsed body: JSON data, a form, or bytes. Leave it out if there is no body.
        background_tasks: The object to which dependencies add tasks; created if one needs it.
        response: The response on which dependencies set headers; created if left out.
        dependency_overrides_provider: An object with `dependency_overrides`, such as the
            application.
        dependency_cache: Known results, which are not computed again; new results are added.
        async_exit_stack: The stack that closes dependencies that yield.
        embed_body_fields: Whether the body is an object with one member per field.

    Returns:
        The arguments of the call, and the errors in the request.
    """
    overrides = getattr(dependency_overrides_provider, "dependency_overrides", None) or {}
    prepared = _prepare(dependant, overrides)
    if response is None:
        response = make_injected_response()
    shared = make_shared(prepared.shared) if prepared.shared else {}
    shared[InjectedKind.RESPONSE] = response
    if background_tasks is not None:
        shared[InjectedKind.BACKGROUND_TASKS] = background_tasks
    lifetime = _lifetime(request, async_exit_stack) if prepared.has_lifetime else None
    inputs = Inputs(request, request.path_params, body, embed_body_fields, lifetime, shared)
    cache = {} if dependency_cache is None else dependency_cache
    steps = prepared.steps
    if cache:
        inputs.done = _find_known_results(steps, cache)
    values, errors = await prepared.solve(inputs)
    _remember(steps, inputs.results, cache)
    return SolvedDependency(values, errors, inputs.background, response, cache)


class Prepared:
    """The facts about a graph that are known before a request.

    Args:
        steps: The calls in the order of execution.
        solve: Solves the graph for the inputs of one request.
    """

    __slots__ = ("has_lifetime", "shared", "solve", "steps")

    def __init__(self, steps: Sequence[Step], solve: Solve) -> None:
        self.steps = steps
        self.solve = solve
        self.shared = find_shared(steps)
        self.has_lifetime = needs_lifetime(steps)


def _prepare(dependant: Dependant, overrides: Mapping[Any, Any]) -> Prepared:
    """Return the calls of a graph in order, cached until the graph or the overrides change."""
    known = dependant._prepared
    if known is None or known[0] != _count_changes(dependant) or known[1] != overrides:
        root = dependant.to_plan()
        if overrides:
            names = frozenset(get_path_param_names(dependant.path or ""))
            root = override_calls(root, overrides, path_names=names)
        steps = order_calls(root)
        keep_prepared(dependant, overrides, Prepared(steps, partial(solve, calls_of(steps))))
    found: Prepared = dependant._prepared[2]
    return found


def keep_prepared(dependant: Dependant, overrides: Mapping[Any, Any], prepared: Prepared) -> None:
    """Let `solve_dependencies` use what is known of a graph, until it or the overrides change."""
    dependant._prepared = _count_changes(dependant), dict(overrides), prepared


def _count_changes(dependant: Dependant) -> int:
    if dependant._changes is None:
        from pronghorn.dependencies.models import Changes  # Here, so that starting is quick.

        dependant.adopt(Changes())
    return dependant._changes.count if dependant._changes is not None else 0


class _StacksOfCaller(Lifetime):
    """A lifetime with the caller's exit stack, and the function stack of the request, if any."""

    def __init__(self, outer: Lifetime | None, stack: AsyncExitStack[bool | None]) -> None:
        super().__init__()
        self._request = Exits(stack)
        self._function = Exits(outer.function_stack if outer is not None else stack)


def _lifetime(request: HTTPConnection, stack: AsyncExitStack[bool | None]) -> Lifetime:
    from pronghorn.run.stacks import find_lifetime  # Few programs solve a graph themselves.

    outer = find_lifetime(request)
    if outer is not None and outer.request_stack is stack:
        return outer
    return _StacksOfCaller(outer, stack)


def _find_known_results(steps: Sequence[Step], cache: Mapping[Any, Any]) -> dict[int, Any]:
    """Return the results in the cache of the caller, by the index of the call."""
    return {
        index: cache[step.call.cache_key]
        for index, step in enumerate(steps[:-1])
        if step.call.marker is not None and step.call.use_cache and step.call.cache_key in cache
    }


def _remember(steps: Sequence[Step], results: Sequence[Any], cache: dict[Any, Any]) -> None:
    for step, result in zip(steps, results, strict=False):
        if step.call.marker is not None and result is not SKIPPED:
            cache.setdefault(step.call.cache_key, result)
