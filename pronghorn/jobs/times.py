"""When a job runs, and how long it waits after a failure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from pronghorn.core.durations import seconds
from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError


def in_(
    *,
    weeks: float = 0,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
) -> datetime:
    """Return the time that is so far ahead, in UTC, for `jobs.enqueue(..., at=in_(hours=1))`.

    Args:
        weeks: Weeks of seven days.
        days: Days of 24 hours.
        hours: Hours.
        minutes: Minutes.
        seconds: Seconds.
    """
    ahead = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return datetime.now(UTC) + ahead


def seconds_until(at: datetime | None) -> float:
    """Return the seconds from now to a time; 0 for None and for a time that is over.

    Raises:
        SetupValueError: The time has no zone.
    """
    if at is None:
        return 0.0
    if at.tzinfo is None:
        raise user_error(
            f"The time {at.isoformat()} has no zone, so nobody knows when it is",
            None,
            "datetime.now(UTC) + timedelta(hours=1), or in_(hours=1)",
            kind=SetupValueError,
        )
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class Backoff:
    """The waiting times between attempts: each is twice the one before, up to the longest.

    Attributes:
        first: The first one, in seconds.
        longest: The longest one, in seconds.
    """

    first: float
    longest: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `"2s..1h"` means, or `"30s"` for a time that stays the same.

        Raises:
            SetupValueError: The text is not such a range.
        """
        first, dots, longest = str(text).partition("..")
        begin = seconds(first.strip(), name="The first part of backoff")
        end = seconds(longest.strip(), name="The second part of backoff") if dots else begin
        if end < begin:
            raise user_error(
                f"backoff={text!r} ends before it begins",
                None,
                f'backoff="{longest.strip()}..{first.strip()}"',
                kind=SetupValueError,
            )
        return cls(begin, end)

    def after(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt has failed.

        A fifth is left to chance, so that jobs that have failed together do not come back together.

        Args:
            attempt: Its number, from 1.
        """
        doubled = self.first * 2.0 ** min(attempt - 1, 60)
        return min(doubled, self.longest) * random.uniform(0.8, 1.0)  # noqa: S311 - no secret
