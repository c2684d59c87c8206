"""Serve the files of a directory."""

import os
from typing import Any

from starlette.responses import FileResponse as StarletteFileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles as StarletteStaticFiles
from starlette.types import Scope

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.small_files import is_small, read_small_file
from pronghorn.responses import FileResponse, asks_for_whole_file

__all__ = ["StaticFiles"]

CONDITIONS = frozenset([b"if-none-match", b"if-modified-since"])


class StaticFiles(StarletteStaticFiles):
    """The files of a directory; see `FileResponse` about their ranges.

    A small file is read in the same worker thread that looks it up.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the response for a path inside the directory.

        Raises:
            HTTPException: 404 if there is no such file, 405 for a method other than GET and HEAD,
                401 for a file that the server may not read.
        """
        files: Any = self
        may_be_unmodified = any(name in CONDITIONS for name, _ in scope["headers"])
        if asks_for_whole_file(scope) and not may_be_unmodified:
            files = _ReadingFiles(self)
        return await StarletteStaticFiles.get_response(files, path, scope)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the response for a file that exists: all of it, ranges, or 304."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if type(response) is StarletteFileResponse:
            response.__class__ = FileResponse  # The same object, which need not be made again.
        return response


class _ReadingFiles:
    """Takes the place of a `StaticFiles` for one request, and reads the file that it looks up.

    All methods of the object are called, those of a subclass of the program too.

    Args:
        files: The object.
    """

    def __init__(self, files: StaticFiles) -> None:
        self._files = files
        self._content: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def lookup_path(self, path: str) -> Any:
        """Look up a file in a worker thread, and read it there if it is small."""
        full_path, status = self._look_up(path)
        if self._content is None and status is not None and is_small(status):
            # A deployment has replaced the file in between: the new one has another length.
            full_path, status = self._look_up(path)
        return full_path, status

    def _look_up(self, path: str) -> tuple[Any, os.stat_result | None]:
        full_path, status = self._files.lookup_path(path)
        self._content = None if status is None else read_small_file(full_path, status)
        return full_path, status

    def file_response(self, full_path: Any, stat_result: Any, *arguments: Any) -> Response:
        """Return the response for the file, and hand its content over."""
        response = self._files.file_response(full_path, stat_result, *arguments)
        if (
            isinstance(response, FileResponse)
            and self._content is not None
            and response.path is full_path
            and response.stat_result is stat_result
        ):
            response._content = full_path, self._content
        return response


find_elsewhere(__name__)
