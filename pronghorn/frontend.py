"""Frontends: the files that a frontend tool has built, served under a path of the application.

A frontend is asked only when no other route matches. Its dependencies, overrides and body limit
are those of an operation at the same place: it is planned and compiled like one.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from errno import ENAMETOOLONG
from typing import Any, Literal, NamedTuple

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from pronghorn.compile.app import Overrides
from pronghorn.compile.http import Handler, compile_route
from pronghorn.diagnostics import setup_error, user_place, warn_user
from pronghorn.exceptions import SetupAssertionError, SetupError
from pronghorn.inheritance import combine_options
from pronghorn.plan.response import ResponseDeclaration
from pronghorn.plan.route import RouteDeclaration, override_dependencies, plan_route
from pronghorn.revisions import declared
from pronghorn.route_base import RouteApp
from pronghorn.run.redirects import redirect_to_path

Directory = str | os.PathLike[str]
Fallback = Literal["auto", "index.html", "404.html"] | None
CheckDirectory = bool | Literal["auto"]
FALLBACKS = ("auto", "index.html", "404.html", None)
#: Media types with which a client asks for a page: only pages are worth an `index.html`.
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class Found(NamedTuple):
    """A file, and for what it stands."""

    path: str
    stat: os.stat_result
    kind: Literal["file", "directory index", "page", "not found page"]


class FrontendFiles(StaticFiles):
    """The files of one frontend, and what to send where there is none.

    Args:
        directory: Where the files are; a relative path is relative to the working directory.
        fallback: See `APIRouter.frontend`.
    """

    def __init__(self, directory: Directory, fallback: Fallback) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.fallback = fallback
        self._where = user_place()

    async def respond(self, path: str, scope: Scope) -> Response:
        """Answer a request for a path inside the frontend.

        Raises:
            HTTPException: 404 for nothing there, 405 for a method other than GET and HEAD on a
                file that exists, 401 for a file that the server may not read.
            SetupError: The directory, or the fallback that was asked for, does not exist.
        """
        reads = scope["method"] in ("GET", "HEAD")
        accepts = reads and accepts_page(", ".join(Headers(scope=scope).getlist("accept")))
        try:
            found = await run_in_threadpool(self._find, self._file_path(path), reads, accepts)
        except PermissionError:
            raise HTTPException(401) from None
        except ValueError:  # a NUL character, for example
            raise HTTPException(404) from None
        except OSError as error:
            if error.errno == ENAMETOOLONG:
                raise HTTPException(404) from None
            raise
        if found is None:
            raise HTTPException(404)
        if not reads:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        return self._response(found, scope)

    def _response(self, found: Found, scope: Scope) -> Response:
        if found.kind == "directory index" and not scope["path"].endswith("/"):
            return redirect_to_path({**scope, "path": scope["path"] + "/"})
        if found.kind == "not found page":
            return FileResponse(found.path, status_code=404, stat_result=found.stat)
        response = self.file_response(found.path, found.stat, scope)
        if found.kind == "page":
            response.headers.add_vary_header("Accept")
        return response

    def _file_path(self, path: str) -> str:
        return self.get_path({"path": path, "root_path": ""})

    # --- in a worker thread -------------------------------------------------------------------

    def _find(self, path: str, reads: bool, accepts: bool) -> Found | None:
        """The file for a path: itself, the index of the directory, or the fallback."""
        if not self.config_checked:
            self.check_directory()
            self.config_checked = True
        full_path, status = self.lookup_path(path)
        if status is not None and stat.S_ISREG(status.st_mode):
            return Found(full_path, status, "file")
        if status is not None and stat.S_ISDIR(status.st_mode):
            full_path, status = self.lookup_path(os.path.join(path, "index.html"))
            if status is not None and stat.S_ISREG(status.st_mode):
                return Found(full_path, status, "directory index")
        return self._find_fallback(accepts) if reads else None

    def _find_fallback(self, accepts: bool) -> Found | None:
        if self.fallback in ("auto", "404.html"):
            full_path, status = self.lookup_path("404.html")
            if status is not None and stat.S_ISREG(status.st_mode):
                return Found(full_path, status, "not found page")
        if self.fallback in ("auto", "index.html") and accepts:
            full_path, status = self.lookup_path("index.html")
            if status is not None and stat.S_ISREG(status.st_mode):
                return Found(full_path, status, "page")
        if self.fallback == "404.html" or (self.fallback == "index.html" and accepts):
            raise self._no_fallback()
        return None

    # --- checks -------------------------------------------------------------------------------

    def check_directory(self) -> None:
        """Raise `SetupError` unless the directory exists."""
        if not os.path.isdir(self._directory):
            raise self._no_directory()

    def check_fallback(self) -> None:
        """Raise `SetupError` unless the file that was asked for as the fallback exists."""
        if self.fallback in ("index.html", "404.html") and not os.path.isfile(
            os.path.join(self._directory, self.fallback)
        ):
            raise self._no_fallback()

    @property
    def _directory(self) -> str:
        return os.fspath(self.all_directories[0])

    def _no_directory(self) -> SetupError:
        return setup_error(
            f"Frontend directory '{self._directory}' does not exist. "
            f"Resolved absolute path: '{os.path.abspath(self._directory)}'",
            "it is not built yet, or the program does not run where the path begins",
            'directory=Path(__file__).parent / "dist"',
            where=self._where,
        )

    def _no_fallback(self) -> SetupError:
        return setup_error(
            f"Frontend fallback file '{self.fallback}' does not exist in directory "
            f"'{self._directory}'. Resolved absolute directory: "
            f"'{os.path.abspath(self._directory)}'",
            "the frontend has no such page",
            'fallback="auto"  # whichever exists',
            where=self._where,
        )


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
        self.revision = declared()
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
            path = get_route_path(request.scope).removeprefix(self.path)
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
        path = get_route_path(scope)
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
    """`frontend`, once, for the application and the router."""

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


def frontend_files(
    directory: Directory, fallback: Fallback, check_dir: CheckDirectory
) -> FrontendFiles:
    """The files of a new frontend, checked as far as `check_dir` says."""
    if fallback not in FALLBACKS:
        raise setup_error(
            "fallback must be 'auto', 'index.html', '404.html', or None",
            f"{fallback!r} was given",
            where=user_place(),
            kind=SetupAssertionError,
        )
    files = FrontendFiles(directory, fallback)
    if check_dir == "auto" and os.environ.get("FASTAPI_ENV") == "development":
        try:
            files.check_directory()
        except SetupError as error:
            warn_user(error.got)
    elif check_dir:
        files.check_directory()
        files.check_fallback()
    return files


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
    raise setup_error(
        problem,
        f"{path!r} was given",
        f"{'/' + path.strip('/') if path else '/'!r}",
        where=user_place(),
        kind=SetupAssertionError,
    )


def accepts_page(accept: str) -> bool:
    """Whether an ``Accept`` header names HTML or XHTML itself (RFC 9110, section 12.5.1).

    ``*/*`` is not enough: a script that is missing must not be answered with a page.
    """
    return any(_allows_page(item) for item in accept.lower().split(","))


def _allows_page(media_range: str) -> bool:
    media_type, *parameters = [part.strip() for part in media_range.split(";")]
    if media_type not in PAGE_TYPES:
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return not _is_zero(value.strip().strip('"'))
    return True


def _is_zero(quality: str) -> bool:
    try:
        return float(quality) == 0
    except ValueError:
        return False
