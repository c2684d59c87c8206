"""The option `cache` of a route, in numbers."""

from __future__ import annotations

from typing import NamedTuple


class Directives(NamedTuple):
    """The directives by which the cache tells the clients of a route what they may do.

    Attributes:
        is_private: Whether a response is for one client only.
        max_age: The seconds for which clients may use it without a question; None for as long as
            it is fresh here.
        stale: The seconds for which it may be used afterwards, while it is renewed.
    """

    is_private: bool
    max_age: float | None
    stale: float

    def write(self, fresh: float) -> bytes:
        """Return the value of `Cache-Control` (RFC 9111, section 5.2.2)."""
        seconds = int(fresh if self.max_age is None else min(self.max_age, fresh))
        parts = ["private"] if self.is_private else []
        parts.append(f"max-age={seconds}" if seconds else "no-cache")
        if self.stale and seconds and self.max_age is None:
            parts.append(f"stale-while-revalidate={int(self.stale)}")  # RFC 5861
        return ", ".join(parts).encode()


class Rule(NamedTuple):
    """For how long the responses of a route are kept, and for whom.

    Attributes:
        fresh: The seconds for which a response is fresh.
        stale: The seconds for which it may be sent afterwards, while it is renewed.
        tags: The tags as they were written, with path parameters in braces.
        is_varied: Whether the option names what differs between clients.
        directives: What clients are told.
    """

    fresh: float
    stale: float
    tags: tuple[str, ...]
    is_varied: bool
    directives: Directives
