"""Workers that are killed: J2 by power cuts, J6 by their own jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.durable.registry import campaign
from tests.durable.world import CampaignError, Worker, World

#: When each job of a node was taken from it, in milliseconds.
TAKEN = "SELECT delivery, min(at) FROM rescues WHERE node = %s GROUP BY delivery"
#: The seconds within which the job of a dead worker is handed out again.
RESCUE_LIMIT = 25.0
#: When each job of a node began on another one, later, in milliseconds.
BEGAN_AGAIN = """SELECT first.name, min(again.at)
FROM pronghorn_test_events first JOIN pronghorn_test_events again
ON again.name = first.name AND again.at > first.at AND again.node <> first.node
WHERE first.what = 'begun' AND again.what = 'begun' AND first.node = %s GROUP BY first.name"""


@dataclass(frozen=True)
class Kill:
    """The end of a worker."""

    node: str
    at: float


def kill_one(world: World, *, is_busy: bool = False) -> Kill | None:
    """Kill a random worker that runs jobs, and start another one on its host.

    Args:
        world: The world.
        is_busy: Whether to choose among those that have jobs. Otherwise at least half of all have
            to run, since none would last on a machine that has much else to do.
    """
    ready = [worker for worker in world.workers if worker.is_ready]
    if not is_busy and len(ready) < len(world.workers) / 2:
        return None
    if is_busy and ready:
        nodes = world.sql("SELECT DISTINCT node FROM pronghorn_jobs WHERE state = 'running'")
        ready = [worker for worker in ready if (worker.node,) in nodes]
    if not ready:
        return None
    victim = world.random.choice(ready)
    killed = Kill(victim.node, time.time())
    replace(world, victim)
    return killed


def replace(world: World, victim: Worker) -> None:
    """End a worker, and start another one on its host, as a supervisor does."""
    victim.kill()
    world.workers.remove(victim)
    world.launch(victim.host)


def measure(world: World, kills: list[Kill], query: str) -> list[float]:
    """Return the seconds from each kill to the times that a query has for a node, sorted."""
    seconds = []
    for kill in kills:
        for _, at in world.sql(query, kill.node):
            seconds.append(at / 1000 - kill.at)
    return sorted(seconds)


def show(seconds: list[float]) -> str:
    """Return the middle and the longest of times."""
    if not seconds:
        return "-"
    return f"{seconds[len(seconds) // 2]:.1f} s, at most {seconds[-1]:.1f} s"


@campaign("J2", "a random worker of three hosts is killed each second")
def kill_each_second(world: World, is_short: bool) -> str:
    """All jobs run, have their effect once, and are rescued in time."""
    number, each, most = (60, 1, 3) if is_short else (1000, 3, 10_000)
    pause = 0.3 if is_short else 1.0
    world.command("enqueue", number, 50, 500)
    world.count_outcomes()
    start = time.monotonic()
    world.launch_workers(each)
    kills: list[Kill] = []

    def is_done() -> bool:
        is_time = time.time() - (kills[-1].at if kills else 0) > pause
        if is_time and len(kills) < most and (kill := kill_one(world, is_busy=is_short)):
            kills.append(kill)
        left = world.open_jobs()
        world.say(f"{left} jobs left, {len(kills)} workers killed")
        return left == 0

    world.wait("The end of all jobs", is_done, 600)
    duration = time.monotonic() - start
    world.check_effects(number)
    rescues, again = measure(world, kills, TAKEN), measure(world, kills, BEGAN_AGAIN)
    figures = (
        f"{number} jobs, {len(kills)} workers killed in {duration:.0f} s, {len(rescues)} jobs "
        f"rescued after {show(rescues)}, {len(again)} begun again after {show(again)}; "
        "lost 0, effects twice 0"
    )
    if rescues and rescues[-1] > RESCUE_LIMIT:
        raise CampaignError(f"A job was rescued after {rescues[-1]:.1f} s: {figures}")
    return figures


@campaign("J6", "jobs that end their process, among others")
def poison(world: World, is_short: bool) -> str:
    """A job that kills its worker is dead in the end, and the others go on."""
    poisons, lease = (1, world.pace.beat + world.pace.dead_after) if is_short else (3, 25.0)
    deaths = 2 if is_short else 4
    world.options["retries"] = str(deaths - 1)
    world.command("enqueue", 5, 10, 50)
    world.count_outcomes()
    world.start_workers(1)
    world.command("poison", poisons)
    number = 5
    total = 40 if is_short else 400

    def is_over() -> bool:
        for worker in [each for each in world.workers if not each.is_running]:
            replace(world, worker)
        query = "SELECT count(*) FROM pronghorn_jobs WHERE task = 'poison' AND ended_at IS NOT NULL"
        return bool(world.one(query) == poisons)

    world.wait("The end of the poison", is_over, 600)
    world.command("enqueue", total - number, 10, 50)
    world.wait("The end of the other jobs", _with(world, is_over))
    check_poison(world, poisons, deaths)
    query = "SELECT max(ended_at - due_at) FROM pronghorn_jobs WHERE task = 'work'"
    slowest = world.one(query) / 1000
    if not is_short and slowest > 2 * lease:
        raise CampaignError(f"A job was delayed for {slowest:.1f} s, two leases are {2 * lease} s")
    runs = world.one("SELECT count(*) FROM pronghorn_test_events WHERE name LIKE 'poison%%'")
    return (
        f"{poisons} poison jobs dead after {runs} deaths of workers, {total} other jobs done, "
        f"the slowest after {slowest:.1f} s"
    )


def _with(world: World, supervise: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: supervise() and world.open_jobs() == 0


def check_poison(world: World, poisons: int, deaths: int) -> None:
    """Raise an error unless each poison job is dead with a reason, after its rescues."""
    rows = world.sql("SELECT state, rescues, error FROM pronghorn_jobs WHERE task = 'poison'")
    reason = f"has died {deaths} times"
    wrong = [row for row in rows if row[:2] != ("dead", deaths) or reason not in str(row[2])]
    if wrong or len(rows) != poisons:
        raise CampaignError(f"The poison is not dead as it should be: {rows}")
    if world.one("SELECT count(*) FROM pronghorn_jobs WHERE task='work' AND state<>'done'"):
        raise CampaignError(f"Other jobs suffered. {world.describe()}")
