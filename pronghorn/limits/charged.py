"""The charges of a request, and the headers that tell the client what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pronghorn.limits.rules import Quota
from pronghorn.limits.store import Change
from pronghorn.limits.windows import Count

#: The list of what a request was charged, in its ASGI scope.
SCOPE_KEY = "pronghorn.limits"


class Charged:
    """The value of a `RateLimit` that is the dependency of a parameter.

    Args:
        cost: What was taken; from 0 on.
        counts: The answers of the store, one for each quota; none if nobody has counted.
        is_local: Whether this process has counted alone, as the store was away.

    Attributes:
        cost: What was taken.
        remaining: What is left of the quota with the least; None if the store was away and the
            limit is open.
        used: Set it to the real cost, once it is known: the difference is given back or taken
            after the response.
    """

    def __init__(self, cost: int, counts: Sequence[Count] = (), *, is_local: bool = False) -> None:
        self.cost = cost
        self.used: int | None = None
        self.remaining = min((count.remaining for count in counts), default=None)
        self._counts = counts
        self._is_local = is_local

    @property
    def counts(self) -> Sequence[Count]:
        """Return the answers of the store, one for each quota."""
        return self._counts

    @property
    def is_local(self) -> bool:
        """Return whether this process has counted it alone."""
        return self._is_local

    def corrections(self) -> list[Change]:
        """Return what the store has to correct, since the real cost is known."""
        by = 0 if self.used is None else self.used - self.cost
        if not by:
            return []
        return [
            Change(count.charge.key, count.charge.window, count.window.started, by)
            for count in self._counts
        ]


def policy_header(quotas: Iterable[Quota]) -> str:
    """Return the value of `RateLimit-Policy`: the quotas and their windows in seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-11 (May 2026), section 3.
    """
    return ", ".join(f'"{quota.name}";q={quota.amount};w={quota.seconds}' for quota in quotas)


def limit_header(quotas: Iterable[Quota], counts: Iterable[Count]) -> str:
    """Return the value of `RateLimit`: what is left, and the seconds until the window ends.

    For a charge that did not fit, the seconds are those of `Retry-After`.

    Source: draft-ietf-httpapi-ratelimit-headers-11 (May 2026), section 4.
    """
    return ", ".join(
        f'"{quota.name}";r={count.remaining};'
        f"t={count.resets_after if count.fits else count.retry_after}"
        for quota, count in zip(quotas, counts, strict=True)
    )
