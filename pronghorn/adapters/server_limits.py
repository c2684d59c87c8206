"""The limits that a server holds for every connection, whatever the program does.

`pronghorn run` keeps them in one variable of the environment, which its workers inherit. A server
that was started otherwise with a class of `pronghorn.adapters` holds the defaults.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass

__all__ = ["ServerLimits", "read_limits", "remember_limits"]

_VARIABLE = "PRONGHORN_SERVER_LIMITS"


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Sizes and times that a client must keep to. 0 means no limit.

    Attributes:
        request_line: Bytes of the first line of a request; more is answered with 414.
        head: Bytes of all header fields of a request; more is answered with 431.
        header_count: Number of header fields of a request; more is answered with 431.
    """

    request_line: int = 8192
    head: int = 32_768
    header_count: int = 100


def remember_limits(
    limits: ServerLimits, environment: MutableMapping[str, str] = os.environ
) -> None:
    """Keep limits for this process and those that it starts."""
    environment[_VARIABLE] = json.dumps(asdict(limits))


def read_limits(environment: MutableMapping[str, str] = os.environ) -> ServerLimits:
    """Return the limits that were remembered, else the defaults."""
    text = environment.get(_VARIABLE)
    return ServerLimits(**json.loads(text)) if text else ServerLimits()
