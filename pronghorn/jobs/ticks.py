"""The times of a cron expression in a time zone, also where the clock of the zone is changed.

croniter finds the times on a clock that is never changed; here they become instants. What runs at
given hours runs once per day: a time that the clock skips comes as much later as the clock skips,
and of a time that comes twice the first one counts. What runs in every hour, as `*/15 * * * *`
does, keeps its distance: a time that comes twice runs twice, and a skipped one does not exist.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadDateError, croniter

from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError

#: No clock is changed by more.
_SHIFT = timedelta(hours=3)
#: A field of `croniter` that chooses by chance, on each host another time.
_CHANCE = re.compile(r"(?<![A-Z])[RH](?![A-Z])", re.IGNORECASE)


class Ticks:
    """The times at which a cron expression runs.

    Args:
        expression: Five fields, `minute hour day month weekday`, a sixth for seconds, or a name,
            such as `@daily`.
        timezone: The name of the time zone, such as `Europe/Berlin`.

    Raises:
        SetupValueError: The expression or the time zone is none, or no time fits.
    """

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self.expression = expression
        self.timezone = timezone
        self._zone = _find_zone(timezone)
        _check(expression)
        hours = croniter.expand(expression)[0][1]
        self._is_hourly = "*" in hours or _begins_with_star(expression) or len(set(hours)) == 24
        try:
            self.after(datetime.now(UTC))
        except CroniterBadDateError:
            raise user_error(
                f"No date fits the cron expression {expression!r}",
                "the month does not have that day",
                '@jobs.cron("0 3 28 * *")',
                kind=SetupValueError,
            ) from None

    def after(self, instant: datetime) -> datetime:
        """Return the first time after an instant, in UTC.

        Args:
            instant: A time with a zone.
        """
        local = instant.astimezone(self._zone).replace(tzinfo=None)
        start = local if self._is_steady(instant) else local - _SHIFT
        steps = croniter(self.expression, start, ret_type=datetime)
        best: datetime | None = None
        wall = start
        while best is None or not self._is_first(best, wall):
            wall = steps.get_next()
            found = [each for each in self._instants(wall) if each > instant]
            best = min(filter(None, (best, *found)), default=None)
        return best

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the times after `start`, up to and with `end`, in UTC."""
        found = []
        tick = self.after(start)
        while tick <= end:
            found.append(tick)
            tick = self.after(tick)
        return found

    def _is_first(self, best: datetime, wall: datetime) -> bool:
        """Return whether no time after `wall` on the clock can be before `best`."""
        shown = best.astimezone(self._zone).replace(tzinfo=None)
        return self._is_steady(best) or wall - _SHIFT > shown

    def _is_steady(self, instant: datetime) -> bool:
        """Return whether the clock is not changed in the hours around an instant."""
        around = (instant - 2 * _SHIFT, instant + 2 * _SHIFT)
        before, after = (each.astimezone(self._zone).utcoffset() for each in around)
        return before == after

    def _instants(self, wall: datetime) -> list[datetime]:
        """Return when the clock of the zone shows a time: once, twice, or never."""
        first = wall.replace(tzinfo=self._zone).astimezone(UTC)
        if not self._is_hourly:
            return [first]
        second = wall.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        if first.astimezone(self._zone).replace(tzinfo=None) != wall:
            return []
        return [first] if first == second else [first, second]


def _begins_with_star(expression: str) -> bool:
    fields = expression.split()
    return len(fields) > 1 and fields[1].startswith("*")


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise user_error(
            f"There is no time zone {name!r}",
            "its name is misspelt; or this machine has no list of zones, as Windows and small "
            "images: pip install tzdata",
            'timezone="Europe/Berlin"',
            kind=SetupValueError,
        ) from None


def _check(expression: str) -> None:
    is_text = isinstance(expression, str)
    is_fixed = is_text and (expression.startswith("@") or not _CHANCE.search(expression))
    if is_fixed and croniter.is_valid(expression):
        return
    raise user_error(
        f"The cron expression {expression!r} cannot be read",
        "it needs five fields, minute hour day month weekday"
        if is_fixed or not is_text
        else "R and H choose a time by chance, and every host another one",
        '@jobs.cron("0 3 * * *") for every day at 3:00',
        kind=SetupValueError,
    )
