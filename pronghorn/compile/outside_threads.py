"""Call `def` functions of `@app.inject`, in the thread of their caller.

If all dependencies are `def` functions too, they run in that thread, without an event loop.
Otherwise they run on an event loop: that of the worker thread, or a new one in another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from anyio import CapacityLimiter, from_thread
from anyio.from_thread import start_blocking_portal
from anyio.to_thread import run_sync

from pronghorn.compile.app_scope import Made
from pronghorn.compile.outside import OF_OUTER_BLOCK, Graph, open_graph
from pronghorn.compile.steps import limit_of
from pronghorn.core.concurrency_limits import current_loop
from pronghorn.core.kinds import CallKind
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupError
from pronghorn.plan.app_scope import identify
from pronghorn.plan.model import CallPlan
from pronghorn.run.lifetime_of_block import error_swallowed

Use = Callable[[Mapping[str, Any]], Any]


def call_in_thread(graph: Graph, use: Use) -> Any:
    """Open the dependencies of a `def` function, call it, and close them; return its result.

    Args:
        graph: The graph of the function.
        use: Calls the function with the arguments of its graph.

    Raises:
        SetupError: A dependency needs an event loop, and this thread runs one already.
    """
    waits = _find_waiting(graph)
    if waits is None:
        return _call_without_loop(graph, use)
    if _has_running_loop():
        raise _loop_is_busy(graph, waits)
    if _is_worker():
        return from_thread.run(_call_in_worker, graph, use)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_graph(graph)) as arguments,
    ):
        return use(arguments)


def _find_waiting(graph: Graph) -> CallPlan | None:
    """Return the first call that needs an event loop; None if all run in one thread."""
    pending = [step.call for step in graph.steps[:-1]]
    while pending:
        call = pending.pop(0)
        if call.kind is CallKind.APP_VALUE:
            if not graph.values.is_started and call.entry is not None:
                pending += [call.entry, *call.entry.dependencies]
        elif call.kind in (CallKind.COROUTINE, CallKind.ASYNC_GENERATOR) or limit_of(call):
            return call
    return None


def _has_running_loop() -> bool:
    try:
        current_loop()
    except RuntimeError:
        return False
    return True


def _is_worker() -> bool:
    """Return True in a worker thread of AnyIO, whose event loop waits for it."""
    try:
        from_thread.run_sync(int)
    except RuntimeError:
        return False
    return True


async def _call_in_worker(graph: Graph, use: Use) -> Any:
    """Open the dependencies on the event loop of a worker thread, and call the function in another.

    The limiter is its own, since the calling thread waits: if all worker threads waited, none would
    be left for the function.
    """
    async with open_graph(graph) as arguments:
        return await run_sync(use, arguments, limiter=CapacityLimiter(1))


def _loop_is_busy(graph: Graph, call: CallPlan) -> SetupError:
    name = getattr(graph.root.call, "__name__", "function")
    return setup_error(
        f"{name}() was called in the thread of the event loop, which its dependency "
        f"{describe_callable(call.call)} needs",
        f"{name} is a `def` function, and is called by an `async def` function",
        f"async def {name}(...), or await run_in_threadpool({name}, ...)",
        where=describe_callable(graph.root.call),
    )


# --- without an event loop --------------------------------------------------------------------


def _call_without_loop(graph: Graph, use: Use) -> Any:
    raised: BaseException | None = None
    with ExitStack() as stack:
        arguments = _open_in_thread(graph, stack)
        try:
            return use(arguments)
        except BaseException as error:
            raised = error
            raise
    raise error_swallowed(graph.label) from raised


def _open_in_thread(graph: Graph, stack: ExitStack) -> dict[str, Any]:
    """Make every call but the last one; return the arguments of the last one."""
    results = _read_app_scope(graph, stack)
    for index, step in enumerate(graph.steps[:-1]):
        if index not in results:
            arguments = {name: results[at] for name, at in step.arguments.items()}
            results[index] = _make_call(step.call, arguments, stack)
    return {name: results[at] for name, at in graph.steps[-1].arguments.items()}


def _make_call(call: CallPlan, arguments: Mapping[str, Any], stack: ExitStack) -> Any:
    if call.kind is CallKind.GENERATOR:
        manager: Any = contextmanager(call.call)(**arguments)
        return stack.enter_context(manager)
    return call.call(**arguments)


def _read_app_scope(graph: Graph, stack: ExitStack) -> dict[int, Any]:
    if not graph.leaves or graph.values.is_started:
        return graph.read_values()
    made = graph.read_outer_block()
    known = {index: _make_value(leaf, made, stack) for index, leaf in graph.leaves}
    before = graph.show_to_inner_blocks(made)
    stack.callback(OF_OUTER_BLOCK.set, before)
    return known


def _make_value(leaf: CallPlan, made: Made, stack: ExitStack) -> Any:
    key = identify(leaf)
    if key not in made:
        entry: Any = leaf.entry
        found = {item.argument: _make_value(item, made, stack) for item in entry.dependencies}
        made[key] = _make_call(entry, found, stack)
    return made[key]
