"""Find out whether a client has left although data that it has sent before waits unread.

An event loop notices the end of a connection only when it reads. Where reading is paused, the
system is asked.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import Any

#: Reported when the peer has closed its sending side; only Linux has it.
PEER_ENDED: int = getattr(select, "POLLRDHUP", 0)
#: Reported after a reset; Windows has no `poll`.
RESET: int = getattr(select, "POLLERR", 0)
#: Seconds without any packet after which the system asks the peer, and between two questions.
SILENT, BETWEEN = 15, 5
#: Questions without an answer after which the peer is lost.
QUESTIONS = 3


def find_events(connection: Any) -> int:
    """Return what the system says about a connection, without reading from it.

    Args:
        connection: The socket of a transport; None if it has none.

    Returns:
        Bits of which `RESET` is one; 0 if the client is there, or if the system does not say.
    """
    number = -1 if connection is None else connection.fileno()
    if number < 0 or not RESET:
        return 0
    poll = select.poll()
    poll.register(number, PEER_ENDED)
    return next((events for _, events in poll.poll(0)), 0)


def ask_peer(connection: Any) -> None:
    """Let the system ask a silent peer whether it is still there.

    A client whose data waits in its own system, because the receiver has no room, leaves without a
    packet that says so. Its system forgets it after a while, and then answers with a reset.

    Args:
        connection: The socket of a transport, which may be of any family.
    """
    with suppress(AttributeError, OSError):
        if connection.family in {socket.AF_INET, socket.AF_INET6}:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENT)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, BETWEEN)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, QUESTIONS)
