"""A folder for a user's program, and clean-up of what the commands leave behind."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pronghorn.hooks import OBSERVERS, stop_observing

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Take back what a command sets for its child processes, which other tests start too."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def no_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the jobs of other tests, which a process of its own would not have."""
    if (known := sys.modules.get("pronghorn.jobs.known")) is not None:
        monkeypatch.setattr(known, "_known", [])


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("FASTAPI_ENV", "PORT", "FASTAPI_PUBLIC_URL"):
        monkeypatch.setenv(name, "")  # so that what a command sets is taken back as well
        monkeypatch.delenv(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        monkeypatch.delitem(sys.modules, name)  # the example, which other tests import
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def write(workspace: Path) -> Write:
    """Write a file below the working directory, given its path and its lines."""

    def write_file(name: str, text: str = "") -> Path:
        file = workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    return write_file


def _read_loggers() -> dict[logging.Logger, tuple[Any, ...]]:
    known = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(one for one in known if isinstance(one, logging.Logger))]
    return {
        one: (one.level, one.handlers[:], one.filters[:], one.propagate, one.disabled)
        for one in loggers
    }


@pytest.fixture(autouse=True)
def no_logs_of_commands() -> Iterator[None]:
    """Take back what a command sets for the logs of this process, which other tests read too."""
    observers, loggers = list(OBSERVERS), _read_loggers()
    yield
    for observer in OBSERVERS[:]:
        if observer not in observers:
            stop_observing(observer)
    for one in _read_loggers():
        before = loggers.get(one, (logging.NOTSET, [], [], True, False))
        one.setLevel(before[0])
        one.handlers, one.filters, one.propagate, one.disabled = before[1:]
