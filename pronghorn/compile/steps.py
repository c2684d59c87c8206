"""Turn the plan's steps into the calls that `run.exact` makes, and answer questions about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from pronghorn.core.kinds import GENERATORS, CallKind, InjectedKind
from pronghorn.core.records import replace
from pronghorn.exceptions import EndpointContext
from pronghorn.plan.dependencies import Step
from pronghorn.plan.model import APP_VALUES, AnyPlan, CallPlan, PlanT, RoutePlan
from pronghorn.plan.route import check_tasks
from pronghorn.run.exact import Call
from pronghorn.run.injected import SOURCES, OfConnection, OfExchange
from pronghorn.run.lifetime import STACKS

if TYPE_CHECKING:
    from pronghorn.core.concurrency_limits import ConcurrencyLimit


def calls_of(steps: Sequence[Step]) -> list[Call]:
    """Return the calls of a graph in the order of execution, the endpoint last."""
    return [
        Call(
            function=step.call.call,
            kind=step.call.kind,
            reads=step.call.reads,
            injected=step.call.injected,
            arguments=step.arguments,
            needs=step.needs,
            lifetime=step.call.lifetime or "request",
            limit=limit_of(step.call),
            is_instant=is_instant(step.call),
            scopes=step.call.scopes,
            key=step.call.cache_key,
            holder=step.call.holder,
        )
        for step in steps
    ]


def bind_app_values(plan: PlanT, application: Any) -> PlanT:
    """Return a plan whose values of the application have their holders.

    Args:
        plan: The plan, after overrides.
        application: The application of the route.

    Raises:
        SetupError: The route belongs to no application, or an override came after the start.
    """
    if not APP_VALUES.declared:
        return plan
    from pronghorn.compile.app_scope import bind_calls  # Few programs have any.

    root = bind_calls(plan.root, application)
    return plan if root is plan.root else replace(plan, root=root)


def bind_task_store(plan: RoutePlan, application: Any) -> RoutePlan:
    """Return a plan whose background tasks are kept, if its application has a store for them.

    Args:
        plan: The plan, after overrides.
        application: The application of the route, if it belongs to one.

    Raises:
        SetupError: The store cannot keep the tasks of this route.
    """
    store = getattr(application, "_task_store", None)
    if store is None:
        return plan
    from pronghorn.compile.durable_tasks import keep_tasks_in  # Few programs keep tasks.

    root = keep_tasks_in(plan.root, store)
    if root is plan.root:
        return plan
    check_tasks(plan, store)
    return replace(plan, root=root)


def is_instant(call: CallPlan) -> bool:
    """Return True for a dependency that is a class, and needs no worker thread."""
    if call.kind is not CallKind.THREAD or not isinstance(call.call, type):
        return False
    from pronghorn.compile.instant import runs_known_code  # Few dependencies are classes.

    return runs_known_code(call, call.call)


def limit_of(call: CallPlan) -> ConcurrencyLimit | None:
    """Return the concurrency limit of a dependency, or None."""
    return call.marker._concurrency if call.marker is not None else None


def find_shared(steps: Sequence[Step]) -> dict[InjectedKind, OfExchange]:
    """Return the kinds of objects that the calls of the graph share in an exchange."""
    asked = collect_injected_kinds(steps)
    found = ((kind, SOURCES[kind]) for kind in InjectedKind if kind in asked)
    return {kind: source for kind, source in found if isinstance(source, OfExchange)}


def receives_connection(steps: Sequence[Step]) -> bool:
    """Return True if a call of an HTTP route receives the request, under any type."""
    sources = (SOURCES[kind] for kind in collect_injected_kinds(steps))
    return any(isinstance(one, OfConnection) and one.http for one in sources)


def collect_injected_kinds(steps: Sequence[Step]) -> set[InjectedKind]:
    """Return the kinds of all values that calls of the graph receive because of their type."""
    return {item.kind for step in steps for item in step.call.injected}


def needs_lifetime(steps: Sequence[Step]) -> bool:
    """Return True if any dependency has exit code."""
    return any(step.call.kind in GENERATORS for step in steps[:-1])


def names_stacks(steps: Sequence[Step]) -> bool:
    """Return True if a function of the route takes an exit stack out of the scope by its key."""
    return any(_names_stack(step.call.call) for step in steps)


def _names_stack(call: Callable[..., Any]) -> bool:
    function: Any = inspect.unwrap(call)
    method = getattr(type(function).__call__, "__code__", None)
    code = getattr(function, "__code__", method)
    if not isinstance(code, CodeType):
        return False
    # The code of a loop over several keys has them in one tuple.
    tuples = [each for each in code.co_consts if isinstance(each, tuple)]
    return not STACKS.isdisjoint(code.co_consts) or any(map(STACKS.intersection, tuples))


def endpoint_context(plan: AnyPlan, label: str) -> Callable[[], EndpointContext]:
    """Return a function that returns the place of the endpoint, for validation errors.

    Args:
        plan: The plan of the route.
        label: The route for people: `GET /items/{id}`.
    """
    context: EndpointContext = {"path": label}
    for key in ("file", "line", "function"):
        if key in plan.where:
            context[key] = plan.where[key]

    def endpoint_context() -> EndpointContext:
        return context

    return endpoint_context
