"""The attempts of a job in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pronghorn.logs.clean import clean_text, escape

if TYPE_CHECKING:
    from pronghorn.jobs import AttemptInfo

__all__ = ["describe_attempt", "list_attempts", "sum_up_attempt"]


def list_attempts(attempts: Sequence[AttemptInfo]) -> Iterator[str]:
    """Yield lines for a terminal: when and where each attempt ran, how it ended, and why."""
    for one in attempts:
        begun = f"{one.started_at.astimezone():%Y-%m-%d %H:%M:%S %z}"
        node = f"node {one.node}" if one.node else ""
        line = f"{one.number}  {one.outcome:<9}  {begun}  {_time(one):>8}  {node}"
        yield line.rstrip()
        if one.error:
            yield f"   {_reason(one)}"


def sum_up_attempt(one: AttemptInfo) -> str:
    """Return one attempt in a line, with the beginning of the id of its process."""
    node = f" in node {one.node[:8]}" if one.node else ""
    took = f" after {_time(one)}" if one.ended_at else f" since {one.started_at:%H:%M:%S} UTC"
    reason = f": {_reason(one)}" if one.error else ""
    return f"{one.number} {one.outcome}{took}{node}{reason}"


def describe_attempt(one: AttemptInfo) -> dict[str, Any]:
    """Return one attempt for JSON, without the values of secrets."""
    return {
        "number": one.number,
        "outcome": one.outcome,
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at and one.ended_at.isoformat(),
        "node": one.node,
        "error": one.error and clean_text(one.error),
    }


def _reason(one: AttemptInfo) -> str:
    return escape(clean_text(one.error or ""))


def _time(one: AttemptInfo) -> str:
    """Return how long an attempt took; nothing while it runs."""
    if one.ended_at is None:
        return ""
    seconds = (one.ended_at - one.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
