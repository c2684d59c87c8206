"""Frontends: the files that a frontend tool has built, served under a path of the application.

A frontend is asked only when no other route matches. Its dependencies, overrides and body limit
are those of an operation at the same place: it is planned and compiled like one.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from pronghorn.compile.http_route import compile_route
from pronghorn.core.path_patterns import path_below_root
from pronghorn.core.revisions import bump_revision
from pronghorn.core.setup_errors import user_error
from pronghorn.declare.option_inheritance import combine_options
from pronghorn.exceptions import SetupAssertionError
from pronghorn.hooks import Handler
from pronghorn.plan.dependencies import Overrides
from pronghorn.plan.response import ResponseDeclaration
from pronghorn.plan.route import RouteDeclaration, override_dependencies, plan_route
from pronghorn.routes.base import RouteApp
from pronghorn.types import CheckDirectory, Directory, Fallback

if TYPE_CHECKING:
    from pronghorn.routes.frontend_files import FrontendFiles


class FrontendRoute(BaseRoute):
    """One frontend at one place of inclusion.

    Args:
        app: The files.
        options: What applies to it: ``prefix``, the path without a slash at the end;
            ``dependencies``, ``max_body_size``, ``form_limits``.
        provider: Has the ``dependency_overrides`` that apply.
    """

    def __init__(self, app: FrontendFiles, options: Mapping[str, Any], provider: Any) -> None:
        self.app = app
        self.options = {**options, "dependencies": list(options.get("dependencies") or ())}
        self.max_body_size: int | None = options.get("max_body_size")
        self.form_limits: Mapping[str, int] = options.get("form_limits") or {}
        self.dependency_overrides_provider = provider
        self.revision = bump_revision()
        self.path: str = options["prefix"]
        self.path_format = f"{self.path}/{{path}}"
        #: The frozen facts about this frontend, as if it were an operation.
        self.plan = plan_route(self._declaration())

    def _declaration(self) -> RouteDeclaration:
        return RouteDeclaration(
            path=self.path,
            path_format=self.path_format,
            path_names=frozenset(),
            endpoint=self._endpoint(),
            methods=frozenset({"GET", "HEAD"}),
            name="frontend",
            unique_id=f"frontend{self.path}",
            response=ResponseDeclaration(
                response_class=JSONResponse, explicit_class=False, model=None
            ),
            dependencies=tuple(self.options["dependencies"]),
            max_body_size=self.max_body_size,
            form_limits=self.form_limits,
        )

    def _endpoint(self) -> Any:
        async def frontend(request: Request, response: Response) -> Response:
            path = path_below_root(request.scope).removeprefix(self.path)
            answer = await self.app.respond(path, request.scope)
            answer.headers.raw.extend(response.headers.raw)
            return answer

        return frontend

    def included(self, outer: Mapping[str, Any], provider: Any) -> FrontendRoute:
        """This frontend as it is inside an outer level; see `APIRoute.included`."""
        options = combine_options(outer, self.options)
        return FrontendRoute(self.app, options, provider or self.dependency_overrides_provider)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Fully for every HTTP request at or below the path, whatever its method."""
        path = path_below_root(scope)
        if scope["type"] == "http" and (path == self.path or path.startswith(self.path + "/")):
            return Match.FULL, {}
        return Match.NONE, {}

    def compile_handler(self, overrides: Overrides) -> Handler:
        """The function that the router calls for this frontend, with overrides applied."""
        plan = override_dependencies(self.plan, overrides)
        return compile_route(plan, f"GET {self.path_format}", is_operation=False)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer outside of our own routers."""
        await RouteApp(self)(scope, receive, send)


class ServesFrontends:
    """What a router needs to serve frontends."""

    def _add_frontend(self, prefix: str, files: FrontendFiles) -> None:
        raise NotImplementedError

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDirectory = "auto",
    ) -> None:
        """Serve the files that a frontend tool has built, where no other route answers.

        Of several frontends, in this router or in others, the one with the longest path answers.
        The dependencies of the application, the routers and the inclusions run before it.

        Args:
            path: The path of the frontend; begins with ``/``.
            directory: The directory of the build; a link that leads out of it is not followed.
            fallback: What to send where no file is: ``"404.html"`` with status 404;
                ``"index.html"`` to a client whose ``Accept`` header names HTML, for paths that
                the page itself knows; ``"auto"`` for whichever of them exists, in this order;
                ``None`` for the 404 of the application.
            check_dir: Whether the directory must exist now. ``"auto"`` only warns if the
                environment variable ``FASTAPI_ENV`` is ``development``.

        Raises:
            SetupError: The path or the fallback cannot work, or the directory does not exist.
        """
        from pronghorn.routes.frontend_files import frontend_files

        prefix = frontend_path(path)
        self._add_frontend(prefix, frontend_files(directory, fallback, check_dir))


class Frontends:
    """The frontends of one router."""

    def __init__(self) -> None:
        self.routes: list[FrontendRoute] = []

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the one with the longest path answer, outside of our own routers."""
        for route in longest_path_first(self.routes):
            if route.matches(scope)[0] is Match.FULL:
                await route.handle(scope, receive, send)
                return
        raise HTTPException(404)


def longest_path_first(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Routes in the order in which they are asked when no other matches.

    Frontends come last, the one with the longest path before those whose path contains it.
    """

    def place(route: BaseRoute) -> int:
        return -len(route.path) if isinstance(route, FrontendRoute) else -sys.maxsize

    return sorted(routes, key=place)


def frontend_path(path: str) -> str:
    """The path of a frontend as a prefix: without a slash at its end, ``"/"`` as nothing.

    Raises:
        SetupAssertionError: It is empty, or does not begin with a slash.
    """
    if not path or (path != "/" and not path.strip("/")):
        problem = "A frontend path cannot be empty"
    elif not path.startswith("/"):
        problem = "A frontend path must start with '/'"
    else:
        return path.rstrip("/")
    raise user_error(
        problem,
        f"{path!r} was given",
        f"{'/' + path.strip('/') if path else '/'!r}",
        kind=SetupAssertionError,
    )
