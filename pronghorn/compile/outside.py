"""Run the dependencies of `app.resolve` and `app.inject`, in the calls of the exact way.

If the application has not started, as in a script, the dependencies with `scope="app"` that are
needed are made for the outermost block of the task, and closed at its end. Blocks and tasks inside
share them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from pronghorn.compile.app_scope import Made, make_value
from pronghorn.compile.steps import calls_of
from pronghorn.core.kinds import CallKind
from pronghorn.core.records import NOTHING
from pronghorn.core.setup_errors import describe_callable
from pronghorn.plan.app_scope import identify
from pronghorn.plan.dependencies import order_calls
from pronghorn.plan.model import CallPlan
from pronghorn.run.app_values import AppValues
from pronghorn.run.exact import Inputs, solve
from pronghorn.run.lifetime_of_block import open_lifetime

#: The values that an outer block has made, as the application has not started.
OF_OUTER_BLOCK: ContextVar[Mapping[tuple[AppValues, Any], Any]] = ContextVar(
    "pronghorn_app_values", default=NOTHING
)


class Graph:
    """The calls of one graph that ends in a function outside of a request.

    Args:
        root: The plan of the function.
        values: The values of the application.
        label: The function for people.
    """

    def __init__(self, root: CallPlan, values: AppValues, label: str = "") -> None:
        self.root = root
        self.values = values
        self.label = label or describe_callable(root.call)
        self.steps = order_calls(root)
        self.calls = calls_of(self.steps)
        self.leaves = [
            (index, step.call)
            for index, step in enumerate(self.steps)
            if step.call.kind is CallKind.APP_VALUE
        ]

    def read_values(self) -> dict[int, Any]:
        """Return the values of the running application, by the index of their calls."""
        holder, found = self.values.holder, {}
        for index, leaf in self.leaves:
            self.values.refuse_late_override(leaf.cache_key, identify(leaf), leaf.call)
            found[index] = holder(leaf.cache_key, leaf.call).value
        return found

    def read_outer_block(self) -> Made:
        """Return the values that an outer block has made for this application."""
        return {
            key: value for (of, key), value in OF_OUTER_BLOCK.get().items() if of is self.values
        }

    def show_to_inner_blocks(self, made: Made) -> Mapping[tuple[AppValues, Any], Any]:
        """Show values to blocks inside; return what they saw before, for the end of this block."""
        before = OF_OUTER_BLOCK.get()
        OF_OUTER_BLOCK.set({**before, **{(self.values, key): made[key] for key in made}})
        return before


@asynccontextmanager
async def open_graph(graph: Graph) -> AsyncIterator[Mapping[str, Any]]:
    """Open the dependencies of a function; return its arguments.

    An exception inside is raised at the `yield` of the dependencies, as in a request.
    """
    async with _open_app_scope(graph) as known, open_lifetime(graph.label) as lifetime:
        connection: Any = None  # No call of the graph reads it.
        inputs = Inputs(connection, NOTHING, lifetime=lifetime, done=known)
        arguments, _ = await solve(graph.calls, inputs)
        yield arguments


@asynccontextmanager
async def _open_app_scope(graph: Graph) -> AsyncIterator[dict[int, Any]]:
    """Return the values of the application by the index of their calls; make those that lack."""
    if not graph.leaves or graph.values.is_started:
        yield graph.read_values()
        return
    made = graph.read_outer_block()
    if all(identify(leaf) in made for _, leaf in graph.leaves):
        yield {index: made[identify(leaf)] for index, leaf in graph.leaves}
        return
    async with open_lifetime(graph.label) as lifetime:
        known = {index: await make_value(leaf, made, lifetime) for index, leaf in graph.leaves}
        before = graph.show_to_inner_blocks(made)
        try:
            yield known
        finally:
            OF_OUTER_BLOCK.set(before)
