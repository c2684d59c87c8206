"""Write files that people read, commit and may change.

The first line of each file says who wrote it, and has a sum of the rest. So the next deploy knows
whether somebody has changed the file: such a file is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from pronghorn.deploy.target import PlannedFile

__all__ = ["FileState", "Written", "compare", "is_ours", "text_of", "write"]

_HEADER = "# Written by pronghorn deploy (sum {sum}); a file that you change is kept as it is."
_FOUND = re.compile(r"# Written by pronghorn deploy \(sum ([0-9a-f]{12})\)")
_SCRIPT = "#!"

State = Literal["new", "same", "outdated", "changed", "both", "foreign"]


class FileState(NamedTuple):
    """A file to write, and what is in its place.

    Attributes:
        file: The file to write.
        state: `new`: there is none. `same`: nothing to do. `outdated`: we wrote it for another
            configuration. `changed`: somebody has changed it. `both`: likewise, and the
            configuration is another one now. `foreign`: we did not write it.
    """

    file: PlannedFile
    state: State


class Written(NamedTuple):
    """The change of a file.

    Attributes:
        path: Its path in the project.
        what: A sentence for the user; empty if nothing happened.
    """

    path: PurePosixPath
    what: str


def text_of(file: PlannedFile) -> str:
    """Return what is written: the line with the sum, then the content.

    A script keeps its first line, which names its interpreter, in front.
    """
    header = _HEADER.format(sum=_sum(file.text))
    first, _, rest = file.text.partition("\n")
    if first.startswith(_SCRIPT):
        return f"{first}\n{header}\n{rest}"
    return f"{header}\n{file.text}"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def compare(folder: Path, files: Iterable[PlannedFile]) -> list[FileState]:
    """Return the state of each file.

    Args:
        folder: The folder of the project.
        files: What would be written.

    Raises:
        OSError: A file cannot be read.
    """
    return [FileState(file, _state_of(folder / file.path, file)) for file in files]


def _state_of(path: Path, file: PlannedFile) -> State:
    if not path.exists():
        return "new"
    text = path.read_text(encoding="utf-8", errors="replace")
    if text == text_of(file):
        # A shell does not find an interpreter whose name ends with a carriage return.
        broken = text.startswith(_SCRIPT) and b"\r" in path.read_bytes()
        return "outdated" if broken else "same"
    first, rest = _split(text)
    found = _FOUND.match(first)
    if found is None:
        return "foreign"
    if found[1] == _sum(rest):
        return "outdated"
    return "changed" if found[1] == _sum(file.text) else "both"


def is_ours(path: Path) -> bool:
    """Return whether a deploy has written a file, which nobody has changed since."""
    if not path.is_file():
        return False
    first, rest = _split(path.read_text(encoding="utf-8", errors="replace"))
    found = _FOUND.match(first)
    return found is not None and found[1] == _sum(rest)


def _split(text: str) -> tuple[str, str]:
    """Return the line with the sum, and the content as it was before that line was added."""
    first, _, rest = text.partition("\n")
    if not first.startswith(_SCRIPT):
        return first, rest
    header, _, rest = rest.partition("\n")
    return header, f"{first}\n{rest}"


def write(folder: Path, states: Iterable[FileState], *, force: bool) -> list[Written]:
    """Write files, each at once or not at all.

    Args:
        folder: The folder of the project.
        states: The files, from `compare`.
        force: Replace also those that somebody has changed.

    Returns:
        What happened to each file.

    Raises:
        OSError: A file cannot be written.
    """
    return [_write_one(folder, one, force=force) for one in states]


def _write_one(folder: Path, one: FileState, *, force: bool) -> Written:
    path = one.file.path
    if one.state == "same":
        return Written(path, "")
    if one.state in {"changed", "foreign"} and not force:
        who = "you have changed it" if one.state == "changed" else "pronghorn did not write it"
        return Written(path, f"Kept {path}: {who}; --force replaces it")
    _replace(folder / path, text_of(one.file))
    return Written(path, f"Wrote {path}")


def _replace(path: Path, text: str) -> None:
    """Write a file beside its place, and rename it, so that nobody reads half of it.

    A link stays one: what it names is written.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(number, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(draft).chmod(path.stat().st_mode & 0o777 if path.exists() else _mode_of(text))
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _mode_of(text: str) -> int:
    """Return who may do what with a new file: everybody may run a script."""
    return 0o755 if text.startswith(_SCRIPT) else 0o644
