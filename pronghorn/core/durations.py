"""Durations as programs write them: `"30s"`, `"1h30m"`, `5`, or a `timedelta`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from pronghorn.core.numbers import is_number, show
from pronghorn.core.setup_errors import SetupValueError, user_error

#: The longest duration, in seconds: 100 years. Clocks, locks and databases have limits behind it.
LONGEST = 100 * 365.25 * 86400
#: A duration as an option of a program.
Duration = str | float | timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = r"(\d+(?:\.\d+)?)(ms|[smhdw])"
_PARTS = re.compile(_PART)
_WHOLE = re.compile(rf"{_PART}(?:\s*{_PART})*")


def seconds(value: Duration, *, name: str = "The duration") -> float:
    """Return a duration in seconds.

    Args:
        value: A number of seconds; a `timedelta`; or a text of numbers with the units `ms`, `s`,
            `m` (minutes), `h`, `d` (24 hours) and `w` (7 days), such as `"30s"`, `"1h30m"` or
            `"1.5h"`.
        name: What the value is, as the first words of an error, such as `"The option ttl"`.

    Raises:
        SetupValueError: It is something else, is negative, or is longer than 100 years.
    """
    found = _read(value)
    if found is None or not 0 <= found <= LONGEST:
        raise user_error(
            f"{name} is {show(value)}, which is no duration",
            _guess(value, found),
            'a number with a unit (ms, s, m, h, d, w), such as "30s" or "1h30m"; a number of '
            "seconds; or a timedelta",
            kind=SetupValueError,
        )
    return found


def _read(value: Any) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_number(value):
        return float(value)
    if not isinstance(value, str) or not _WHOLE.fullmatch(value.strip()):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PARTS.findall(value))


def _guess(value: Any, found: float | None) -> str | None:
    if found is not None and found > LONGEST:
        return "it is longer than 100 years"
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return f'seconds are meant: "{value.strip()}s"'
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip().lower()):
        return f'the unit is in small letters: "{value.strip().lower()}"'
    return None
