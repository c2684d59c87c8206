"""Serve an application: check the options, print the addresses, start the server."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

from rich.console import Console

from pronghorn.cli import loader
from pronghorn.cli.discover import FoundApp
from pronghorn.cli.errors import USAGE, CommandError, MissingExtraError, missing
from pronghorn.cli.locate import DEFAULT_FILES
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.watching import poll_where_needed

__all__ = ["ServeOptions", "check_options", "serve"]


def check_options(options: ServeOptions) -> None:
    """Reject options that cannot work, before the application is imported.

    Raises:
        MissingExtraError: The server is not installed.
        CommandError: Options contradict each other, or the address is not available.
    """
    if missing(options.server):
        extra = "standard" if options.server == "uvicorn" else options.server
        raise MissingExtraError((options.server,), extra)
    if options.reload and options.workers is not None:
        raise CommandError(
            "Cannot use --workers together with --reload",
            "The reloader restarts one process. Leave one of the two options out.",
            exit_code=USAGE,
        )
    for folder in options.reload_dirs:
        if not folder.is_dir():
            raise CommandError(f"No folder to watch at {folder}", exit_code=USAGE)
    if options.http == "2" and options.server != "granian":
        raise CommandError(
            "uvicorn does not support HTTP/2", "Add --server granian.", exit_code=USAGE
        )
    _check_certificate(options.ssl_certfile, options.ssl_keyfile)
    _check_address(options.host, options.port)


def _check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Check the files for TLS, and name the options of the command line in errors."""
    options = {"--ssl-certfile": certificate, "--ssl-keyfile": key}
    given = {option: file for option, file in options.items() if file is not None}
    if len(given) == 1:
        (absent,) = options.keys() - given.keys()
        raise CommandError(
            f"Cannot use {next(iter(given))} without {absent}",
            "TLS needs a certificate and its private key.",
            exit_code=USAGE,
        )
    for option, file in given.items():
        if not file.is_file():
            raise CommandError(f"No file at {file} for {option}", exit_code=USAGE)


def _check_address(host: str, port: int) -> None:
    """Try to listen on the address, so that an error is reported before the application starts."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CommandError(f"The host {host!r} has no address", exit_code=USAGE) from error
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _try_to_bind(probe, address, host, port)


def _try_to_bind(probe: socket.socket, address: Any, host: str, port: int) -> None:
    try:
        probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is in use",
                f"Stop the program that listens there, or use another port: --port {port + 1}",
            ) from error
        if error.errno == errno.EACCES:
            raise CommandError(
                f"This user may not listen on port {port}",
                "Ports below 1024 need administrator rights. Use another one, such as --port 8000",
            ) from error
        # The server handles other errors, such as an address family that is switched off.


def serve(found: FoundApp, options: ServeOptions, *, title: str) -> None:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        found: The application.
        options: The options of serving.
        title: Name of the command, for the first printed line.
    """
    from pronghorn.cli.servers import start

    loader.remember(found.import_string, found.module.root, as_fastapi=found.as_fastapi)
    loader.remember_page(options.host if options.page else None)
    watched = _folders_to_watch(found, options)
    polling = poll_where_needed(watched) if options.reload else ""
    _announce(found, options, title, watched, polling)
    start(options, watched)


def _folders_to_watch(found: FoundApp, options: ServeOptions) -> list[str]:
    if options.reload_dirs:
        return [str(folder) for folder in options.reload_dirs]
    here, root = Path.cwd(), found.module.root.resolve()
    return [str(here)] if root.is_relative_to(here) else [str(here), str(root)]


def _announce(
    found: FoundApp, options: ServeOptions, title: str, watched: list[str], polling: str
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    address = _public_address(options)
    lines = [("app", found.import_string), ("address", address)]
    if options.server != "uvicorn" or options.protocol != "auto":
        protocol = options.protocol if options.server == "uvicorn" else "asgi"
        lines.append(("server", f"{options.server}, {protocol} protocol"))
    docs_url = getattr(found.app, "docs_url", None)
    if docs_url and getattr(found.app, "openapi_url", None):
        lines.append(("docs", address + docs_url))
    if options.page:
        lines += _page(found, options)
    if options.reload:
        lines.append(("reload", "on changes in " + ", ".join(watched)))
        if polling:
            lines.append(("", polling))
    if options.workers is not None:
        lines.append(("workers", str(options.workers)))
    if found.as_fastapi:
        lines.append(("fastapi", "imports give pronghorn"))
    if options.verbose:
        lines += _discovery(found)
    console.print(f"pronghorn {title}", style="bold")
    for label, text in lines:
        console.print(f"  {label:<8} ", style="dim", end="")
        console.print(text, markup=False)


def _page(found: FoundApp, options: ServeOptions) -> list[tuple[str, str]]:
    """Return the address of the page; only if the server also listens beyond this machine."""
    from pronghorn.devtools.access import access_for
    from pronghorn.devtools.page import PAGE, is_taken

    if is_taken(found.app):
        return []  # The serving process prints it, again after each reload.
    here = access_for(options.host).only_here
    return [("page", (_own_address(options) if here else _public_address(options)) + PAGE)]


def _public_address(options: ServeOptions) -> str:
    """Return the address for a browser; `FASTAPI_PUBLIC_URL` sets it behind a proxy."""
    public = os.environ.get("FASTAPI_PUBLIC_URL", "").rstrip("/")
    return public or _own_address(options)


def _own_address(options: ServeOptions) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "https" if options.ssl_certfile else "http"
    return f"{scheme}://{host}:{options.port}"


def _discovery(found: FoundApp) -> list[tuple[str, str]]:
    module_source, app_source = found.sources
    if module_source == "default files":
        module_source = f"first of {', '.join(DEFAULT_FILES)} that exists"
    return [
        ("file", str(found.module.file or found.module.name)),
        ("path", f"{found.module.root} is on sys.path"),
        ("module", f"{found.module.name} ({module_source})"),
        ("object", f"{found.attribute} ({app_source})"),
        ("pin it", f'[tool.pronghorn] entrypoint = "{found.import_string}" in pyproject.toml'),
    ]
