"""Find the file of a frontend for a request, or the fallback if there is none.

This module is loaded with the first frontend of a process, since few programs have one.
"""

from __future__ import annotations

import os
import stat
from errno import ENAMETOOLONG
from typing import Literal, NamedTuple

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from pronghorn.core.setup_errors import setup_error, user_error, user_place, warn_user
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.exceptions import SetupAssertionError, SetupError
from pronghorn.responses import FileResponse
from pronghorn.run.output.redirects import redirect_to_path
from pronghorn.staticfiles import StaticFiles
from pronghorn.types import CheckDirectory, Directory, Fallback

FALLBACKS = ("auto", "index.html", "404.html", None)
#: Media types with which a client asks for a page. Other requests never receive `index.html`.
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class FoundFile(NamedTuple):
    """A file, and the role in which it is sent."""

    path: str
    stat: os.stat_result
    kind: Literal["file", "directory index", "page", "not found page"]


class FrontendFiles(StaticFiles):
    """The files of one frontend, and the fallback for paths without a file.

    Args:
        directory: The directory of the files, relative to the working directory if it is not
            absolute.
        fallback: See `APIRouter.frontend`.
    """

    def __init__(self, directory: Directory, fallback: Fallback) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.fallback = fallback
        self._where = user_place()

    async def respond(self, path: str, scope: Scope) -> Response:
        """Return the response for a path inside the frontend.

        Raises:
            HTTPException: 404 if there is nothing to send, 405 for a method other than GET and
                HEAD on a file that exists, 401 for a file that the server may not read.
            SetupError: The directory, or the fallback that the program names, does not exist.
        """
        reads = scope["method"] in ("GET", "HEAD")
        accepts = reads and accepts_page(", ".join(Headers(scope=scope).getlist("accept")))
        try:
            found = await call_in_thread(self._find, self._file_path(path), reads, accepts)
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

    def _response(self, found: FoundFile, scope: Scope) -> Response:
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

    def _find(self, path: str, reads: bool, accepts: bool) -> FoundFile | None:
        """Return the file at a path, or the index of the directory there, or the fallback."""
        if not self.config_checked:
            self.check_directory()
            self.config_checked = True
        full_path, status = self.lookup_path(path)
        if status is not None and stat.S_ISREG(status.st_mode):
            return FoundFile(full_path, status, "file")
        if status is not None and stat.S_ISDIR(status.st_mode):
            full_path, status = self.lookup_path(os.path.join(path, "index.html"))
            if status is not None and stat.S_ISREG(status.st_mode):
                return FoundFile(full_path, status, "directory index")
        return self._find_fallback(accepts) if reads else None

    def _find_fallback(self, accepts: bool) -> FoundFile | None:
        if self.fallback in ("auto", "404.html"):
            full_path, status = self.lookup_path("404.html")
            if status is not None and stat.S_ISREG(status.st_mode):
                return FoundFile(full_path, status, "not found page")
        if self.fallback in ("auto", "index.html") and accepts:
            full_path, status = self.lookup_path("index.html")
            if status is not None and stat.S_ISREG(status.st_mode):
                return FoundFile(full_path, status, "page")
        if self.fallback == "404.html" or (self.fallback == "index.html" and accepts):
            raise self._no_fallback()
        return None

    # --- checks -------------------------------------------------------------------------------

    def check_directory(self) -> None:
        """Raise `SetupError` unless the directory exists."""
        if not os.path.isdir(self._directory):
            raise self._no_directory()

    def check_fallback(self) -> None:
        """Raise `SetupError` unless the file that the program names as the fallback exists."""
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


def frontend_files(
    directory: Directory, fallback: Fallback, check_dir: CheckDirectory
) -> FrontendFiles:
    """Return the files of a new frontend, after the checks that `check_dir` asks for."""
    if fallback not in FALLBACKS:
        raise user_error(
            "fallback must be 'auto', 'index.html', '404.html', or None",
            f"{fallback!r} was given",
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


def accepts_page(accept: str) -> bool:
    """Return True if an `Accept` header names HTML or XHTML (RFC 9110, section 12.5.1).

    `*/*` is not enough: the response to a request for a missing script must not be a page.
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
