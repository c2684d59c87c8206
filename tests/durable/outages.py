"""J4: the database crashes while workers take jobs, and while they take over others."""

from __future__ import annotations

import time

from tests.durable.kills import kill_one
from tests.durable.registry import campaign
from tests.durable.world import World


@campaign("J4", "the database crashes while jobs are taken, and while they are taken over")
def crash_the_database(world: World, is_short: bool) -> str:
    """All jobs are done in the end, and none is left in the hands of nobody."""
    rounds, number, pause = (1, 40, 1.0) if is_short else (4, 600, 30.0)
    world.command("enqueue", number, 100, 700)
    world.count_outcomes()
    world.start_workers(1)
    for turn in range(rounds):
        if turn % 2 == 0:
            # The rescue begins about now: its transaction, or what comes after it, is cut.
            world.wait("A worker to kill", lambda: kill_one(world, is_busy=True))
            time.sleep(world.pace.dead_after + world.random.random() * 0.3)
        world.server.halt("immediate")
        time.sleep(pause)
        world.server.start()
    start = time.monotonic()
    world.wait("The end of all jobs", lambda: world.open_jobs() == 0, 600)
    world.check_effects(number)
    left = "SELECT count(*) FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED')"
    world.wait("The end of all that the engine has", lambda: world.one(left) == 0)
    after = time.monotonic() - start
    return (
        f"{number} jobs, {rounds} crashes of {pause:.0f} s, all done {after:.1f} s after the last "
        "one; stranded 0, effects twice 0"
    )
