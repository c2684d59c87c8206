"""The rules that a command gives to the supervisor of its workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pronghorn.adapters.workers.takeover import Predecessor

__all__ = ["START", "Supervision"]

#: Seconds in which a new worker has to serve, by default.
START = 60.0


@dataclass(frozen=True)
class Supervision:
    """The rules of a supervisor.

    Attributes:
        start: Seconds in which a new worker has to serve before it takes the place of an old one.
        lifetime: Seconds after which a worker is replaced; 0 for never.
        memory: Resident bytes above which a worker is replaced; 0 for never.
        control: The socket at which a later command may take over; None for no socket.
        predecessor: The supervisor that is to end once the workers of this one serve.
    """

    start: float = START
    lifetime: float = 0.0
    memory: int = 0
    control: Path | None = None
    predecessor: Predecessor | None = None
