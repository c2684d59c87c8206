"""Connect plans with the values of an application, and make these values when it starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from pronghorn.core.concurrency_limits import current_loop
from pronghorn.core.kinds import CallKind
from pronghorn.core.records import replace
from pronghorn.core.setup_errors import add_place, describe_callable
from pronghorn.plan.app_scope import identify
from pronghorn.plan.model import CallPlan
from pronghorn.run.app_values import AppValues, Start, no_application, values_of
from pronghorn.run.exact import Call, make_call
from pronghorn.run.injected import outside_value
from pronghorn.run.lifetime import Lifetime
from pronghorn.run.lifetime_of_block import open_lifetime

#: What made a value -> the value.
Made = dict[Hashable, Any]
#: An application's values, and a leaf in one of its graphs.
Leaf = tuple[AppValues, CallPlan]


def bind_calls(node: CallPlan, application: Any) -> CallPlan:
    """Return a graph whose values of the application have their holders.

    Raises:
        SetupError: The route belongs to no application, or an override came after the start.
    """
    if node.kind is CallKind.APP_VALUE:
        values = values_of(application)
        if values is None:
            raise no_application(node.call)
        values.refuse_late_override(node.cache_key, identify(node), node.call)
        return replace(node, holder=values.holder(node.cache_key, node.call))
    bound = tuple(bind_calls(item, application) for item in node.dependencies)
    if all(one is other for one, other in zip(bound, node.dependencies, strict=True)):
        return node
    return replace(node, dependencies=bound)


async def make_value(leaf: CallPlan, made: Made, lifetime: Lifetime) -> Any:
    """Make one value, after those on which it depends; return it.

    Args:
        leaf: The leaf of a graph.
        made: The values that exist; new ones are added.
        lifetime: The stack that closes the new values, in reverse order.
    """
    key = identify(leaf)
    if key in made:
        return made[key]
    entry: Any = leaf.entry
    arguments: dict[str, Any] = {}
    for dependency in entry.dependencies:
        value = await make_value(dependency, made, lifetime)
        if dependency.argument is not None:
            arguments[dependency.argument] = value
    arguments |= {name: outside_value(kind) for name, kind in entry.injected}
    try:
        value = await make_call(Call(entry.call, entry.kind), arguments, lifetime)
    except Exception as error:
        add_place(error, f"the dependency {describe_callable(entry.call)}, with scope='app'")
        raise
    made[key] = value
    return value


@asynccontextmanager
async def run_app_scope(
    leaves: Iterable[Leaf], outermost: AppValues | None = None
) -> AsyncIterator[None]:
    """Make the values of one or several applications, show them, and close them at the end.

    Values that the same calls make are shared by the applications.

    Args:
        leaves: What the applications use, in declared order.
        outermost: The values of the application that starts; it counts as started even if it uses
            none.
    """
    made: Made = {}
    starts: dict[AppValues, Start] = {}
    if outermost is not None:
        starts[outermost] = Start(current_loop(), {}, {})
    async with open_lifetime("the start of the application") as lifetime:
        for values, leaf in leaves:
            start = starts.setdefault(values, Start(current_loop(), {}, {}))
            value = await make_value(leaf, made, lifetime)
            start.values[leaf.cache_key] = value
            start.made_by[leaf.cache_key] = identify(leaf)
        for values, start in starts.items():
            values.add(start)
        try:
            yield
        finally:
            for values, start in starts.items():
                values.remove(start)
