"""A call that can be stored."""

from __future__ import annotations

from dataclasses import dataclass

from pronghorn.jobs.task import Task


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function, with its arguments as JSON: `jobs.call(send_receipt, 7)`.

    Args:
        task: The task.
        arguments: The arguments.
    """

    task: Task
    arguments: str
