"""Serve the files that a frontend tool has built under a path of the application.

A frontend is tried only when no other route matches. It is planned and compiled like an operation,
so dependencies, overrides and the body limit apply to it in the same way.
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
from pronghorn.compile.steps import bind_app_values, bind_task_store
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
    """One frontend, at one place where it is included.

    Args:
        app: The files.
        options: Its `prefix`, which is the path without a slash at the end, and its
            `dependencies`, and its limits of bodies and forms.
        provider: An object with the `dependency_overrides` that apply.
    """

    def __init__(self, app: FrontendFiles, options: Mapping[str, Any], provider: Any) -> None:
        self.app = app
        self.options = {**options, "dependencies": list(options.get("dependencies") or ())}
        self.max_body_size: int | None = options.get("max_body_size")
        self.max_json_size: int | None = options.get("max_json_size")
        self.form_limits: Mapping[str, int] = options.get("form_limits") or {}
        self.dependency_overrides_provider = provider
        self._revision = bump_revision()
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
            max_json_size=self.max_json_size,
            form_limits=self.form_limits,
        )

    def _endpoint(self) -> Any:
        async def frontend(request: Request, response: Response) -> Response:
            path = path_below_root(request.scope).removeprefix(self.path)
            answer = await self.app.respond(path, request.scope)
            answer.headers.raw.extend(response.headers.raw)
            return answer

        return frontend

    def _copy_for_inclusion(self, outer: Mapping[str, Any], provider: Any) -> FrontendRoute:
        """Return a copy for an outer router; see `APIRoute._copy_for_inclusion`."""
        options = combine_options(outer, self.options)
        return FrontendRoute(self.app, options, provider or self.dependency_overrides_provider)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return a full match for every HTTP request at or below the path, whatever its method."""
        path = path_below_root(scope)
        if scope["type"] == "http" and (path == self.path or path.startswith(self.path + "/")):
            return Match.FULL, {}
        return Match.NONE, {}

    def _compile_handler(self, overrides: Overrides) -> Handler:
        """Return the function that the router calls for this frontend, with overrides applied."""
        application = self.dependency_overrides_provider
        plan = bind_task_store(override_dependencies(self.plan, overrides), application)
        plan = bind_app_values(plan, application)
        return compile_route(plan, f"GET {self.path_format}", is_operation=False)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request that a router other than ours has matched."""
        await RouteApp(self)(scope, receive, send)


class ServesFrontends:
    """The part of a router that declares frontends."""

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
        """Serve the files that a frontend tool has built, for requests that no other route matches.

        If several frontends match, in this router or in others, the one with the longest path
        responds. The dependencies of the application, the routers and the inclusions run first.

        Args:
            path: The path of the frontend; begins with `/`.
            directory: The directory of the build. Links that lead out of it are not followed.
            fallback: The response when there is no file for a path. `"404.html"` sends that page
                with status 404. `"index.html"` sends that page to clients whose `Accept` header
                names HTML, for paths that the page routes itself. `"auto"` takes whichever of
                them exists, in this order. `None` leaves it to the 404 of the application.
            check_dir: Whether the directory must exist now. `"auto"` only warns if the
                environment variable `FASTAPI_ENV` is `development`.

        Raises:
            SetupError: The path or the fallback is not valid, or the directory does not exist.
        """
        from pronghorn.routes.frontend_files import frontend_files

        prefix = frontend_path(path)
        self._add_frontend(prefix, frontend_files(directory, fallback, check_dir))


class Frontends:
    """The frontends of one router."""

    def __init__(self) -> None:
        self.routes: list[FrontendRoute] = []

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request that a router other than ours has matched; the longest path wins."""
        for route in longest_path_first(self.routes):
            if route.matches(scope)[0] is Match.FULL:
                await route.handle(scope, receive, send)
                return
        raise HTTPException(404)


def longest_path_first(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Return routes in the order in which they are tried when no other route matches.

    Frontends come last, those with longer paths first.
    """

    def place(route: BaseRoute) -> int:
        return -len(route.path) if isinstance(route, FrontendRoute) else -sys.maxsize

    return sorted(routes, key=place)


def frontend_path(path: str) -> str:
    """Return the path of a frontend as a prefix: without a slash at its end, so `"/"` is empty.

    Raises:
        SetupAssertionError: The path is empty, or does not begin with a slash.
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
