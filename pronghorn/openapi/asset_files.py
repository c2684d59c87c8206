"""The scripts and style sheets of the documentation pages, which the wheel contains."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pronghorn.core.threads.hop import call_in_thread
from pronghorn.openapi.served import is_known

#: `tools/docs_assets.py` fills it before a wheel is built. It is absent if that had no network.
FOLDER = Path(__file__).parent / "assets"

#: A URL names the version and the hash of a file, so what it returns never changes.
FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file that a page loads."""

    name: str
    """Its name in the URL: package, version and file, such as "redoc@2.5.4/redoc.js"."""
    file: Path
    """Its place, compressed by gzip."""
    media_type: str
    sha256: str
    """The hash of its content, in hexadecimal."""

    @property
    def url(self) -> str:
        """The URL of the file, relative to the page that loads it.

        It has a query and no path, so it also works behind a proxy, in a mounted application, and
        with the page at "/". The page's own route answers it, so whatever guards that route
        guards the file.
        """
        return f"?asset={quote(self.name, safe='@/')}&v={self.sha256[:16]}"


class AssetFiles:
    """The files of a folder that `tools/docs_assets.py` wrote; none if it has not."""

    def __init__(self, folder: Path) -> None:
        self.by_role: dict[str, Asset] = {}
        manifest = folder / "manifest.json"
        if manifest.is_file():
            for role, entry in json.loads(manifest.read_bytes())["assets"].items():
                file = folder / entry["file"]
                asset = Asset(entry["name"], file, entry["media_type"], entry["sha256"])
                self.by_role[role] = asset

    def has(self, *roles: str) -> bool:
        """Return True if all files are there, such as "swagger_js" and "swagger_css"."""
        return all(role in self.by_role and self.by_role[role].file.is_file() for role in roles)

    async def respond(self, name: str, request: Request, roles: tuple[str, ...]) -> Response:
        """Return the response to a request for a file: 200, 304 if the client has it, or 404.

        Args:
            name: What the request asks for. It is compared with the names in the manifest, and
                never becomes part of a path.
            request: Its headers say what the client has and whether it reads gzip.
            roles: The files of the page that is asked.
        """
        wanted = [asset for role in roles if (asset := self.by_role.get(role)) is not None]
        found = next((asset for asset in wanted if asset.name == name), None)
        if found is None or not found.file.is_file():
            return PlainTextResponse("This page has no such file.", 404)
        tag = f'W/"{found.sha256[:32]}"'
        headers = {
            "etag": tag,
            "cache-control": FOREVER,
            "vary": "Accept-Encoding",
            "x-content-type-options": "nosniff",
        }
        if is_known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        content = await call_in_thread(found.file.read_bytes)
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            headers["content-encoding"] = "gzip"
        else:
            content = await call_in_thread(gzip.decompress, content)
        return Response(content, headers=headers, media_type=found.media_type)


@cache
def find_assets() -> AssetFiles:
    """Return the files that are installed with the package."""
    return AssetFiles(FOLDER)


def accepts_gzip(header: str) -> bool:
    """Return True if an `Accept-Encoding` (RFC 9110, section 12.5.3) allows gzip."""
    qualities: dict[str, bool] = {}
    for entry in header.lower().split(","):
        coding, _, parameters = entry.partition(";")
        quality = parameters.strip().removeprefix("q=").strip()
        qualities[coding.strip()] = not quality or quality.strip("0.") != ""
    return qualities.get("gzip", qualities.get("*", False))
