"""A host is killed, a version is deployed, a host is cut off; each while clients order."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.durable.world import COUNT_OUTCOMES, CampaignError
from tests.ha.balancer import SOCKET_URL, URL
from tests.ha.buyers import Buyers
from tests.ha.checks import check_errors, check_jobs, check_orders
from tests.ha.containers import HOSTS
from tests.ha.fleet import Fleet
from tests.ha.listeners import Audience, Listener

#: The host to which it happens.
VICTIM = 1
HOME = f"host{VICTIM}"
LAST_BEGIN = "SELECT coalesce(max(id), 0) FROM pronghorn_test_begins"


async def kill_host(fleet: Fleet, sizes: dict[str, Any]) -> dict[str, Any]:
    """Take the power of a host away.

    Nothing that was answered is lost, no job is lost, the other hosts go on, and no more requests
    fail than the host had in hand.

    Args:
        fleet: The service, which runs on all hosts.
        sizes: Those of `make_buyers`, and `calm`, the seconds before and after.

    Returns:
        The figures.
    """
    buyers = make_buyers(sizes)
    victims = {each.address for each in fleet.find(host=VICTIM, service="web")}
    async with buyers.buying():
        await asyncio.sleep(sizes["calm"])
        in_hand = fleet.balancer.sessions(victims)
        await asyncio.to_thread(fleet.kill_host, VICTIM)
        killed = time.monotonic()
        in_flight, seconds = await asyncio.to_thread(fleet.balancer.watch_until_down, victims)
        noticed, before = time.monotonic(), Counter(buyers.answered_by)
        await asyncio.sleep(sizes["calm"])
        await wait_for_others(buyers, before)
    figures = await check(fleet, buyers, in_flight, noticed)
    done = time.monotonic() - killed
    await asyncio.to_thread(fleet.bury, VICTIM)
    return {
        **figures,
        "in_hand": in_hand,
        "seconds_until_noticed": round(seconds, 1),
        "seconds_until_jobs_done": round(done, 1),
    }


async def deploy(fleet: Fleet, sizes: dict[str, Any]) -> dict[str, Any]:
    """Deploy a version onto one host after the other.

    No request fails, browsers miss no message, WebSockets are closed with 1012 and come back.

    Args:
        fleet: The service, which runs on all hosts.
        sizes: Those of `make_buyers`, and how many `browsers` and `sockets` listen.

    Returns:
        The figures.
    """
    buyers = make_buyers(sizes)
    audience = Audience(
        [Listener(URL) for _ in range(sizes["browsers"])],
        [Listener(SOCKET_URL) for _ in range(sizes["sockets"])],
    )
    async with buyers.buying(), audience.listening(URL):
        begin = time.monotonic()
        codes = await asyncio.to_thread(replace_all, fleet, "two")
        duration = time.monotonic() - begin
        before = Counter(buyers.answered_by)
        new = {(f"host{number}", "two") for number in HOSTS}
        await until("The new version", lambda: new <= (buyers.answered_by - before).keys())
    figures = await check(fleet, buyers, 0, begin)
    audience.check()
    check_codes(audience, codes)
    return {**figures, **describe(audience), "seconds": round(duration, 1)}


def replace_all(fleet: Fleet, tag: str) -> list[int]:
    """Deploy a version onto one host after the other; return the exit codes of the old version."""
    return [code for host in HOSTS for code in fleet.replace(host, tag)]


def check_codes(audience: Audience, codes: list[int]) -> None:
    """Check how WebSockets were closed and processes have ended.

    Raises:
        CampaignError: Not as they should.
    """
    if any(codes):
        raise CampaignError(f"The old version has ended with {codes}")
    if set(audience.codes) - {1012} or audience.codes[1012] < len(audience.sockets):
        raise CampaignError(f"WebSockets were closed with {dict(audience.codes)}")


def describe(audience: Audience) -> dict[str, int]:
    """Return the figures of the listeners."""
    return {
        "browsers": len(audience.browsers),
        "sockets": len(audience.sockets),
        "messages": audience.published - 1,
        "stream_connections": sum(each.connections for each in audience.browsers),
        "socket_connections": sum(each.connections for each in audience.sockets),
        "closed_with_1012": audience.codes[1012],
        "refused": sum(each.refused for each in audience.everybody),
    }


async def cut_off(fleet: Fleet, sizes: dict[str, Any]) -> dict[str, Any]:
    """Cut a host off for a while, without its knowledge.

    The others do its work; when it is back it serves and works again, and nothing is done twice.

    Args:
        fleet: The service, which runs on all hosts.
        sizes: Those of `make_buyers`, and `cut`, the seconds without packets.

    Returns:
        The figures.
    """
    buyers = make_buyers(sizes)
    async with buyers.buying():
        await until("A job on the host", lambda: has_begun(fleet, 0))
        begin = time.monotonic()
        in_hand, in_flight, seconds = await cut_for(fleet, buyers, sizes["cut"])
        before, last = Counter(buyers.answered_by), fleet.one(LAST_BEGIN)
        serves = await until("The host", lambda: buyers.answers_since(before)[HOME] > 0)
        works = await until("A job on it", lambda: has_begun(fleet, last))
    figures = await check(fleet, buyers, in_flight, begin + seconds)
    return {
        **figures,
        "in_hand": in_hand,
        "seconds_cut_off": sizes["cut"],
        "seconds_until_noticed": round(seconds, 1),
        "seconds_until_it_serves": round(serves, 1),
        "seconds_until_it_works": round(serves + works, 1),
    }


async def cut_for(fleet: Fleet, buyers: Buyers, seconds: float) -> tuple[int, int, float]:
    """Let no packet from or to the host through for a while.

    Returns:
        The requests that it had in hand at the beginning, those at most until the proxy had
        noticed, and the seconds until then from the call of this function.
    """
    victims = {each.address for each in fleet.find(host=VICTIM, service="web")}
    link = fleet.machines.link(VICTIM)
    begin = time.monotonic()
    in_hand = fleet.balancer.sessions(victims)
    await asyncio.to_thread(link.cut)
    try:
        in_flight, _ = await asyncio.to_thread(fleet.balancer.watch_until_down, victims)
        noticed = time.monotonic() - begin
        await wait_for_others(buyers, Counter(buyers.answered_by))
        await asyncio.sleep(max(0.0, seconds - (time.monotonic() - begin)))
    finally:
        await asyncio.to_thread(link.mend)
    return in_hand, in_flight, noticed


def has_begun(fleet: Fleet, after: int) -> bool:
    """Return whether a job has begun on the victim, after the row of an id."""
    query = "SELECT count(*) FROM pronghorn_test_begins WHERE host = %s AND id > %s"
    return bool(fleet.one(query, HOME, after))


def make_buyers(sizes: dict[str, Any]) -> Buyers:
    """Return clients.

    Args:
        sizes: `clients` that order, `readers` that read, `pause` in seconds between two orders of a
            client, and the `seconds` that the job of an order takes.
    """
    return Buyers(URL, **{key: sizes[key] for key in ("clients", "readers", "pause", "seconds")})


async def check(fleet: Fleet, buyers: Buyers, in_flight: int, noticed: float) -> dict[str, Any]:
    """Wait for the end of all jobs, and check what clients and the database know.

    Args:
        fleet: The service.
        buyers: The clients.
        in_flight: The number of requests that may have failed.
        noticed: When the last of them was sent at the latest.

    Returns:
        The figures.

    Raises:
        CampaignError: Something is lost, or was done twice.
    """
    await asyncio.to_thread(fleet.wait_for_jobs)
    return {
        "requests": buyers.requests,
        **check_errors(buyers, in_flight, noticed),
        **check_orders(fleet, buyers),
        **check_jobs(fleet),
        "kinds_of_errors": buyers.describe_errors(),
        "told_to_wait": buyers.told_to_wait,
        "kept_answers": buyers.kept,
        "slowest_seconds": round(buyers.slowest, 1),
        "slowest_request": buyers.slowest_request,
    }


async def wait_for_others(buyers: Buyers, before: Counter[tuple[str, str]]) -> None:
    """Wait until each of the other hosts has answered since a moment.

    Raises:
        CampaignError: One does not.
    """
    others = {f"host{number}" for number in HOSTS if number != VICTIM}
    await until("The other hosts", lambda: others <= buyers.answers_since(before).keys())


async def until(what: str, is_so: Callable[[], object], seconds: float = 120.0) -> float:
    """Wait until a function returns something true; return the seconds.

    It is called in this loop, since what it looks at is changed here.

    Raises:
        CampaignError: It does not happen in time.
    """
    begin = time.monotonic()
    while not is_so():
        if time.monotonic() - begin > seconds:
            raise CampaignError(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(0.05)
    return time.monotonic() - begin


async def start(fleet: Fleet) -> None:
    """Start the service on all hosts, and count from now on how often each job ends."""
    await asyncio.to_thread(fleet.begin)
    await asyncio.to_thread(fleet.sql, COUNT_OUTCOMES)


#: What happens, by the name of the part.
FAULTS = {"kill": kill_host, "deploy": deploy, "cut": cut_off}
FULL: dict[str, dict[str, Any]] = {
    "kill": {"clients": 24, "readers": 8, "pause": 1.5, "seconds": 1.0, "calm": 15.0},
    "deploy": {
        "clients": 12,
        "readers": 4,
        "pause": 1.0,
        "seconds": 0.5,
        "browsers": 200,
        "sockets": 100,
    },
    "cut": {"clients": 24, "readers": 8, "pause": 2.0, "seconds": 1.0, "cut": 60.0},
}
SHORT: dict[str, dict[str, Any]] = {
    "kill": {"clients": 8, "readers": 4, "pause": 0.5, "seconds": 0.3, "calm": 3.0},
    "deploy": {
        "clients": 4,
        "readers": 2,
        "pause": 0.5,
        "seconds": 0.2,
        "browsers": 20,
        "sockets": 10,
    },
    "cut": {"clients": 8, "readers": 4, "pause": 1.0, "seconds": 0.5, "cut": 25.0},
}
