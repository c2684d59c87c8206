"""Find files that a new version would not have: a container loses what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from pronghorn.deploy.target import Plan
from pronghorn.deploy.written import FileState

__all__ = ["find_lost_files"]

_BY_HAND = frozenset({"changed", "both", "foreign"})


def find_lost_files(target: str, plan: Plan, states: list[FileState]) -> Iterator[str]:
    """Yield each database that is a file in the container itself, one sentence each.

    Where somebody has written a file of the target by hand, there may be a volume in it.

    Args:
        target: The name of the target.
        plan: The plan.
        states: The files of the target, and what is in their place.
    """
    if _has_volumes(target, plan) or any(one.state in _BY_HAND for one in states):
        return
    for name, value in {**plan.config.env, **plan.secrets}.items():
        if value.lower().startswith("sqlite"):
            yield f"{name} is a file of SQLite, which no new version would have: {_advise(target)}"


def _has_volumes(target: str, plan: Plan) -> bool:
    if target == "compose":
        return bool(plan.config.compose.volumes)
    return target == "kamal" and "volumes" in plan.config.kamal.extra


def _advise(target: str) -> str:
    if target == "compose":
        return 'write volumes = ["data:/data"] into [tool.pronghorn.deploy.compose]'
    if target == "kamal":
        return 'write extra = { volumes = ["/srv/data:/data"] } into [tool.pronghorn.deploy.kamal]'
    return "use PostgreSQL, or write the file of the target by hand, with a volume"
