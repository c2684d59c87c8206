"""The campaigns by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.durable.world import World

#: Breaks a world, and returns the figures as a text. `True` asks for the short form.
Run = Callable[[World, bool], str]


@dataclass(frozen=True)
class Campaign:
    """A campaign.

    Attributes:
        name: Its name, such as `J2`.
        title: What is broken.
        run: Runs it.
    """

    name: str
    title: str
    run: Run


CAMPAIGNS: dict[str, Campaign] = {}


def campaign(name: str, title: str) -> Callable[[Run], Run]:
    """Register a function as a campaign."""

    def register(run: Run) -> Run:
        CAMPAIGNS[name] = Campaign(name, title, run)
        return run

    return register
