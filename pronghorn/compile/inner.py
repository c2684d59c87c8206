"""Compile the request handler of a route that something else surrounds.

A library that replaces `get_request_handler`, or a route class with its own `get_route_handler`,
calls a function with the request, and receives the response. That function is generated, as the
whole handler is, and does the same work. The differences:

- it reads from the request object that it is given;
- it returns the response, which its caller may change, and sends nothing;
- the stacks for exit code are those in the scope, and its caller closes them.

    async def respond(request):
        exchange = RequestView(request)
        path = request.path_params
        ...
        result = await read_item(item_id=v0_item_id)
        if isinstance(result, Response):
            return result
        content = render(result)
        return responder.make(content, None, None)
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pronghorn.compile.exact import ExactHandler, general_mode, read_body
from pronghorn.compile.http_route import HttpWriter
from pronghorn.compile.staged import ReadsRequest, RequestView, is_untouched
from pronghorn.hooks import WATCHER
from pronghorn.run.lifetime import RequestHandler
from pronghorn.run.stacks import find_lifetime

__all__ = ["InnerWriter", "compile_inner"]


def compile_inner(exact: ExactHandler) -> RequestHandler:
    """Return the function that takes the requests of one route and returns their responses.

    Args:
        exact: The exact way of the route. It answers requests with a watcher in stages, and
            those whose class has methods of the program.
    """
    if general_mode():
        return exact.respond
    quickly = InnerWriter(exact).compile_inner()

    async def respond(request: Request) -> Response:
        if WATCHER in request.scope or not is_untouched(request):
            return await exact.respond(request)
        response: Response = await quickly(request)
        return response

    return respond


class InnerWriter(ReadsRequest, HttpWriter):
    """Writes the request handler of one HTTP route."""

    #: The exact way continues with the request that the caller has made.
    resumes_with = "request"

    def __init__(self, exact: ExactHandler) -> None:
        super().__init__(exact)
        self.source.names.update(
            exactly=exact.respond,
            resume=exact.finish_from,
            RequestView=RequestView,
            read_body=read_body,
            find_lifetime=find_lifetime,
        )

    def compile_inner(self) -> Any:
        """Write the function and compile it."""
        source = self.source
        with source.block("async def respond(request):"):
            source.line("exchange = RequestView(request)")
            source.line("path = request.path_params")
            if self.has_lifetime:
                source.line("lifetime = find_lifetime(request)")
                with source.block("if lifetime is None:"):
                    # It says which dependency cannot be called.
                    source.line("return await exactly(request)")
            if self.body is not None:
                source.line("body = await read_body(request, plan)")
            self.write_shared()
            self.write_work()
        return source.compile("respond", self.label)

    def write_stream(self) -> None:
        """Write the end of a route that streams."""
        function, arguments = self.call_parts(len(self.steps) - 1)
        self.source.line(f"return streamer.response({function}({arguments}), {self.effects()})")

    def write_answer(self, rendered: bool) -> None:
        """Write what becomes of the result; `rendered` says that `content` exists already."""
        source = self.source
        with source.block("if isinstance(result, Response):"):
            value = "with_tasks(result, background)" if self.has_background else "result"
            source.line(f"return {value}")
        if not rendered:
            source.line("content = render(result)")
        source.line(f"return responder.make(content, {self.effects()})")
