"""Take the place of a server that runs: `pronghorn run --replace`."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pronghorn.cli.errors import CommandError
from pronghorn.cli.serve_options import ServeOptions

if TYPE_CHECKING:
    from pronghorn.adapters.workers.supervision import Supervision
    from pronghorn.adapters.workers.takeover import Predecessor

__all__ = ["control_file", "find_server_to_replace", "supervision_of"]

RUNTIME_DIR = "PRONGHORN_RUNTIME_DIR"
MEBIBYTE = 1024 * 1024
#: Bytes of the path of a Unix socket on Linux, without those of a temporary name; unix(7).
LONGEST = 95

_found: list[Predecessor] = []


def find_server_to_replace(options: ServeOptions) -> bool:
    """Connect to the server that these options are to replace; return False if there is none.

    Raises:
        CommandError: There is one that does not hand its sockets over, or the folder of control
            sockets is not safe.
    """
    from pronghorn.adapters.workers.takeover import TakeoverError, find_predecessor

    try:
        found = find_predecessor(control_file(options))
    except TakeoverError as error:
        raise CommandError(error.message, error.hint) from error
    _found[:] = [found] if found else []
    return found is not None


def supervision_of(options: ServeOptions) -> Supervision:
    """Return the rules of the supervisor that these options ask for."""
    from pronghorn.adapters.workers.supervision import START, Supervision

    return Supervision(
        start=options.timeout_worker_start or START,
        lifetime=options.max_worker_lifetime or 0,
        memory=(options.max_worker_memory or 0) * MEBIBYTE,
        control=control_file(options) if options.replace else None,
        predecessor=_found.pop() if _found else None,
    )


def control_file(options: ServeOptions) -> Path:
    """Return the control socket of the server at the address of these options.

    Raises:
        CommandError: The folder is not safe, or cannot be made.
    """
    address = os.path.realpath(options.uds) if options.uds else f"{options.host} {options.port}"
    digest = hashlib.sha256(f"{_network()} {address}".encode()).hexdigest()[:12]
    file = _folder() / f"{'uds' if options.uds else options.port}-{digest}.sock"
    if len(os.fsencode(file)) > LONGEST:
        raise CommandError(
            f"The path {file} is too long for a socket",
            f"Set {RUNTIME_DIR} to a shorter folder.",
        )
    return file


def _network() -> int:
    """Return the number of the network that the port is in: a machine may have several."""
    try:
        return os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return 0


def _folder() -> Path:
    """Return the folder of control sockets, to which only this user can write; it is made."""
    named = os.environ.get(RUNTIME_DIR)
    folder = Path(named or Path(tempfile.gettempdir(), f"pronghorn-{os.getuid()}")).absolute()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat() if named else folder.lstat()
    except OSError as error:
        raise CommandError(
            f"Cannot use the folder {folder} for --replace: {error.strerror}",
            f"Set {RUNTIME_DIR} to a folder of this user, such as /run/shop.",
        ) from error
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CommandError(
            f"The folder {folder} of --replace is not of this user alone",
            f"Remove it, or set {RUNTIME_DIR} to a folder that only this user can write to.",
        )
    return folder
