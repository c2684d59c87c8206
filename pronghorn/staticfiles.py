"""Serve the files of a directory."""

import os

from starlette.responses import FileResponse as StarletteFileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles as StarletteStaticFiles
from starlette.types import Scope

from pronghorn.core.reexports import find_elsewhere
from pronghorn.responses import FileResponse, has_unknown_range

__all__ = ["StaticFiles"]


class StaticFiles(StarletteStaticFiles):
    """The files of a directory; see `FileResponse` about their ranges."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the response for a file that exists: all of it, ranges, or 304."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if type(response) is StarletteFileResponse and has_unknown_range(scope):
            return FileResponse(full_path, status_code=status_code, stat_result=stat_result)
        return response


find_elsewhere(__name__)
