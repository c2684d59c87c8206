"""Rules such as `"5/minute;50/day"`, read by the library `limits`."""

from __future__ import annotations

from typing import NamedTuple

from pronghorn.core.durations import LONGEST
from pronghorn.core.setup_errors import SetupValueError, user_error

#: The units of the library from short to long, as a hint in errors.
_UNITS = "second, minute, hour, day, month (30 days) or year (360 days)"
#: The largest amount: Redis counts with the precision of a `float`.
_MOST = 10**15


class Quota(NamedTuple):
    """One part of a rule.

    Attributes:
        name: A name for the headers, such as `5-per-minute`.
        amount: How much may be taken in a window.
        seconds: The length of the window.
    """

    name: str
    amount: int
    seconds: int

    def __str__(self) -> str:
        return self.name.replace("-", " ")


def read_rule(rule: str) -> tuple[Quota, ...]:
    """Return the quotas of a rule, the shortest window first.

    Args:
        rule: One or more parts such as `5/minute`, `100 per 2 hours`, separated by `;` or `,`.

    Raises:
        SetupError: The library `limits` is missing, or the rule cannot be read.
    """
    try:
        from limits import parse_many
    except ImportError as error:
        raise user_error(
            "RateLimit needs the library limits",
            "the extra is not installed",
            'pip install "pronghorn[limits]"',
        ) from error
    try:
        items = parse_many(rule)
    except ValueError:
        raise _unreadable(rule) from None
    quotas = []
    for item in sorted(items, key=lambda item: item.get_expiry()):
        unit = item.GRANULARITY.name
        every = unit if item.multiples == 1 else f"{item.multiples}-{unit}s"
        quotas.append(Quota(f"{item.amount}-per-{every}", item.amount, item.get_expiry()))
    if not all(1 <= one.amount <= _MOST and 1 <= one.seconds <= LONGEST for one in quotas):
        raise _unreadable(rule)
    if len({quota.seconds for quota in quotas}) < len(quotas):
        raise user_error(
            f"The rule {rule!r} has two quotas for the same time",
            "another unit was meant",
            'RateLimit("5/minute;50/day")',
            kind=SetupValueError,
        )
    return tuple(quotas)


def _unreadable(rule: object) -> SetupValueError:
    return user_error(
        f"{rule!r} is no rule for a limit",
        f"an amount from 1 on and a time: {_UNITS}",
        'RateLimit("5/minute;50/day")',
        kind=SetupValueError,
    )
