"""The way of a request with a watcher: stage by stage, with each stage reported.

The stages are those of `compile.stages`; that of the dependencies is compiled
(`compile.staged`). This module goes through them for a whole request, without an object for each
stage, and writes an ordinary JSON response as a compiled handler does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.responses import Response

from pronghorn.compile.exact import ExactHandler
from pronghorn.compile.stages import (
    produce_in_thread,
    report_body,
    report_functions,
    report_solve,
)
from pronghorn.compile.steps import names_stacks
from pronghorn.core.kinds import InjectedKind
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.exceptions import RequestValidationError
from pronghorn.hooks import WATCHER, Handler, Watcher
from pronghorn.run.exact import Inputs
from pronghorn.run.exchange import Exchange
from pronghorn.run.injected import make_shared
from pronghorn.utils import is_body_allowed_for_status_code

#: The kinds of objects by which a function changes the response.
_OF_RESPONSE = frozenset({InjectedKind.RESPONSE, InjectedKind.BACKGROUND_TASKS})


def is_plain(exact: ExactHandler) -> bool:
    """Return True if a route has no exit code, and its results become JSON or are responses."""
    responder = exact.responder
    return (
        responder.direct
        and not exact.has_lifetime
        and not names_stacks(exact.steps)
        and exact.streamer is None
        and _OF_RESPONSE.isdisjoint(exact.shared)
        and is_body_allowed_for_status_code(responder.status_code or 200)
    )


def compile_staged(exact: ExactHandler, otherwise: Handler) -> Handler:
    """Return the handler for requests with a watcher.

    Args:
        exact: The exact way of a route for which `is_plain` is true.
        otherwise: Answers a request without a watcher.
    """
    status = exact.responder.status_code or 200
    plan, in_thread, render = exact.plan, exact.in_thread, exact.responder.render

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        watcher: Watcher | None = exchange.scope.get(WATCHER)
        if watcher is None:
            await otherwise(exchange, path)
            return
        functions = exact.stages or exact.make_stages()
        request = exchange.connection
        watcher.started(request, plan)
        body = PydanticUndefined
        if plan.body is not None:
            body = await report_body(functions.read, watcher, request)
        else:
            watcher.body_read(None)
        shared = make_shared(exact.shared) if exact.shared else {}
        inputs = Inputs(request, path, body, exact.embed, None, shared)
        arguments, errors = await report_solve(functions.solve, watcher, inputs)
        if errors:
            sent = None if body is PydanticUndefined else body
            found = exact.show_errors(errors, exchange.scope)
            raise RequestValidationError(found, body=sent, endpoint_ctx=exact.context()) from None
        if in_thread:
            reported = report_functions(functions, watcher)
            result, content = await call_in_thread(produce_in_thread, reported, arguments)
        else:
            with watcher.stage("endpoint"):
                result = await functions.call(arguments)
            if not isinstance(result, Response):
                with watcher.stage("serialization"):
                    content = render(result)
        if isinstance(result, Response):
            await exchange.send_response(result)
        elif not exchange.write_last_json(content, status):
            await exchange.send_json(content, status)

    return handler
