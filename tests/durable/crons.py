"""J7: crons on three hosts whose clocks are wrong, with all of them away over a time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from pronghorn.jobs.ticks import Ticks
from tests.durable.registry import campaign
from tests.durable.world import CampaignError, World

EVERY_TWO_SECONDS = "* * * * * */2"
SKEWS = {1: "30", 2: "-30", 3: "0"}
TICKS = "SELECT name FROM pronghorn_test_events WHERE what = 'tick' ORDER BY id"


def start_all(world: World) -> None:
    """Start a worker on each host, whose clock is wrong."""
    started = [world.launch(host, skew=skew) for host, skew in SKEWS.items()]
    for worker in started:
        worker.wait_until_ready()


def ticks(world: World) -> list[datetime]:
    """Return the times whose jobs ran."""
    return [datetime.fromisoformat(name) for (name,) in world.sql(TICKS)]


def check_distance(found: list[datetime], distance: timedelta) -> None:
    """Raise an error if a time is missing, or there twice."""
    ordered = sorted(found)
    for before, after in pairwise(ordered):
        if after - before != distance:
            raise CampaignError(f"After {before} came {after}: {len(found)} times")


@campaign("J7", "crons on three hosts with wrong clocks, all away over a time")
def run_crons(world: World, is_short: bool) -> str:
    """Each time has one job; times that were missed have as many as the program says."""
    seconds = 4.0 if is_short else 60.0
    world.options["cron"] = EVERY_TWO_SECONDS
    start_all(world)
    world.wait("The first times", lambda: len(ticks(world)) >= seconds / 2)
    world.end_workers()
    time.sleep(3)  # All are away over a time, and back soon.
    number = len(ticks(world))
    start_all(world)
    world.wait("More times", lambda: len(ticks(world)) >= number + 3)
    world.end_workers()
    found = ticks(world)
    # What was under way at the end runs in the next episode; the last ones may be missing.
    check_distance(sorted(found)[:-3], timedelta(seconds=2))
    if len(set(found)) != len(found):
        raise CampaignError("A time had two jobs")
    missed = {policy: miss(world, policy) for policy in ("skip", "once")}
    if missed != {"skip": 0, "once": 1}:
        raise CampaignError(f"Jobs for missed times: {missed}")
    zones = check_zones(12 if is_short else None)
    return (
        f"{len(found)} times on 3 hosts with clocks of {', '.join(SKEWS.values())} s, each once; "
        f"missed times: {missed['skip']} and {missed['once']} jobs; a year of {zones} time zones"
    )


def miss(world: World, policy: str) -> int:
    """Let all workers be away for ten minutes; return how many jobs they run afterwards."""
    now = datetime.now(UTC)
    expression = f"{(now - timedelta(minutes=5)).minute} * * * *"
    values = ("ticking", expression, "UTC")
    done = int((now - timedelta(minutes=10)).timestamp() * 1000)
    world.sql("DELETE FROM pronghorn_test_events")
    world.sql("DELETE FROM pronghorn_job_crons")
    world.sql("INSERT INTO pronghorn_job_crons VALUES (%s, %s, %s, %s)", *values, done)
    world.options |= {"cron": expression, "missed": policy}
    start_all(world)
    query = "SELECT done_until FROM pronghorn_job_crons"
    world.wait("The look at the clock", lambda: world.one(query) > done)
    world.wait("The end of all jobs", lambda: world.open_jobs() == 0)
    world.end_workers()
    # Jobs that were killed before have times of their own.
    return len([tick for tick in ticks(world) if tick < now - timedelta(minutes=4)])


def check_zones(most: int | None) -> int:
    """Check a year of crons in time zones; return how many.

    A time of the day comes once per day, and one of every quarter of an hour keeps its distance.
    """
    zones = sorted(available_timezones())
    chosen = zones[:: len(zones) // most] if most else zones
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for name in chosen:
        zone = ZoneInfo(name)
        daily = Ticks("30 2 * * *", name).between(start, start + timedelta(days=365))
        days = [tick.astimezone(zone).date() for tick in daily]
        if len(set(days)) != len(days) or len(days) != 365:
            raise CampaignError(f"{name}: {len(days)} times on {len(set(days))} days")
        for tick in transitions(zone, start):
            quarters = Ticks("*/15 * * * *", name).between(tick, tick + timedelta(hours=9))
            check_distance(quarters, timedelta(minutes=15))
    return len(chosen)


def transitions(zone: ZoneInfo, start: datetime) -> list[datetime]:
    """Return times some hours before the clock of a zone is changed within a year."""
    times = [start + timedelta(hours=6 * each) for each in range(365 * 4)]
    offsets = [time.astimezone(zone).utcoffset() for time in times]
    changed = [n for n, (one, two) in enumerate(pairwise(offsets)) if one != two]
    return [times[n] - timedelta(hours=3) for n in changed]
