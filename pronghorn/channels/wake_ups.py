"""The text of a wake-up: names of channels, each with its newest id."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pronghorn.channels.log import Ring

#: The longest text, in bytes; PostgreSQL refuses 8,000.
_LONGEST = 7000


def write_names(newest: Mapping[str, int]) -> str:
    """Return the text of a notification; it is empty if there are too many names for one.

    Args:
        newest: The newest ids, by the name of the channel.
    """
    names = json.dumps(newest)
    return names if len(names) <= _LONGEST else ""


def ring_names(payload: str, ring: Ring) -> None:
    """Ring for the names in a notification."""
    try:
        newest = {str(name): int(number) for name, number in json.loads(payload).items()}
    except (ValueError, TypeError, AttributeError):
        ring(None, 0)  # Too many names, or a notification of somebody else.
        return
    for name, number in newest.items():
        ring(name, number)
