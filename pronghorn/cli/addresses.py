"""Find out whether the server can listen, before the program is imported."""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
from pathlib import Path
from typing import Any

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["check_address", "own_address"]


_WRITTEN_HOST = re.compile(
    r"(?:https?://)?(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:/\[\]]+))(?::(?P<port>\d+))?/?"
)
"""A host as in an address: `http://localhost:8000/`, `[::1]`."""


def own_address(options: ServeOptions) -> str:
    """Return the address of the server for a message, from this machine."""
    if options.uds is not None:
        return f"unix:{options.uds}"
    if options.fd is not None:
        return f"file descriptor {options.fd}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "https" if options.ssl_certfile else "http"
    return f"{scheme}://{host}:{options.port}"


def check_address(options: ServeOptions) -> None:
    """Try to listen as the options say.

    A socket file that a server has left behind is removed.

    Raises:
        CommandError: The address is not available.
    """
    if options.uds is not None:
        _check_socket_file(options.uds)
    elif options.fd is not None:
        _check_descriptor(options.fd)
    else:
        _check_host_and_port(options.host, options.port)


def _check_socket_file(file: Path) -> None:
    if not os.path.exists(file):
        _try_to_create(file)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(file))
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                raise CommandError(f"Cannot listen on {file}: {error.strerror}") from error
            _replace_socket_file(file)
            return
    raise CommandError(
        f"The socket {file} is in use",
        "Stop the program that listens there, or use another file.",
    )


def _replace_socket_file(file: Path) -> None:
    """Remove a socket on which nobody listens; a server cannot bind to a file that exists."""
    try:
        file.unlink()
    except OSError as error:
        raise CommandError(
            f"Cannot remove the old socket {file}: {error.strerror}",
            "Remove it, or use another file.",
        ) from error
    _try_to_create(file)


def _try_to_create(file: Path) -> None:
    """Bind to a socket file that does not exist, and remove it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(str(file))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {file}: {error.strerror}",
                "The server creates the socket. Choose a folder in which this user may write.",
            ) from error
    file.unlink()


def _check_descriptor(number: int) -> None:
    try:
        is_socket = stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        is_socket = False
    if not is_socket:
        raise CommandError(
            f"--fd {number} is not an open socket",
            "The process that starts this command has to open it and pass it on.",
            exit_code=USAGE,
        )


def _check_host_and_port(host: str, port: int) -> None:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:  # The latter is for a name that is too long.
        raise CommandError(
            f"The host {host!r} has no address", _suggest_host(host), exit_code=USAGE
        ) from error
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _try_to_bind(probe, address, host, port)


def _suggest_host(host: str) -> str:
    """Return what to write instead of a host that has no address; empty if nothing is similar."""
    match = _WRITTEN_HOST.fullmatch(host)
    if match is None:
        return ""
    port = f" --port {match['port']}" if match["port"] else ""
    return f"Write only the host: --host {match['six'] or match['name']}{port}"


def _try_to_bind(probe: socket.socket, address: Any, host: str, port: int) -> None:
    try:
        probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else 8000
            raise CommandError(
                f"Port {port} on {host} is in use",
                f"Stop the program that listens there, or use another port: --port {other}",
            ) from error
        if error.errno == errno.EACCES:
            raise CommandError(
                f"This user may not listen on port {port}",
                "Ports below 1024 need administrator rights. Use another one, such as --port 8000",
            ) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise CommandError(
                f"The host {host!r} is not an address of this machine",
                "Use 0.0.0.0 for every network, or 127.0.0.1 for this machine only.",
                exit_code=USAGE,
            ) from error
        # The server handles other errors, such as an address family that is switched off.
