"""Tell systemd that a service of `Type=notify` is ready; sd_notify(3)."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

__all__ = ["tell_systemd"]

_VARIABLE = "NOTIFY_SOCKET"


def tell_systemd(state: str) -> None:
    """Send a state, such as `READY=1`, to the service manager, if there is one.

    Args:
        state: The assignments, one a line.
    """
    address = os.environ.get(_VARIABLE, "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # It has no file.
        address = "\0" + address[1:]
    # The manager may have gone.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(state.encode(), address)
