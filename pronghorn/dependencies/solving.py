"""Solving a dependency graph for libraries that run one themselves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pronghorn.compile.steps import calls_of, find_shared
from pronghorn.core.kinds import InjectedKind
from pronghorn.dependencies.models import Changes, Dependant
from pronghorn.plan.dependencies import Step, order_calls, override_calls
from pronghorn.run.exact import SKIPPED, Call, Inputs, solve
from pronghorn.run.injected import make_shared
from pronghorn.run.lifetime import LIFETIME_KEY, Lifetime
from pronghorn.run.output.respond import make_injected_response
from pronghorn.utils import get_path_param_names


@dataclass
class SolvedDependency:
    """What solving a graph gave.

    Attributes:
        values: The arguments of the outermost call.
        errors: What was wrong with the request; if there is anything, do not make the call.
        background_tasks: Tasks that dependencies have added.
        response: Carries headers, cookies and the status code that dependencies have set.
        dependency_cache: Results of dependencies, for solving another graph of the same request.
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
    """Read what a graph needs from a request, and call its dependencies.

    Args:
        request: The request or WebSocket connection.
        dependant: The graph; its own `call` is not made.
        body: The parsed body: JSON data, a form, or bytes; left out, there is none.
        background_tasks: Where dependencies add tasks; made when they ask for it.
        response: Where dependencies set headers; made when left out.
        dependency_overrides_provider: Has `dependency_overrides`, such as the application.
        dependency_cache: Results to use instead of calling again; those of this graph are added.
        async_exit_stack: Closes dependencies that yield.
        embed_body_fields: Whether the body is an object with one member per field.
    """
    overrides = getattr(dependency_overrides_provider, "dependency_overrides", None) or {}
    steps, calls = _prepared(dependant, overrides)
    if response is None:
        response = make_injected_response()
    shared = make_shared(find_shared(steps))
    shared[InjectedKind.RESPONSE] = response
    if background_tasks is not None:
        shared[InjectedKind.BACKGROUND_TASKS] = background_tasks
    lifetime = _lifetime(request, async_exit_stack)
    inputs = Inputs(request, request.path_params, body, embed_body_fields, lifetime, shared)
    cache = {} if dependency_cache is None else dependency_cache
    inputs.done = _known_results(steps, cache)
    results: list[Any] = []
    values, errors = await solve(calls, inputs, results)
    _remember(steps, results, cache)
    return SolvedDependency(values, errors, inputs.background, response, cache)


def _prepared(
    dependant: Dependant, overrides: Mapping[Any, Any]
) -> tuple[tuple[Step, ...], list[Call]]:
    """The calls of a graph in their order, kept until the graph or the overrides change."""
    if dependant._changes is None:
        dependant.adopt(Changes())
    count = dependant._changes.count if dependant._changes is not None else 0
    known = dependant._prepared
    if known is None or known[0] != count or known[1] != overrides:
        root = dependant.to_plan()
        if overrides:
            names = frozenset(get_path_param_names(dependant.path or ""))
            root = override_calls(root, overrides, path_names=names)
        steps = order_calls(root)
        known = count, dict(overrides), (steps, calls_of(steps))
        dependant._prepared = known
    found: tuple[tuple[Step, ...], list[Call]] = known[2]
    return found


class _StacksOfCaller(Lifetime):
    """The exit stack of the caller, and that of the request for what ends earlier."""

    def __init__(self, outer: Lifetime | None, stack: AsyncExitStack[bool | None]) -> None:
        super().__init__()
        self.request_stack = stack
        self._function_stack = outer.function_stack if outer is not None else stack


def _lifetime(request: HTTPConnection, stack: AsyncExitStack[bool | None]) -> Lifetime:
    outer: Lifetime | None = request.scope.get(LIFETIME_KEY)
    if outer is not None and outer.request_stack is stack:
        return outer
    return _StacksOfCaller(outer, stack)


def _known_results(steps: tuple[Step, ...], cache: Mapping[Any, Any]) -> dict[int, Any]:
    """index of a call -> its result, for those whose result is in the cache of the caller."""
    return {
        index: cache[step.call.cache_key]
        for index, step in enumerate(steps[:-1])
        if step.call.marker is not None and step.call.use_cache and step.call.cache_key in cache
    }


def _remember(steps: tuple[Step, ...], results: list[Any], cache: dict[Any, Any]) -> None:
    for step, result in zip(steps, results, strict=False):
        if step.call.marker is not None and result is not SKIPPED:
            cache.setdefault(step.call.cache_key, result)
