"""The pace at which a worker looks into its queues: fast while it gets jobs.

DBOS takes as many deliveries at a look as may run at the same time. At ten looks a second, jobs
that take milliseconds would wait for the next look most of the time.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from pronghorn.core.private_names import optional

#: The seconds between two looks into a queue that has given something at the last look.
FAST = 0.01


class Pace:
    """The pace of one worker.

    Args:
        node: The id of the worker.
    """

    def __init__(self, node: str) -> None:
        self._node = node
        self._got: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def note(self, queue: str | None) -> None:
        """Note that a queue has given something."""
        if queue is not None:
            self._got[queue] = self._got.get(queue, 0) + 1

    def keep(self, stack: ExitStack) -> None:
        """Keep the pace until the end of the block."""
        consequence = "Short jobs run at 100 a second and queue."
        database = optional("dbos._sys_db", "SystemDatabase", consequence)
        find = getattr(database, "get_queue", None)
        if find is None:
            return

        def find_in_a_hurry(this: Any, name: str, **keywords: Any) -> Any:
            queue = find(this, name, **keywords)
            if this.executor_id == self._node and queue is not None and self._is_busy(name):
                queue._polling_interval_sec = FAST
            return queue

        database.get_queue = find_in_a_hurry
        stack.callback(setattr, database, "get_queue", find)

    def _is_busy(self, queue: str) -> bool:
        """Return whether a queue has given something since the last question."""
        got = self._got.get(queue, 0)
        is_busy = self._seen.get(queue, 0) != got
        self._seen[queue] = got
        return is_busy
