"""The errors of channels."""

from __future__ import annotations

from pronghorn.core.url_passwords import mask_url_passwords
from pronghorn.exceptions import HTTPException
from pronghorn.hooks import answer_with

#: What clients of Redis and Valkey call errors of a server that is away, or cannot write now.
_AWAY = frozenset(
    {
        "BusyLoadingError",
        "ConnectionError",
        "MasterDownError",
        "OutOfMemoryError",
        "ReadOnlyError",
        "TimeoutError",
        "TryAgainError",
    }
)


class TooSlowError(Exception):
    """A reader did not take its messages for so long that too many wait for it.

    It can go on after the last id that it has seen.
    """


class ChannelsAwayError(Exception):
    """The Redis or Valkey of the channels does not answer, so nothing was published or read.

    A message whose answer was lost may have been published nevertheless. A request that lets this
    error pass is answered with 503 and `Retry-After`. Channels in a `Database` raise the errors of
    its sessions instead, which are answered in the same way.
    """


def find_away(error: Exception) -> ChannelsAwayError | None:
    """Return the error to raise in place of one of a client; None if the server is not away."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if not isinstance(error, OSError) and names.isdisjoint(_AWAY):
        return None
    text = mask_url_passwords(f"{type(error).__name__}: {error}", "***")
    away = ChannelsAwayError(f"The store of the channels does not answer: {text}")
    detail = "Messages can neither be sent nor read now"
    answer_with(away, HTTPException(503, detail, {"Retry-After": "1"}))
    return away
