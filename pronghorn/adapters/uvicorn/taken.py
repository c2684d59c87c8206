"""Ask the system how much a client has taken of what was written to it; only Linux says so."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

if sys.platform == "linux":
    from fcntl import ioctl
    from termios import TIOCOUTQ

#: Linux's `struct tcp_info`: the field `tcpi_bytes_acked`.
ACKED = slice(120, 128)
UNKNOWN = -1


def mark_taken(transport: asyncio.BaseTransport) -> int:
    """Return a number that changes when a client takes something; `UNKNOWN` if none is known."""
    acknowledged = count_acknowledged(transport)
    return _count_in_system(transport) if acknowledged == UNKNOWN else acknowledged


def count_acknowledged(transport: asyncio.BaseTransport) -> int:
    """Return how many bytes a client of TCP has acknowledged, else `UNKNOWN`."""
    connection = transport.get_extra_info("socket")
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ACKED.stop)
    except (AttributeError, OSError):
        return UNKNOWN
    return int.from_bytes(info[ACKED], "little") if len(info) == ACKED.stop else UNKNOWN


def count_waiting(transport: asyncio.WriteTransport) -> int:
    """Return how many bytes that were written wait for a client, as far as it is known."""
    return transport.get_write_buffer_size() + max(0, _count_in_system(transport))


def _count_in_system(transport: asyncio.BaseTransport) -> int:
    """Return how many bytes the system still has for the other side, or `UNKNOWN`.

    It takes nothing more for a Unix socket before three quarters of its buffer are read, so that
    only this number shows that a slow client reads.
    """
    if sys.platform != "linux":
        return UNKNOWN
    connection: Any = transport.get_extra_info("socket")
    try:
        answer = ioctl(connection.fileno(), TIOCOUTQ, bytes(4))
    except (AttributeError, OSError):
        return UNKNOWN
    return int.from_bytes(answer, sys.byteorder)
