"""The interface of the stores that count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pronghorn.limits.windows import Charge, Count


class Change(NamedTuple):
    """A correction of a charge whose real cost is known now.

    Attributes:
        key: That of the charge.
        window: The window of its quota in milliseconds.
        started: The begin of the window in which it was taken, by the clock of the store.
        by: What to add; negative to give back.
    """

    key: str
    window: int
    started: int
    by: int


class Store(Protocol):
    """Counts charges for all processes that share it."""

    #: Whether the store may be away or slow.
    is_remote: bool

    async def take(self, charges: Sequence[Charge]) -> list[Count]:
        """Take all charges if each of them fits, else none.

        Args:
            charges: At least one; each has another key.

        Returns:
            The answers, in the order of the charges.
        """

    async def change(self, changes: Sequence[Change]) -> None:
        """Correct charges, also beyond the quota."""
