"""What a server imports, in each of its processes: it gets the application ready there.

A worker, or the process that is started again after an edit, is new: its ``sys.path`` and its
alias for fastapi have to be set up before the program is imported. The command that starts the
server leaves what is needed in the environment, which child processes inherit.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from pronghorn.cli.choose import choose
from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import import_module
from pronghorn.cli.locate import Module

__all__ = ["FACTORY", "load_app", "remember", "remember_page"]

FACTORY = "pronghorn.cli.loader:load_app"
"""The import string of `load_app`, for servers that call a factory."""

ASGI_FACTORY = "pronghorn.cli.loader:load_asgi_app"
"""The same of `load_asgi_app`."""

RSGI_FACTORY = "pronghorn.cli.loader:load_rsgi_app"
"""The same of `load_rsgi_app`."""

_APP = "PRONGHORN_APP"
_ROOT = "PRONGHORN_APP_ROOT"
_AS_FASTAPI = "PRONGHORN_AS_FASTAPI"
_ROOT_PATH = "PRONGHORN_ROOT_PATH"
_PROXIES = "PRONGHORN_PROXIES"
_PAGE = "PRONGHORN_DEV_PAGE"


def remember(import_string: str, root: Path, *, as_fastapi: bool) -> None:
    """Leave for `load_app`, in this process and its children, what to import.

    Args:
        import_string: ``"package.module:name"``.
        root: The folder to have on ``sys.path`` for it.
        as_fastapi: Let ``import fastapi`` in the program give pronghorn.
    """
    os.environ[_APP] = import_string
    os.environ[_ROOT] = str(root)
    os.environ[_AS_FASTAPI] = "1" if as_fastapi else ""


def remember_page(host: str | None) -> None:
    """Leave for `load_app` whether to serve the page of `pronghorn dev` around the application.

    Args:
        host: The address that the server listens on, from which follows who may see the page.
            None: no page, whatever the environment says.
    """
    os.environ[_PAGE] = host or ""


def remember_for_rsgi(root_path: str, proxies: str | None) -> None:
    """Leave for `load_rsgi_app` what the server cannot tell the application.

    Args:
        root_path: Path prefix under which a proxy publishes the application.
        proxies: The proxies whose ``X-Forwarded-*`` headers are believed; None: no proxy.
    """
    os.environ[_ROOT_PATH] = root_path
    os.environ[_PROXIES] = proxies or ""


def load_asgi_app() -> Any:
    """The application for Granian's ASGI, with the headers of trusted proxies read before it."""
    from pronghorn.adapters.granian_threads import spare_the_loop

    spare_the_loop(asyncio.get_event_loop())  # Granian has made it
    app, proxies = load_app(), os.environ.get(_PROXIES)
    if not proxies:
        return app
    from granian.utils.proxies import wrap_asgi_with_proxy_headers

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return wrap_asgi_with_proxy_headers(asgi, proxies)


def load_rsgi_app() -> Any:
    """The application as Granian's RSGI takes it; another framework's goes through ASGI."""
    from pronghorn.adapters.rsgi import RsgiServer

    proxies = os.environ.get(_PROXIES) or None
    return RsgiServer(load_app(), root_path=os.environ.get(_ROOT_PATH, ""), proxies=proxies)


def load_app() -> Any:
    """Import the application that was remembered.

    Raises:
        SystemExit: It cannot be imported. The reason is on standard error; the exit code is 1.
    """
    name, _, attribute = os.environ[_APP].partition(":")
    module = Module(name, Path(os.environ[_ROOT]))
    try:
        imported = import_module(module, as_fastapi=bool(os.environ[_AS_FASTAPI]))
        app = choose(imported, attribute).app
    except CommandError as error:
        error.print()
        sys.exit(error.exit_code)
    host = os.environ.get(_PAGE)
    return _with_page(app, host) if host else app


def _with_page(app: Any, host: str) -> Any:
    from pronghorn.devtools.access import access_for  # Only `dev` loads this.
    from pronghorn.devtools.page import PAGE, DevPage, is_taken

    if is_taken(app):
        print(f"The program has routes of its own at {PAGE}: they answer there", file=sys.stderr)
    return DevPage(app, access_for(host, os.environ.get("FASTAPI_PUBLIC_URL", "")))
