"""Move the numbers of dead processes into one file of each kind.

Without it, a directory grows with each process that ends, and so does the time of a scrape. If the
files were only deleted, counters would fall.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pronghorn.logger import logger
from pronghorn.metrics.directory import Directory
from pronghorn.metrics.numbers import KINDS, add_up, kind_of, write

__all__ = ["enter", "fold_dead", "reading"]

#: The number in the name of a file that has the numbers of all dead processes.
FOLDED = "folded"
JOURNAL = "journal.json"


def enter(directory: Directory, *, is_new: bool) -> None:
    """Let this process count as alive, and fold the numbers of those that do not.

    Args:
        directory: The directory of the program.
        is_new: This process has no metric yet, so files with its number belong to a dead one.
    """
    try:
        with directory.changing():
            _finish(directory.path)
            leftovers = directory.find_leftovers() if is_new else []
            _fold(directory.path, leftovers + directory.find_dead())
            directory.enter()
    except TimeoutError as error:
        logger.warning("Metrics: %s", error)
        directory.enter()


def fold_dead(directory: Directory) -> None:
    """Fold the numbers of all processes that have ended; without any, nothing is locked."""
    if directory.find_dead() or (directory.path / JOURNAL).exists():
        with directory.changing():
            _finish(directory.path)
            _fold(directory.path, directory.find_dead())


@contextmanager
def reading(directory: Directory) -> Iterator[None]:
    """Fold what can be folded, and keep others from moving numbers while this process reads.

    Raises:
        TimeoutError: Another process does not release the lock.
    """
    while True:
        fold_dead(directory)
        with directory.reading():
            if not (directory.path / JOURNAL).exists():  # Else a process has died in a moment.
                yield
                return


def _fold(folder: Path, dead: list[Path]) -> None:
    """Replace files of dead processes by the folded ones.

    What has to be done is written down first, as one file that appears at once. So it is done
    either completely, by this process or by the next one that holds the lock, or not at all.
    """
    if not dead:
        return
    kept: dict[str, list[Path]] = {}
    for file in dead:
        kind = kind_of(file)
        if kind in KINDS and not kind.startswith("gauge_live"):
            kept.setdefault(kind, []).append(file)
    for kind, files in kept.items():
        folded = folder / f"{kind}_{FOLDED}.db"
        new = _new(folded)
        new.unlink(missing_ok=True)
        write(add_up(kind, [folded, *files]), new)
    todo = {
        "replace": [f"{kind}_{FOLDED}.db" for kind in kept],
        "remove": [file.name for file in dead],
    }
    journal = folder / JOURNAL
    _new(journal).write_text(json.dumps(todo), encoding="utf-8")
    _new(journal).replace(journal)
    _finish(folder)


def _finish(folder: Path) -> None:
    """Do what the journal says; a process may have died in the middle of it."""
    journal = folder / JOURNAL
    try:
        todo = json.loads(journal.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    for name in todo["replace"]:
        new = _new(folder / name)
        if new.exists():
            new.replace(folder / name)
    for name in todo["remove"]:
        (folder / name).unlink(missing_ok=True)
    journal.unlink()


def _new(file: Path) -> Path:
    return file.with_name(file.name + ".new")
