"""Explain the decisions about a route: its plan, handler, thread hops and fast paths.

`pronghorn explain` prints the explanation. This code never runs during a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from pronghorn.compile.exact import ExactHandler
from pronghorn.compile.http_route import HttpWriter
from pronghorn.compile.purity import FILE, why_impure
from pronghorn.compile.steps import names_stacks
from pronghorn.compile.websocket import WebSocketWriter, exact_connection
from pronghorn.compile.writer import HandlerWriter
from pronghorn.core.kinds import GENERATORS, CallKind
from pronghorn.core.setup_errors import describe_callable
from pronghorn.fields.field import Field
from pronghorn.plan.dependencies import Step
from pronghorn.plan.model import AnyPlan, CallPlan, RoutePlan


@dataclass(frozen=True)
class Explanation:
    """One route, explained.

    Attributes:
        label: The route for people: `GET /items/{item_id}`.
        plan: The plan, one line for each fact.
        source: The source of the compiled handler.
        hops: For each trip to a worker thread, the names of the functions that run there.
        notes: The fast paths that the route takes, and why it does not take the others.
        detours: The notes that explain why a fast path is not taken.
    """

    label: str
    plan: list[str]
    source: str
    hops: list[list[str]]
    notes: list[str]
    detours: list[str]


def explain_plan(plan: AnyPlan, label: str) -> Explanation:
    """Explain a route from its plan; its handler is compiled as for requests."""
    writer: HandlerWriter
    if isinstance(plan, RoutePlan):
        http = HttpWriter(ExactHandler(plan, label))
        http.compile()
        detours = [*_taking(http.steps), *_reading(http), *_parsing(http), *_rendering(plan)]
        writer, taken = http, [*_straight(http), *_answering(plan)]
    else:
        websocket = WebSocketWriter(exact_connection(plan))
        websocket.compile()
        writer, detours, taken = websocket, list(_reading(websocket)), []
    return Explanation(
        label=label,
        plan=list(_plan_lines(plan.root, 0)) + list(_body_lines(plan)),
        source=writer.source.text(),
        hops=list(_hops(writer)),
        notes=detours + taken,
        detours=detours,
    )


def _plan_lines(call: CallPlan, depth: int) -> Iterator[str]:
    indent = "  " * depth
    facts = [call.kind.value]
    if call.entry is not None:
        facts.append("made once, when the application starts")
    elif call.marker is not None:
        facts.append("shared in the request" if call.use_cache else "called at each use")
    if call.lifetime is not None and call.lifetime != "app":
        facts.append(f"closed with the {call.lifetime}")
    elif call.entry is not None and call.entry.kind in GENERATORS:
        facts.append("closed when it stops")
    if call.scopes:
        facts.append(f"scopes {' '.join(call.scopes)}")
    name = f"{call.argument} = " if call.argument else ""
    yield f"{indent}{name}{describe_callable(call.call)}: {', '.join(facts)}"
    for item in call.injected:
        yield f"{indent}  {item.name}: the {item.kind.words}"
    for location, fields in call.reads:
        for field in fields:
            yield f"{indent}  {field.name}: {_field_text(field, location)}"
    for dependency in (call.entry or call).dependencies:
        yield from _plan_lines(dependency, depth + 1)


def _field_text(field: Field, location: str) -> str:
    kind = getattr(field.annotation, "__name__", None) or str(field.annotation)
    name = "" if field.alias == field.name else f" as {field.alias!r}"
    need = "required" if field.required else f"default {field.info.default!r}"
    return f"{kind} from the {location}{name}, {need}"


def _body_lines(plan: Any) -> Iterator[str]:
    body = getattr(plan, "body", None)
    if body is None:
        return
    shape = "an object with one member per field" if body.embed else "one value"
    yield f"body: {body.kind.value} ({body.media_type}), {shape}"


def _taking(steps: Sequence[Step]) -> Iterator[str]:
    """Yield a note if the compiled handler is not used."""
    if names_stacks(steps):
        yield (
            "a function takes an exit stack out of the scope, so the request is answered step by "
            "step, not by the handler above"
        )


def _reading(writer: HandlerWriter) -> Iterator[str]:
    """Yield a note for each value that is not read by an expression in the handler."""
    for step in writer.steps:
        for _, fields in step.call.reads:
            impure = [(field.name, why) for field in fields if (why := why_impure(field))]
            if impure:
                yield _describe_late([name for name, _ in impure], [code for _, code in impure])
            elif any(writer.reader.of_field(field) is None for field in fields):
                names = ", ".join(field.name for field in fields)
                yield f"{names}: read together by the exact way ({_why_together(fields)})"


def _describe_late(names: list[str], code: list[str]) -> str:
    """Return the note for values that are read in the order of FastAPI."""
    if set(code) == {FILE}:
        return f"{', '.join(names)}: read after the dependencies that come first: {FILE}"
    of_pydantic = all(each.endswith(" of Pydantic") for each in code)
    owner = "Pydantic that looks outside of the value" if of_pydantic else "the program"
    return (
        f"{', '.join(names)}: validated by code of {owner}, so it is read after the dependencies "
        f"that come first, by the exact way: {', '.join(dict.fromkeys(code))}"
    )


def _why_together(fields: tuple[Field, ...]) -> str:
    if any(field.model is not None for field in fields):
        return "parameter model"
    if any(field.is_file for field in fields):
        return "file"
    if any(len(field.lookups) > 1 for field in fields):
        return "several aliases"
    return "form list or union"


def _parsing(writer: HandlerWriter) -> Iterator[str]:
    """Yield a note if the JSON of the body is parsed before it is validated."""
    if writer.json_body is not None and writer.json_body.reason is not None:
        yield f"body: {writer.json_body.reason}: JSON parsed in Python mode"


def _straight(writer: HandlerWriter) -> Iterator[str]:
    if writer.json_body is not None and writer.json_body.reason is None:
        yield "body: validated straight from its JSON by Pydantic's core"


def _rendering(plan: RoutePlan) -> Iterator[str]:
    """Yield a note if the result is not written as JSON directly."""
    response = plan.response
    if response.stream is None and response.explicit_class:
        yield (
            f"explicit response_class {response.response_class.__name__}: the result becomes "
            "Python data first, then the class renders it"
        )


def _answering(plan: RoutePlan) -> Iterator[str]:
    response = plan.response
    if response.stream is not None:
        yield f"answers with a stream: {response.stream.value}"
    elif response.field is None and not response.explicit_class:
        yield "no response model: plain dicts and lists are written as JSON directly"
    elif not response.explicit_class:
        yield "response model: validated and written as JSON by Pydantic's core"
    if plan.max_body_size is not None:
        yield f"max_body_size {plan.max_body_size}: received bytes are counted"
    if plan.max_json_size is not None:
        yield f"max_json_size {plan.max_json_size}: those of bodies that are no uploads"
    if plan.cache is not None:
        yield f"{plan.cache}: a kept response is sent in place of this, else the exact way runs"
    if plan.timeout not in (None, inf):
        yield f"timeout {plan.timeout:g} s: the endpoint is cancelled and answered with 504"
    if plan.on_disconnect == "cancel":
        is_def = plan.root.kind is CallKind.THREAD
        yield f'on_disconnect "cancel"{": no effect on a `def` endpoint" if is_def else ""}'


def _hops(writer: HandlerWriter) -> Iterator[list[str]]:
    """Yield the function names of each trip to a worker thread; neighbours share a trip."""
    index = 0
    while index < len(writer.steps):
        run = writer.thread_run(index)
        names = [_name(writer.steps[at].call) for at in run]
        call = writer.steps[index].call
        is_last = index == len(writer.steps) - 1
        in_thread = call.kind is CallKind.THREAD and index not in writer.instant
        if len(run) > 1 or (writer.endpoint_hops() if is_last else in_thread):
            yield names
        elif call.kind is CallKind.GENERATOR and not is_last:
            yield [f"{names[0]} (start)"]
            yield [f"{names[0]} (end)"]
        index += len(run)


def _name(call: CallPlan) -> str:
    return getattr(call.call, "__name__", type(call.call).__name__)
