"""Put durable background tasks into the graph of a route, as dependencies that nobody declared.

The first call of the graph makes the tasks of the request, and keeps at its end what no transaction
has taken; so all other exit code before the response has run by then. The last call notices
whether the endpoint has succeeded: exit code in between may swallow an exception. Both engines
run them as any dependency, and the graphs of other applications stay as they are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Literal

from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn.core.kinds import CallKind, Injected, InjectedKind
from pronghorn.core.records import replace
from pronghorn.core.task_store import TaskStore
from pronghorn.params import Depends
from pronghorn.plan.model import CallPlan
from pronghorn.run.durable_tasks import DurableTasks

_LIFETIME: Literal["function"] = "function"
_TASKS = InjectedKind.BACKGROUND_TASKS


def keep_tasks_in(root: CallPlan, store: TaskStore) -> CallPlan:
    """Return the graph of an HTTP route whose background tasks a store keeps.

    Args:
        root: The endpoint, with its dependencies after overrides.
        store: The store of the application.

    Returns:
        The same graph if nothing in it asks for background tasks.
    """
    if not asks_for_tasks(root):
        return root
    keeping = _node(_make_keeping(store), Injected("tasks", _TASKS))
    noticing = _node(notice_success)
    noticing = replace(noticing, dependencies=(replace(keeping, argument="tasks"),))
    opened_first = [
        replace(node, argument=None)
        for node in root.walk()
        if node.marker is not None and node.use_cache and _is_one(node.call, store.opened_first)
    ]
    bound = _give_tasks(root, keeping)
    return replace(bound, dependencies=(keeping, *opened_first, *bound.dependencies, noticing))


def _is_one(call: Any, known: Iterable[Any]) -> bool:
    """Return whether a callable, which need not be hashable, is one of those that are known."""
    return any(call is one for one in known)


def asks_for_tasks(root: CallPlan) -> bool:
    """Return whether something in a graph asks for background tasks."""
    return any(_asks(node) for node in root.walk())


def _asks(node: CallPlan) -> bool:
    return any(item.kind is _TASKS for item in node.injected)


def _give_tasks(node: CallPlan, keeping: CallPlan) -> CallPlan:
    """Return a graph whose calls receive the result of `keeping` as their background tasks."""
    dependencies = tuple(_give_tasks(item, keeping) for item in node.dependencies)
    given = [replace(keeping, argument=item.name) for item in node.injected if item.kind is _TASKS]
    if not given and dependencies == node.dependencies:
        return node
    others = tuple(item for item in node.injected if item.kind is not _TASKS)
    return replace(node, injected=others, dependencies=(*given, *dependencies))


def _node(call: Callable[..., Any], *injected: Injected) -> CallPlan:
    return CallPlan(
        call=call,
        kind=CallKind.ASYNC_GENERATOR,
        injected=injected,
        marker=Depends(call, scope=_LIFETIME),
        lifetime=_LIFETIME,
        cache_key=(call, (), _LIFETIME),
    )


def _make_keeping(store: TaskStore) -> Callable[..., Any]:
    async def keep_tasks(tasks: StarletteBackgroundTasks) -> AsyncIterator[DurableTasks]:
        durable = DurableTasks(tasks, store)
        yield durable
        await durable.close()

    return keep_tasks


async def notice_success(tasks: DurableTasks) -> AsyncIterator[None]:
    yield
    tasks.has_succeeded = True
