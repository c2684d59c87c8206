"""Keep DBOS from two things in a worker: to read a pickle, and to wait for another worker.

DBOS unpickles the arguments of a row that is marked so, whoever has written it. So whatever a row
of a queue says, the worker sees our workflow in it, with a reason as its only argument if the row
is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from pronghorn.core.private_names import optional
from pronghorn.jobs.dbos_rows import WORKFLOW

_MODULE = "dbos._sys_db"
_PLAIN = "portable_json"


def guard(node: str, note: Callable[[str | None], None]) -> ExitStack:
    """Guard the worker with this id, from now to the end of the block.

    Args:
        node: The id, by which the worker of this process is told from clients of DBOS.
        note: Called with the queue of each row that the worker gets.
    """
    stack = ExitStack()
    database = optional(_MODULE, "SystemDatabase", "DBOS reads no pickles in this process.")
    reads = getattr(database, "get_workflow_statuses", None)
    if reads is None:
        refuse_pickles(stack)
        return stack

    def read_safely(self: Any, ids: list[str]) -> list[Any]:
        found: list[Any] = reads(self, ids)
        if self.executor_id != node:
            return found
        for row in found:
            note(row["queue_name"])
        return [_make_safe(row) for row in found]

    _replace(stack, database, "get_workflow_statuses", read_safely)
    waits = getattr(database, "await_workflow_result", None)
    if waits is not None:

        def do_not_wait(self: Any, *args: Any, **keywords: Any) -> Any:
            # The outcome belongs to another worker: this thread has nothing left to do.
            return None if self.executor_id == node else waits(self, *args, **keywords)

        _replace(stack, database, "await_workflow_result", do_not_wait)
    return stack


def refuse_pickles(stack: ExitStack) -> None:
    """Let DBOS read no pickle at all in this process, until the end of the block."""

    def refuse(self: Any, text: str) -> Any:
        raise ValueError("a pickle is not read")

    default = optional("dbos._serialization", "DefaultSerializer", "Pickles may be read.")
    if default is not None:
        _replace(stack, default, "deserialize", refuse)


def _replace(stack: ExitStack, owner: Any, name: str, new: Callable[..., Any]) -> None:
    old = getattr(owner, name)
    setattr(owner, name, new)
    stack.callback(setattr, owner, name, old)


def _make_safe(row: dict[str, Any]) -> dict[str, Any]:
    reason = _find_fault(row)
    return {
        **row,
        "name": WORKFLOW,
        "class_name": None,
        "config_name": None,
        "authenticated_user": None,
        "authenticated_roles": None,
        "attributes": None,
        "serialization": _PLAIN,
        "inputs": json.dumps({"positionalArgs": [reason], "namedArgs": {}}),
    }


def _find_fault(row: dict[str, Any]) -> str | None:
    if row["name"] != WORKFLOW:
        return f"its row of the engine belongs to {row['name']!r}"
    if row["serialization"] != _PLAIN:
        return f"its row of the engine is marked {row['serialization']!r}, which is not read"
    return None
