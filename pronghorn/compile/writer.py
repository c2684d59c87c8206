"""Write compiled handlers: one route becomes one function.

The handler of a route with a query parameter, a dependency and a model:

    async def handle(exchange, path):
        try:
            query = query_dict(exchange.query_string)
            v0_limit = check_limit(query['limit']) if 'limit' in query else default_limit
        except Exception:
            return await resume(exchange, path, Undefined, None, (), (), {})
        d0 = await get_session()
        result = await list_items(limit=v0_limit, session=d0)
        if isinstance(result, Response):
            await exchange.send_response(result)
        else:
            content = render(result)
            if not exchange.write_last_json(content, 200):
                await exchange.send_json(content, 200)

The order of effects is that of FastAPI: the body is read, then dependencies run in order, each
after its own parameters were read. Reading has no visible effect, so it moves to the front, unless
code of the program validates (`purity.is_pure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from contextvars import copy_context
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.responses import Response

from pronghorn.compile.json_body import JsonBody, json_body_of
from pronghorn.compile.parameter_expressions import Reads, absent
from pronghorn.compile.purity import is_pure
from pronghorn.compile.source import Source
from pronghorn.compile.steps import find_shared, is_instant, limit_of, needs_lifetime
from pronghorn.core.kinds import GENERATORS, CallKind, InjectedKind
from pronghorn.core.threads.hop import run_in_thread
from pronghorn.fields.field import Field
from pronghorn.plan.dependencies import Step
from pronghorn.plan.model import AnyPlan, BodyPlan, CallPlan
from pronghorn.run.exact import CONNECTION_ATTRIBUTES
from pronghorn.run.injected import SOURCES, OfConnection, OfExchange, OfRoute
from pronghorn.run.input.forms import extract_body
from pronghorn.run.input.parameters import extract_parameters
from pronghorn.run.input.query import query_dict, query_lists
from pronghorn.run.input.urlencoded import plain_fields
from pronghorn.run.lifetime import Lifetime

#: Location -> the expression from which the exact way reads its parameters.
RECEIVED = {"path": "path"} | {
    location: f"exchange.connection.{attribute}"
    for location, attribute in CONNECTION_ATTRIBUTES.items()
}


class StepReads:
    """The reads of one call: lines that assign variables, and the arguments that use them."""

    def __init__(self) -> None:
        self.arguments: dict[str, str] = {}
        self.unpacked: list[str] = []
        self.early: list[str] = []
        #: The locations whose validation runs code of the program, with the names of their fields.
        self.late: list[tuple[str, str]] = []


class HandlerWriter:
    """Writes the part that HTTP and WebSocket handlers share: reading and calling."""

    is_websocket = False
    #: The variable that the exact way receives to continue with.
    resumes_with = "exchange"

    def __init__(self, plan: AnyPlan, steps: Sequence[Step], body: BodyPlan | None) -> None:
        self.plan = plan
        self.steps = steps
        self.body = body
        self.source = Source()
        fields = [item for step in steps for item in step.call.parameter_fields]
        self.json_body = self.decide_json(body, steps)
        self.reader = Reads(self.source, plan.path, body, fields, self.json_body)
        self.has_lifetime = needs_lifetime(steps)
        self.instant = {index for index, step in enumerate(steps[:-1]) if is_instant(step.call)}
        self.shared = find_shared(steps)
        self.source.names.update(
            Response=Response,
            Undefined=PydanticUndefined,
            Lifetime=Lifetime,
            absent=absent,
            query_dict=query_dict,
            query_lists=query_lists,
            plain_fields=plain_fields,
            run_in_thread=run_in_thread,
            copy_context=copy_context,
            extract_parameters=extract_parameters,
            extract_body=extract_body,
            without_errors=without_errors,
        )
        if self.json_body is not None:
            self.source.names["exact_body"] = self.json_body.for_exact_way
        self.reads = [self._reads_of(index, step) for index, step in enumerate(steps)]

    def decide_json(self, body: BodyPlan | None, steps: Sequence[Step]) -> JsonBody | None:
        """Return how the JSON body is read; None if the route does not read JSON."""
        return json_body_of(body, steps)

    def write_shared(self) -> None:
        """Write a line for each object that the calls of an exchange share."""
        for source in self.shared.values():
            make = self.source.bind(source.make.__name__, source.make)
            self.source.line(f"{source.variable} = {make}()")

    def name_shared_variable(self, kind: InjectedKind) -> str:
        """Return the variable of a kind that is `OfExchange`; "None" if no call asks for it."""
        return self.shared[kind].variable if kind in self.shared else "None"

    # --- reading ------------------------------------------------------------------------

    def _reads_of(self, index: int, step: Step) -> StepReads:
        found = StepReads()
        for location, fields in step.call.reads:
            self._read_location(index, location, fields, found)
        return found

    def _read_location(
        self, index: int, location: str, fields: Sequence[Field], found: StepReads
    ) -> None:
        """Add the reads of one call from one location: one by one if simple, else all together."""
        bound = self.source.bind(f"{location}_fields{index}", tuple(fields))
        if not all(is_pure(item) for item in fields):
            found.unpacked.append(f"{location}_values{index}")
            found.late.append((location, bound))
            return
        expressions = [self.reader.of_field(item) for item in fields]
        if any(expression is None for expression in expressions):
            found.unpacked.append(f"{location}_values{index}")
            found.early.append(f"{location}_values{index} = {self._together(location, bound)}")
            return
        for item, expression in zip(fields, expressions, strict=True):
            found.arguments[item.name] = f"v{index}_{item.name}"
            found.early.append(f"v{index}_{item.name} = {expression}")

    def _together(self, location: str, fields: str) -> str:
        """Return an expression that reads all values of a location exactly, or raises."""
        return f"without_errors({self._extraction(location, fields)})"

    def _extraction(self, location: str, fields: str) -> str:
        if location != "body":
            return f"extract_parameters({fields}, {RECEIVED[location]})"
        return f"await extract_body({fields}, body, {bool(self.body and self.body.embed)})"

    def write_early_reads(self) -> None:
        """Write all reads that can come before the first call."""
        lines = [line for reads in self.reads for line in reads.early]
        if not lines and not self.reader.sources:
            return
        with self.source.block("try:"):
            for line in self.reader.sources.values():
                self.source.line(line)
            for line in lines:
                self.source.line(line)
        with self.source.block("except Exception:"):
            self.source.line(f"return await resume({self.resume_arguments()}, (), {{}})")

    def write_late_reads(self, index: int) -> None:
        """Write the reads that run code of the program: once, and after the earlier calls.

        If they find errors, the exact way continues from here and takes over the known values.
        """
        done = "".join(f"d{number}, " for number in range(index))
        known = ""
        for location, bound in self.reads[index].late:
            values, errors = f"{location}_values{index}", f"{location}_errors{index}"
            self.source.line(f"{values}, {errors} = {self._extraction(location, bound)}")
            known += f"({index}, {location!r}): ({values}, {errors}), "
            with self.source.block(f"if {errors}:"):
                resume = f"resume({self.resume_arguments()}, ({done}), {{{known}}})"
                self.source.line(f"return await {resume}")

    def resume_arguments(self) -> str:
        """Return the arguments of `resume`, except for `done` and `known`."""
        body = "Undefined" if self.body is None else "body"
        if self.json_body is not None:
            body = "exact_body(body)"
        lifetime = "lifetime" if self.has_lifetime else "None"
        shared = "".join(f"{source.variable}, " for source in self.shared.values())
        return f"{self.resumes_with}, path, {body}, {lifetime}, ({shared})"

    # --- calling ------------------------------------------------------------------------

    def write_dependencies(self) -> None:
        """Write every call but the endpoint; consecutive `def` functions share a worker thread."""
        index = 0
        while index < len(self.steps) - 1:
            run = self.thread_run(index)
            self.write_late_reads(index)
            if run[-1] == len(self.steps) - 1:
                return  # The endpoint is part of the run and writes it.
            if len(run) > 1:
                self._write_thread_run(run)
            else:
                self._write_call(index)
            index += len(run)

    def thread_run(self, index: int) -> list[int]:
        """Return the indexes of the calls from `index` on that share one hop to a thread."""
        run = [index]
        if not self.hops(index):
            return run
        while run[-1] + 1 < len(self.steps):
            following = run[-1] + 1
            # What needs no thread does not end the run: two runs would be two hops.
            if not self.hops(following) and following not in self.instant:
                break
            if self.reads[following].late:
                break
            run.append(following)
        return run

    def hops(self, index: int) -> bool:
        """Return True if a call needs a worker thread, and shares it with its neighbours."""
        call = self.steps[index].call
        if index == len(self.steps) - 1:
            return self.endpoint_hops()
        is_in_thread = call.kind is CallKind.THREAD and index not in self.instant
        return is_in_thread and limit_of(call) is None

    def _hops_next(self, index: int) -> bool:
        """Return True if the step after a call is one in a worker thread."""
        following = index + 1
        call = self.steps[following].call
        if self.reads[following].late or limit_of(call) is not None:
            return False
        return self.hops(following) or call.kind is CallKind.GENERATOR

    def endpoint_hops(self) -> bool:
        """Return True if the endpoint runs in a worker thread."""
        return self.steps[-1].call.kind is CallKind.THREAD

    def trailing_run(self) -> list[int]:
        """Return the indexes of the calls in the endpoint's thread, including the endpoint."""
        index = 0
        while True:
            run = self.thread_run(index)
            if run[-1] == len(self.steps) - 1:
                return run
            index += len(run)

    def _write_thread_run(self, run: Sequence[int]) -> None:
        names = ", ".join(f"d{index}" for index in run)
        with self.source.block("def in_thread():"):
            self.write_calls_in_thread(run)
            self.source.line(f"return {names}")
        self.write_claim(run[0])
        self.source.line(f"{names} = await run_in_thread(in_thread)")

    def write_claim(self, index: int) -> None:
        """Write what a call in a worker thread needs if dependencies are open before it."""
        if any(step.call.kind in GENERATORS for step in self.steps[:index]):
            self.source.line("lifetime.claim()")

    def write_calls_in_thread(self, run: Sequence[int]) -> None:
        """Write calls in one thread, each with its own context, as if it had its own hop."""
        for index in run:
            function, arguments = self.call_parts(index)
            call = f"{function}, {arguments}" if arguments else function
            self.source.line(f"d{index} = copy_context().run({call})")

    def _write_call(self, index: int) -> None:
        call = self.steps[index].call
        if call.kind is CallKind.APP_VALUE:
            self.source.line(f"d{index} = {self.holder_of(call)}.value")
            return
        function, arguments = self.call_parts(index)
        limit = limit_of(call)
        semaphore = f"{self.source.bind(f'limit{index}', limit)}.get_semaphore()"
        if call.kind in GENERATORS:
            lifetime = call.lifetime or "request"
            if limit is not None:
                stack = f"lifetime.{lifetime}_stack"
                self.source.line(f"await {stack}.enter_async_context({semaphore})")
            entered = f"{lifetime!r}, {function}({arguments})"
            if call.kind is CallKind.ASYNC_GENERATOR:
                self.source.line(f"d{index} = await lifetime.enter({entered})")
                return
            if self._hops_next(index):
                entered += ", keeps_token=True"
            self.source.line(f"d{index} = await lifetime.enter_in_threads({entered})")
            return
        if call.kind is CallKind.THREAD and index not in self.instant and limit is None:
            self.write_claim(index)
        with self.source.block(f"async with {semaphore}:") if limit else nullcontext():
            if call.kind is CallKind.COROUTINE:
                self.source.line(f"d{index} = await {function}({arguments})")
            elif index in self.instant:
                self.source.line(f"d{index} = {function}({arguments})")
            else:
                self.source.line(f"d{index} = await run_in_thread(lambda: {function}({arguments}))")

    def holder_of(self, call: CallPlan) -> str:
        """Return the expression for the holder of a value of the application."""
        name = getattr(call.call, "__name__", type(call.call).__name__)
        return self.source.bind(f"app_{name}", call.holder)

    def call_parts(self, index: int) -> tuple[str, str]:
        """Return the name of a call's function, and its keyword arguments as text."""
        step = self.steps[index]
        name = getattr(step.call.call, "__name__", type(step.call.call).__name__)
        function = self.source.bind(f"{name}_", step.call.call)
        arguments = {item: f"d{number}" for item, number in step.arguments.items()}
        arguments |= self.reads[index].arguments
        for item in step.call.injected:
            value = self.inject_value(item.kind, step.call, index)
            if value is not None:
                arguments[item.name] = value
        parts = [f"{item}={value}" for item, value in arguments.items()]
        parts += [f"**{name}" for name in self.reads[index].unpacked]
        return function, ", ".join(parts)

    def inject_value(self, kind: InjectedKind, call: CallPlan, index: int) -> str | None:
        """Return the expression for an injected value; None if the parameter gets its default."""
        source = SOURCES[kind]
        if isinstance(source, OfExchange):
            return source.variable
        if isinstance(source, OfConnection):
            exists = source.exists(is_websocket=self.is_websocket)
            return "exchange.connection" if exists else None
        if isinstance(source, OfRoute):
            return self._value_of_route(source)
        make = self.source.bind(source.make.__name__, source.make)
        scopes = self.source.bind(f"scopes{index}", call.scopes)
        return f"{make}(list({scopes}))"

    def _value_of_route(self, source: OfRoute) -> str:
        """Return the expression for a value that the method and the route decide."""
        methods = list(getattr(self.plan, "methods", ())) or [None]
        name = f"{source.make.__name__.lower()}_of_route"
        if len(methods) == 1:
            return self.source.bind(name, source.make(methods[0], self.plan.path))
        make = self.source.bind(source.make.__name__, source.make)
        return f"{make}(exchange.scope['method'], {self.plan.path!r})"


def without_errors(found: tuple[dict[str, Any], list[Any]]) -> dict[str, Any]:
    """Return the extracted values; raise an exception if the exact way must report errors."""
    values, errors = found
    if errors:
        raise ValueError(errors)
    return values
