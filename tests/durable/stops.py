"""Workers that look dead and are not: J3 stops them, J10 cuts their host off."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from tests.durable.registry import campaign
from tests.durable.world import CampaignError, Worker, World


def is_gone(world: World, node: str) -> bool:
    """Return whether others have taken over all work of a node."""
    return not world.sql("SELECT 1 FROM pronghorn_nodes WHERE id = %s", node)


def is_back(world: World, node: str) -> bool:
    """Return whether a node is alive again."""
    query = "SELECT 1 FROM pronghorn_nodes WHERE id = %s AND lost_at IS NULL"
    return bool(world.sql(query, node))


def has_begun(world: World, worker: Worker) -> Callable[[], bool]:
    """Return a function that says whether a worker has begun another job from now on."""
    query = "SELECT count(*) FROM pronghorn_test_events WHERE what = 'begun' AND node = %s"
    before = world.one(query, worker.node)
    return lambda: bool(world.one(query, worker.node) > before)


@campaign("J3", "workers are stopped until others have their jobs, and go on then")
def stop_and_continue(world: World, is_short: bool) -> str:
    """The jobs of a stopped worker run once more, and what it does afterwards has no effect."""
    rounds, number, shortest, longest = (1, 48, 300, 900) if is_short else (8, 400, 3000, 7000)
    workers = world.start_workers(1)
    world.count_outcomes()
    victim = world.random.choice(workers)
    # All may have begun before a busy machine gets here again, so it looks before they come.
    begins = has_begun(world, victim)
    world.command("enqueue", number, shortest, longest)
    for _ in range(rounds):
        world.wait("A job on the victim", begins)
        time.sleep(world.random.random() * 0.3)
        victim.send(signal.SIGSTOP)
        world.wait("The rescue", lambda node=victim.node: is_gone(world, node))
        victim.send(signal.SIGCONT)
        world.wait("The return", lambda node=victim.node: is_back(world, node))
        victim = world.random.choice(workers)
        begins = has_begun(world, victim)
    world.wait("The end of all jobs", lambda: world.open_jobs() == 0, 600)
    world.check_effects(number)
    rescued = world.one("SELECT sum(rescues) FROM pronghorn_jobs")
    if not rescued:
        raise CampaignError("No job was in the hands of a worker that was stopped")
    return f"{number} jobs, {rounds} workers stopped, {rescued} runs taken over; effects twice 0"


@campaign("J10", "a host is cut off from the database")
def cut_off(world: World, is_short: bool) -> str:
    """Its jobs move to other hosts; when it is back, it drops what it had, and works again."""
    pause = world.pace.dead_after * 2 if is_short else 60.0
    number = 48 if is_short else 200
    victim = world.start_workers(1)[0]
    world.count_outcomes()
    begins = has_begun(world, victim)
    world.command("enqueue", number, 300, 900)
    world.wait("A job on the host", begins)
    link = world.link(victim)
    link.cut()
    try:
        start = time.monotonic()
        world.wait("The end of all jobs on the others", lambda: world.open_jobs() == 0, 600)
        moved = time.monotonic() - start
        world.wait("The rescue", lambda: is_gone(world, victim.node))
        time.sleep(max(0.0, pause - (time.monotonic() - start)))
    finally:
        link.mend()
    back = world.wait("The return", lambda: is_back(world, victim.node))
    world.check_effects(number)
    again = has_begun(world, victim)
    world.command("enqueue", number, 300, 900)
    world.wait("A job on the host that is back", again)
    world.wait("The end of all jobs", lambda: world.open_jobs() == 0, 600)
    rescued = world.one("SELECT sum(rescues) FROM pronghorn_jobs")
    dropped = victim.log.read_text().count("dropped")
    return (
        f"{number} jobs were done after {moved:.1f} s without the host, {rescued} moved; back "
        f"{back:.1f} s after a pause of {pause:.0f} s, {dropped} jobs dropped; effects twice 0"
    )
