"""The version of a project: its commit, and whether the folder differs from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pronghorn.deploy.tool import NOT_FOUND, Finished, run

__all__ = ["GitError", "list_changes", "read_tag"]

_SECONDS = 30.0


class GitError(Exception):
    """git does not say what was changed; `str(error)` is a sentence for the user."""


def _ask(folder: Path, *arguments: str) -> Finished:
    return run(["git", *arguments], env={"LC_ALL": "C"}, folder=folder, timeout=_SECONDS)


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
    commit = _ask(folder, "rev-parse", "--short=10", "HEAD")
    # A folder that an outer repository leaves out is not what its commit says.
    if not commit.ok or not _ask(folder, "ls-tree", "--name-only", "HEAD").out:
        return now
    return commit.out.strip() if is_clean else f"{commit.out.strip()}-{now}"


def list_changes(folder: Path, *, without: Collection[str]) -> list[str]:
    """Return the files of a folder that differ from what was committed.

    Args:
        folder: The folder of the project.
        without: Paths in that folder that do not count.

    Returns:
        The paths in that folder; none if it is not under version control.

    Raises:
        GitError: git fails, as for a damaged repository or one of another user.
    """
    top = _ask(folder, "rev-parse", "--show-prefix")
    if top.code == NOT_FOUND or "not a git repository" in top.err:
        return []
    if top.ok and not _ask(folder, "rev-parse", "--verify", "HEAD").ok:
        return []
    arguments = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", "."]
    found = _ask(folder, *arguments) if top.ok else top
    if not found.ok:
        raise GitError(f"git does not say whether everything is committed: {found.reason}")
    prefix = top.out.strip()
    paths = [entry[3:].removeprefix(prefix) for entry in found.out.split("\0") if entry[3:]]
    return [path for path in paths if path not in without]
