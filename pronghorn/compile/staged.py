"""Compile the first stage of a route alone: read the parameters, and call the dependencies.

A tool that watches a program, or a route class of the program, stands between the stages of a
route: it wraps the request handler, the endpoint or the serialisation. Such a route cannot be one
function. The interpreter of `compile.exact` then goes from stage to stage, and its longest stage is
the function that this module writes:

    async def solve(inputs):
        exchange = RequestView(inputs.connection)
        path, body, lifetime = inputs.path, inputs.body, inputs.lifetime
        try:
            query = query_dict(exchange.query_string)
            v0_limit = check_limit(query['limit']) if 'limit' in query else default_limit
        except Exception:
            return await resume(inputs, (), {})
        d0 = await get_session()
        inputs.results = (d0, )
        return {'limit': v0_limit, 'session': d0}, []

It reads from the request object that the interpreter has received, since a wrapper may have made
another. What it cannot read goes the exact way, as in a whole handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from starlette.requests import HTTPConnection, Request

from pronghorn.compile.json_body import JsonBody, expect_parsed
from pronghorn.compile.stages import Solve
from pronghorn.compile.steps import needs_lifetime
from pronghorn.compile.writer import HandlerWriter
from pronghorn.core.private_names import has_names
from pronghorn.plan.dependencies import Step
from pronghorn.plan.model import BodyPlan, CallPlan, RoutePlan
from pronghorn.run.exact import Call, Inputs, Known, Solved, solve

#: A request keeps its query under this name once a program has asked for it, and may change it.
_KEEPS_QUERY = has_names(
    "starlette.requests",
    ("HTTPConnection._query_params",),
    "The dependencies of routes with a watcher are called one by one, which is slower.",
)


def compile_solve(
    plan: RoutePlan, label: str, steps: Sequence[Step], calls: Sequence[Call]
) -> Solve:
    """Return a function that does for one route what `run.exact.solve` does.

    Args:
        plan: The plan of the route.
        label: The route for people: `GET /items/{item_id}`.
        steps: Its calls in the order of execution.
        calls: The same, as the exact way makes them.
    """
    exactly = partial(solve, calls)
    embed = bool(plan.body and plan.body.embed)
    quickly = SolveWriter(plan, label, steps, exactly).compile()
    has_lifetime = needs_lifetime(steps)

    async def solve_stage(inputs: Inputs) -> Solved:
        if inputs.done or inputs.embed != embed or not is_untouched(inputs.connection):
            return await exactly(inputs)
        if has_lifetime and inputs.lifetime is None:  # It says which dependency cannot be called.
            return await exactly(inputs)
        found: Solved = await quickly(inputs)
        return found

    return solve_stage


def is_untouched(connection: HTTPConnection) -> bool:
    """Return True if a request has the values that are in its scope.

    A class of the program may have methods of its own. An ordinary request keeps its query once it
    has been asked for it; whoever has asked may have changed it.
    """
    return _KEEPS_QUERY and type(connection) is Request and "_query_params" not in vars(connection)


class RequestView:
    """A request object, with the methods by which compiled code reads from an exchange.

    The request may have kept its headers and cookies before; those count.
    """

    __slots__ = ("connection", "scope")

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.scope = connection.scope

    @property
    def query_string(self) -> bytes:
        """Return the query as the client sent it."""
        query: bytes = self.scope["query_string"]
        return query

    def first_headers(self) -> dict[bytes, bytes]:
        """Return all headers by name, the first value of each."""
        return dict(reversed(self.connection.headers.raw))

    def header_values(self, name: bytes) -> list[str]:
        """Return every value of a header; `name` is in lower case."""
        raw = self.connection.headers.raw
        return [str(value, "latin-1") for key, value in raw if key == name]

    def cookies(self) -> dict[str, str]:
        """Return the cookies of all `Cookie` headers; a later one wins."""
        return self.connection.cookies


class ReadsRequest(HandlerWriter):
    """The part of writers whose functions read from a request object."""

    def decide_json(self, body: BodyPlan | None, steps: Sequence[Step]) -> JsonBody | None:
        """Return that a JSON body is parsed: others have seen it, and may have changed it."""
        return expect_parsed(body, "others see the parsed body")

    def holder_of(self, call: CallPlan) -> str:
        """Return the expression for the holder of a value of the application.

        The graph may be that of a library; then only the request knows the application.
        """
        if call.holder is not None:
            return super().holder_of(call)
        from pronghorn.run.app_values import find_holder

        name = getattr(call.call, "__name__", type(call.call).__name__)
        find = self.source.bind("find_holder", find_holder)
        key = self.source.bind(f"key_of_{name}", call.cache_key)
        return f"{find}(exchange.connection, {key}, {self.source.bind(name, call.call)})"


class SolveWriter(ReadsRequest):
    """Writes the function that solves the graph of one HTTP route.

    Args:
        plan: The plan of the route.
        label: The route for people.
        steps: Its calls in the order of execution.
        exactly: Solves the graph exactly, from where the inputs say.
    """

    def __init__(self, plan: RoutePlan, label: str, steps: Sequence[Step], exactly: Solve) -> None:
        super().__init__(plan, steps, plan.body)
        self.label = label

        async def resume(inputs: Inputs, done: Sequence[Any], known: Known) -> Solved:
            inputs.done, inputs.known = dict(enumerate(done)), known
            return await exactly(inputs)

        self.source.names.update(resume=resume, RequestView=RequestView)

    def compile(self) -> Callable[[Inputs], Awaitable[Solved]]:
        """Write the function and compile it."""
        source, last = self.source, len(self.steps) - 1
        with source.block("async def solve(inputs):"):
            source.line("exchange = RequestView(inputs.connection)")
            source.line("path, body, lifetime = inputs.path, inputs.body, inputs.lifetime")
            self.write_shared()
            self.write_early_reads()
            self.write_dependencies()
            self.write_late_reads(last)
            source.line(f"inputs.results = ({''.join(f'd{at}, ' for at in range(last))})")
            source.line(f"return {{{self._arguments(last)}}}, []")
        return source.compile("solve", f"{self.label}, its dependencies")

    def write_shared(self) -> None:
        """Write a line for each object that the calls share; the caller has made them."""
        for kind, shared in self.shared.items():
            name = self.source.bind(f"kind_{shared.variable}", kind)
            self.source.line(f"{shared.variable} = inputs.shared[{name}]")

    def resume_arguments(self) -> str:
        """Return the arguments of `resume`, except for `done` and `known`."""
        return "inputs"

    def endpoint_hops(self) -> bool:
        """Return False: the endpoint is not called here."""
        return False

    def _arguments(self, index: int) -> str:
        """Return the members of the dictionary of a call's arguments, in the order of FastAPI."""
        step, reads = self.steps[index], self.reads[index]
        parts = [f"{item!r}: d{number}" for item, number in step.arguments.items()]
        for location, fields in step.call.reads:
            together = f"{location}_values{index}"
            if together in reads.unpacked:
                parts.append(f"**{together}")
            else:
                parts += [f"{item.name!r}: {reads.arguments[item.name]}" for item in fields]
        for item in step.call.injected:
            value = self.inject_value(item.kind, step.call, index)
            if value is not None:
                parts.append(f"{item.name!r}: {value}")
        return ", ".join(parts)
