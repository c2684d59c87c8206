"""Collect the numbers of all processes for a scrape."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pronghorn.metrics.directory import Directory
from pronghorn.metrics.folding import reading
from pronghorn.metrics.numbers import KINDS, Numbers, add_up, kind_of, write

__all__ = ["SharedMetrics"]


class SharedMetrics(Collector):
    """The metrics of all processes that share a directory.

    Args:
        directory: The directory of the program.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """Return the metrics, each number of a process once.

        Raises:
            TimeoutError: Another process does not release the lock.
        """
        with reading(self._directory):
            files = self._read()
        # prometheus-client makes metrics only of files. These are small: one of each kind.
        with TemporaryDirectory(prefix="pronghorn-scrape-") as folder:
            paths = [Path(folder, name) for name in files]
            for path, numbers in zip(paths, files.values(), strict=True):
                write(numbers, path)
            metrics: Iterable[Metric] = MultiProcessCollector.merge([str(path) for path in paths])
        return metrics

    def _read(self) -> dict[str, Numbers]:
        """Return numbers by the name of their file, one for each kind where they are added up."""
        found: dict[str, list[Path]] = {}
        for file in self._directory.numbers():
            kind = kind_of(file)
            found.setdefault(f"{kind}_0.db" if kind in KINDS else file.name, []).append(file)
        return {name: add_up(kind_of(Path(name)), files) for name, files in found.items()}
