"""Read a `.dockerignore`: which files a build does not see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Ignored", "read_ignored"]


class Ignored:
    """The patterns of a `.dockerignore`; a later one wins over those before it.

    Args:
        lines: The lines of the file.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns: list[tuple[bool, re.Pattern[str]]] = []
        for line in lines:
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            keeps = text.startswith("!")
            path = text.removeprefix("!").strip().strip("/").removeprefix("./")
            if path and path != ".":
                self._patterns.append((keeps, re.compile(_translate(path))))

    def leaves_out(self, path: str) -> bool:
        """Return whether a build does not see a path.

        Args:
            path: A path relative to the folder of the build, with slashes.
        """
        left_out = False
        for keeps, pattern in self._patterns:
            if pattern.fullmatch(path):
                left_out = not keeps
        return left_out


def read_ignored(folder: Path, dockerfile: str) -> Ignored | None:
    """Return the patterns for a Dockerfile; None if there is no file of them.

    Docker prefers `Dockerfile.dockerignore` beside the Dockerfile.

    Args:
        folder: The folder of the build.
        dockerfile: The path of the Dockerfile in it.
    """
    for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
        file = folder / name
        if file.is_file():
            return Ignored(file.read_text(encoding="utf-8-sig", errors="replace").splitlines())
    return None


def _translate(path: str) -> str:
    """Return the regular expression of a pattern: a folder stands for everything in it."""
    parts = []
    at = 0
    while at < len(path):
        if path.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif path.startswith("**", at):
            parts.append(".*")
            at += 2
        elif path[at] == "[" and "]" in path[at + 2 :]:
            end = path.index("]", at + 2)
            parts.append(f"[{path[at + 1 : end]}]")
            at = end + 1
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(path[at], re.escape(path[at])))
            at += 1
    return f"{''.join(parts)}(?:/.*)?"
