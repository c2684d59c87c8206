"""Add up the numbers of several processes, of the living as of the dead."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

from pronghorn.logger import logger

__all__ = ["KINDS", "Numbers", "add_up", "kind_of", "write"]

#: A value with the time of its last change; a sum with what is too small for its digits.
Number = tuple[float, float]
#: Numbers by series; the key of a series is prometheus-client's.
Numbers = dict[str, Number]


def _sum(one: Number, other: Number) -> Number:
    """Return the sum, rounded only at the end of all additions.

    Otherwise the last digit would depend on the order, which changes when a process ends.
    Prometheus takes a counter that falls by one digit for one that began again at 0.
    """
    value = one[0] + other[0]
    if not isfinite(value):
        return value, 0.0
    # Knuth's exact addition, The Art of Computer Programming, volume 2, 4.2.2, theorem B.
    of_other = value - one[0]
    lost = (one[0] - (value - of_other)) + (other[0] - of_other)
    lost += one[1] + other[1]
    rounded = value + lost
    return rounded, lost - (rounded - value)


def _min(one: Number, other: Number) -> Number:
    return min(one[0], other[0]), 0.0


def _max(one: Number, other: Number) -> Number:
    return max(one[0], other[0]), 0.0


def _latest(one: Number, other: Number) -> Number:
    return max(one, other, key=lambda number: number[1])


#: How the numbers of two processes become one, for each kind of file. Other gauges have a series
#: for each process, which ends with it.
KINDS: dict[str, Callable[[Number, Number], Number]] = {
    "counter": _sum,
    "histogram": _sum,
    "summary": _sum,
    "gauge_sum": _sum,
    "gauge_min": _min,
    "gauge_max": _max,
    "gauge_mostrecent": _latest,
    "gauge_livesum": _sum,
    "gauge_livemin": _min,
    "gauge_livemax": _max,
    "gauge_livemostrecent": _latest,
}

BROKEN = (struct.error, RuntimeError, ValueError, IndexError)
_reported: set[Path] = set()


def kind_of(file: Path) -> str:
    """Return the kind of a file: `"counter"` for `counter_123.db`."""
    return file.name.rpartition("_")[0]


def add_up(kind: str, files: Iterable[Path]) -> Numbers:
    """Return the numbers of several files of one kind."""
    combine = KINDS.get(kind, _latest)
    total: Numbers = {}
    for file in files:
        for key, number in _read(file):
            known = total.get(key)
            total[key] = number if known is None else combine(known, number)
    return total


def _read(file: Path) -> Iterator[tuple[str, Number]]:
    """Yield the numbers of a file, up to the first one that is broken.

    A process may have been killed, or may be about to write its first numbers.
    """
    try:
        for key, value, changed_at, position in MmapedDict.read_all_values_from_file(str(file)):
            if not (key.startswith('["') and key.endswith('"]')):
                raise ValueError(f"no series at byte {position}")
            yield key, (value, changed_at)
    except FileNotFoundError:
        return  # Only where a program deletes files itself, as hooks of Gunicorn do.
    except BROKEN as error:
        if file not in _reported and file.exists() and file.stat().st_size:
            _reported.add(file)
            logger.warning("Metrics: the end of %s is unreadable and left out: %s", file, error)


def write(numbers: Numbers, file: Path) -> None:
    """Write numbers to a file, which must not exist."""
    written = MmapedDict(str(file))
    try:
        for key, (value, changed_at) in numbers.items():
            written.write_value(key, value, changed_at)
    finally:
        written.close()
