"""Count the wrong outcomes of a table of cases, each of which a MUST, a SHOULD or a MAY decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.hardening.probe import Figure
from tests.hardening.raw.case import MUST


def count_failures(verdicts: Sequence[Any]) -> Figure:
    """Return how many of the cases that a MUST decides went wrong; the details name all others too.

    Args:
        verdicts: What `judge_all` of one of the tables has returned.
    """
    failed = [verdict for verdict in verdicts if verdict.is_failure]
    total = sum(verdict.case.level == MUST for verdict in verdicts)
    others = [str(each) for each in verdicts if each.faults and each.case.level != MUST]
    return Figure(f"{len(failed)} of {total}", not failed, [*map(str, failed), *others])
