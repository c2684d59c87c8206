"""The version of a project: its commit, and whether the folder differs from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pronghorn.deploy.tool import run

__all__ = ["list_changes", "read_tag"]

_SECONDS = 30.0


def read_tag(folder: Path, *, is_clean: bool) -> str:
    """Return the tag of the image that is built from a folder.

    Args:
        folder: The folder of the project.
        is_clean: The folder is what was committed.

    Returns:
        The short hash of the commit; the time in UTC if there is none. A folder with changes has
        both, since two deploys of the same commit are then two versions.
    """
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    commit = run(["git", "rev-parse", "--short=10", "HEAD"], folder=folder, timeout=_SECONDS)
    if not commit.ok:
        return now
    return commit.out.strip() if is_clean else f"{commit.out.strip()}-{now}"


def list_changes(folder: Path, *, without: Collection[str]) -> list[str]:
    """Return the files of a folder that differ from what was committed.

    Args:
        folder: The folder of the project.
        without: Paths in that folder that do not count.

    Returns:
        The paths in that folder; none if it is not under version control.
    """
    top = run(["git", "rev-parse", "--show-prefix"], folder=folder, timeout=_SECONDS)
    head = run(["git", "rev-parse", "--verify", "HEAD"], folder=folder, timeout=_SECONDS)
    if not top.ok or not head.ok:
        return []
    arguments = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", "."]
    found = run(["git", *arguments], folder=folder, timeout=_SECONDS)
    prefix = top.out.strip()
    paths = [entry[3:].removeprefix(prefix) for entry in found.out.split("\0") if entry[3:]]
    return [path for path in paths if path not in without]
