"""The times of cron expressions, also where the clock of a zone is changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pronghorn.exceptions import SetupError
from pronghorn.jobs.ticks import Ticks

BERLIN = "Europe/Berlin"
SPRING = ("2026-03-28T22:30+00:00", "2026-03-29T02:00+00:00")
AUTUMN = ("2026-10-24T22:30+00:00", "2026-10-25T02:00+00:00")


def walls(expression: str, zone: str, between: tuple[str, str]) -> list[str]:
    """Return what the clock of a zone shows at each time, with its distance to UTC in hours."""
    start, end = map(datetime.fromisoformat, between)
    found = Ticks(expression, zone).between(start, end)
    assert all(tick.tzinfo is UTC for tick in found)
    return [f"{tick.astimezone(ZoneInfo(zone)):%H:%M%z}".removesuffix("00") for tick in found]


@pytest.mark.parametrize(
    ("expression", "between", "found"),
    [
        # 2:30 does not exist in spring, and comes an hour later; in autumn it comes twice.
        ("30 2 * * *", SPRING, ["03:30+02"]),
        ("30 2 * * *", AUTUMN, ["02:30+02"]),
        ("15 1 * * *", SPRING, ["01:15+01"]),
        ("0 3 * * *", SPRING, ["03:00+02"]),
        ("0 3 * * *", AUTUMN, ["03:00+01"]),
        # Two times that are the same one in spring.
        ("0 2,3 * * *", SPRING, ["03:00+02"]),
        ("0 2,3 * * *", AUTUMN, ["02:00+02", "03:00+01"]),
        # Every half an hour, whatever the clock shows.
        ("*/30 * * * *", SPRING, ["00:00+01", "00:30+01", "01:00+01", "01:30+01", "03:00+02",
                                  "03:30+02", "04:00+02"]),
        ("*/30 0-23 * * *", AUTUMN, ["01:00+02", "01:30+02", "02:00+02", "02:30+02", "02:00+01",
                                     "02:30+01", "03:00+01"]),
        ("@hourly", AUTUMN, ["01:00+02", "02:00+02", "02:00+01", "03:00+01"]),
    ],
)  # fmt: skip
def test_where_the_clock_is_changed(
    expression: str, between: tuple[str, str], found: list[str]
) -> None:
    assert walls(expression, BERLIN, between) == found


def test_midnight_that_does_not_exist_comes_an_hour_later() -> None:
    between = ("2026-03-07T12:00+00:00", "2026-03-09T12:00+00:00")
    assert walls("@daily", "America/Havana", between) == ["01:00-04", "00:00-04"]


def test_half_an_hour_of_summer() -> None:
    spring = ("2026-10-03T14:00+00:00", "2026-10-03T16:30+00:00")
    assert walls("15 2 * * *", "Australia/Lord_Howe", spring) == ["02:45+11"]


@pytest.mark.parametrize(
    ("expression", "start", "found"),
    [
        ("0 3 * * MON-FRI", "2026-11-27T03:00", "2026-11-30T03:00"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("*/10 * * * * */30", "2026-01-01T00:00:29", "2026-01-01T00:00:30"),
        ("@monthly", "2026-01-31T23:59", "2026-02-01T00:00"),
    ],
)
def test_the_next_time_is_after_the_instant(expression: str, start: str, found: str) -> None:
    next_one = Ticks(expression).after(datetime.fromisoformat(start).replace(tzinfo=UTC))
    assert next_one == datetime.fromisoformat(found).replace(tzinfo=UTC)


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert Ticks("0 5 * * *", BERLIN).after(noon) == datetime(2026, 7, 1, 3, tzinfo=UTC).replace(
        day=2
    )


@pytest.mark.parametrize(
    ("expression", "zone", "message"),
    [
        ("61 * * * *", "UTC", "The cron expression '61 * * * *' cannot be read"),
        ("every day", "UTC", "it needs five fields"),
        (5, "UTC", "The cron expression 5 cannot be read"),
        ("R 3 * * *", "UTC", "every host another one"),
        ("0 3 31 2 *", "UTC", "No date fits the cron expression"),
        ("0 3 * * *", "Europe/Berln", "There is no time zone 'Europe/Berln'"),
        ("0 3 * * *", "../etc/passwd", "There is no time zone"),
    ],
)
def test_mistakes_are_errors_at_startup(expression: str, zone: str, message: str) -> None:
    with pytest.raises(SetupError, match=message.replace("*", r"\*")):
        Ticks(expression, zone)
