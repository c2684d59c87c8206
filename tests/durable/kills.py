"""Workers that are killed: J2 by power cuts, J6 by their own jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.durable.registry import campaign
from tests.durable.world import CampaignError, Worker, World

#: The seconds within which the job of a dead worker runs again.
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


def kill_one(world: World) -> Kill | None:
    """Kill a random worker that runs jobs, and start another one on its host."""
    ready = [worker for worker in world.workers if worker.is_ready]
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


def measure_rescues(world: World, kills: list[Kill]) -> list[float]:
    """Return the seconds from each kill to the new begin of each job that the worker had begun."""
    seconds = []
    for kill in kills:
        for _, again in world.sql(BEGAN_AGAIN, kill.node):
            seconds.append(again / 1000 - kill.at)
    return sorted(seconds)


@campaign("J2", "a random worker of three hosts is killed each second")
def kill_each_second(world: World, is_short: bool) -> str:
    """All jobs run, have their effect once, and are rescued in time."""
    number, each, most = (60, 1, 3) if is_short else (1000, 2, 10_000)
    world.command("enqueue", number, 50, 500)
    world.count_outcomes()
    start = time.monotonic()
    world.start_workers(each)
    kills: list[Kill] = []

    def is_done() -> bool:
        if len(kills) < min(most, int(time.monotonic() - start)) and (kill := kill_one(world)):
            kills.append(kill)
        return world.open_jobs() == 0

    world.wait("The end of all jobs", is_done, 600)
    duration = time.monotonic() - start
    world.check_effects(number)
    rescues = measure_rescues(world, kills)
    if rescues and rescues[-1] > RESCUE_LIMIT:
        raise CampaignError(f"A job was rescued after {rescues[-1]:.1f} s")
    found = f"{rescues[len(rescues) // 2]:.1f} s, at most {rescues[-1]:.1f} s" if rescues else "-"
    return (
        f"{number} jobs, {len(kills)} workers killed in {duration:.0f} s, {len(rescues)} jobs "
        f"rescued after {found}; lost 0, effects twice 0"
    )


@campaign("J6", "jobs that end their process, among others")
def poison(world: World, is_short: bool) -> str:
    """A job that kills its worker is dead in the end, and the others go on."""
    poisons, lease = (1, world.pace.beat + world.pace.dead_after) if is_short else (3, 25.0)
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
    check_poison(world, poisons)
    slowest = world.one("SELECT max(ended_at - due_at) FROM pronghorn_jobs WHERE task='work'") / 1000
    if not is_short and slowest > 2 * lease:
        raise CampaignError(f"A job was delayed for {slowest:.1f} s, two leases are {2 * lease} s")
    deaths = world.one("SELECT count(*) FROM pronghorn_test_events WHERE name LIKE 'poison%%'")
    return (
        f"{poisons} poison jobs dead after {deaths} deaths of workers, {total} other jobs done, "
        f"the slowest after {slowest:.1f} s"
    )


def _with(world: World, supervise: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: supervise() and world.open_jobs() == 0


def check_poison(world: World, poisons: int) -> None:
    """Raise an error unless each poison job is dead with a reason, after its rescues."""
    rows = world.sql("SELECT state, rescues, error FROM pronghorn_jobs WHERE task = 'poison'")
    wrong = [row for row in rows if row[0] != "dead" or row[1] != 4 or "has died 4" not in row[2]]
    if wrong or len(rows) != poisons:
        raise CampaignError(f"The poison is not dead as it should be: {rows}")
    if world.one("SELECT count(*) FROM pronghorn_jobs WHERE task='work' AND state<>'done'"):
        raise CampaignError(f"Other jobs suffered. {world.describe()}")
