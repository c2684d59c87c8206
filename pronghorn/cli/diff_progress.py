"""Show on a terminal how far `pronghorn diff` is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pronghorn.cli.diff_engines import Answer, Engine
from pronghorn.cli.diff_requests import Request

__all__ = ["Ask", "asking"]

_AT_ONCE = 20
"""The number of requests between two steps of the bar."""


class Ask(Protocol):
    """Sends requests to an engine."""

    def __call__(self, engine: Engine, requests: Sequence[Request]) -> list[Answer]:
        """Return the answers, in the order of the requests."""


@contextmanager
def asking() -> Iterator[Ask]:
    """Yield a function that sends requests, and shows its progress on standard error.

    Nothing is written if standard error is not a terminal; the bar is removed at the end.
    """
    console = Console(stderr=True)
    columns = TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def ask(engine: Engine, requests: Sequence[Request]) -> list[Answer]:
        answers: list[Answer] = []
        task = bar.add_task(engine.name, total=len(requests))
        for start in range(0, len(requests), _AT_ONCE):
            answers += engine.ask(requests[start : start + _AT_ONCE])
            bar.update(task, completed=len(answers))
        return answers

    # Older releases of Rich end a bar that is switched off with an empty line.
    with bar if console.is_terminal else nullcontext():
        yield ask
