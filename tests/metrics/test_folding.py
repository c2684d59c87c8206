"""The directory that processes share: what stays of those that end, however they do."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

import pronghorn.metrics.directory
from pronghorn.metrics.directory import Directory
from pronghorn.metrics.folding import enter, fold_dead
from pronghorn.metrics.numbers import write
from pronghorn.metrics.reading import SharedMetrics
from tests.cli.processes import environment
from tests.metrics.scrapes import Scrape

PROGRAM = """
import sys
from pathlib import Path
from prometheus_client import Counter, Gauge, Histogram, Summary
if {registered}:
    from pronghorn.metrics.directory import Directory
    from pronghorn.metrics.folding import enter
    enter(Directory(Path({path!r})), is_new=True)
number = float(sys.argv[1])
Counter("c", "c", ["l"]).labels("é").inc(number)
Histogram("h", "h", buckets=[1, 5]).observe(number)
Summary("s", "s").observe(number)
for mode in ("all", "liveall", "sum", "livesum", "min", "livemin", "max", "livemax", "mostrecent"):
    Gauge(f"g_{{mode}}", "g", multiprocess_mode=mode).set(number)
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def process(directory: Path, number: int, *, registered: bool = True) -> Iterator[int]:
    """A process with numbers, which is killed at the end."""
    text = textwrap.dedent(PROGRAM).format(registered=registered, path=str(directory))
    running = subprocess.Popen(
        [sys.executable, "-c", text, str(number)],
        env=environment(PROMETHEUS_MULTIPROC_DIR=str(directory)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == b"ready\n"
        yield running.pid
    finally:
        running.kill()
        running.wait()
        running.stdin.close()
        running.stdout.close()


def scrape(directory: Path) -> Scrape:
    registry = CollectorRegistry()
    registry.register(SharedMetrics(Directory(directory)))
    return Scrape(generate_latest(registry).decode())


def check_totals(found: Scrape) -> None:
    """The numbers of a process with 2 and another one with 4."""
    assert found.value("c_total", l="é") == 6
    assert found.value("s_sum") == 6
    assert found.value("s_count") == 2
    assert found.value("h_bucket", le="1.0") == 0
    assert found.value("h_bucket", le="5.0") == 2
    assert found.value("h_sum") == 6
    found.check_histograms()


def databases(directory: Path) -> set[str]:
    return {file.name for file in directory.glob("*.db")}


FOLDED = {
    f"{kind}_folded.db"
    for kind in (
        "counter",
        "histogram",
        "summary",
        "gauge_sum",
        "gauge_min",
        "gauge_max",
        "gauge_mostrecent",
    )
}


@pytest.mark.parametrize("registered", [True, False], ids=["entered", "never entered"])
def test_the_numbers_of_the_dead_stay_and_their_gauges_go(tmp_path: Path, registered: bool) -> None:
    with process(tmp_path, 2, registered=registered) as one:
        with process(tmp_path, 4, registered=registered) as other:
            both = scrape(tmp_path)
            check_totals(both)
            assert both.value("g_livesum") == 6
            assert {labels["pid"] for labels, _ in both.of("g_all")} == {str(one), str(other)}
        after = scrape(tmp_path)
        check_totals(after)
        after.check_after(both)
        assert after.value("g_livesum") == 2
        assert after.value("g_livemax") == 2
        assert [labels["pid"] for labels, _ in after.of("g_all")] == [str(one)]
        assert [labels["pid"] for labels, _ in after.of("g_liveall")] == [str(one)]
        assert (after.value("g_sum"), after.value("g_min"), after.value("g_max")) == (6, 2, 4)
    check_totals(scrape(tmp_path))
    assert databases(tmp_path) == FOLDED
    assert not list(tmp_path.glob("*.alive"))
    assert not list(tmp_path.glob("*.new"))


class Died(BaseException):
    """The process that folds ends here."""


STEPS = ("write_text", "replace", "unlink")


def test_a_process_that_dies_while_it_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was its last step on the disk, each number is there once."""
    for steps in range(200):
        directory = tmp_path / str(steps)
        directory.mkdir()
        make_dead(directory)
        was_complete = fold_steps(directory, steps, monkeypatch)
        check_totals(scrape(directory))
        assert databases(directory) == FOLDED
        assert not (directory / "journal.json").exists()
        if was_complete:
            break
    assert was_complete
    assert steps > 30


def fold_steps(directory: Path, steps: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Fold until a number of steps on the disk are done; return whether that was all."""
    with monkeypatch.context() as patched:
        for name in STEPS:
            original = getattr(Path, name)

            def step(
                self: Path, *args: Any, original: Callable[..., Any] = original, **keywords: Any
            ) -> Any:
                nonlocal steps
                if steps == 0:
                    raise Died
                steps -= 1
                return original(self, *args, **keywords)

            patched.setattr(Path, name, step)
        try:
            fold_dead(Directory(directory))
        except Died:
            return False
    return True


_made: dict[str, bytes] = {}


def make_dead(directory: Path) -> None:
    """Put the files of two dead processes there; they are made once."""
    if not _made:
        with process(directory, 2), process(directory, 4):
            pass
        _made.update({file.name: file.read_bytes() for file in directory.iterdir()})
    for name, content in _made.items():
        (directory / name).write_bytes(content)


def test_the_folder_of_a_fold_that_died_is_read_by_the_next_process(tmp_path: Path) -> None:
    """A new process may get the number of one whose file the journal names."""
    make_dead(tmp_path)
    (tmp_path / "journal.json").write_text(json.dumps({"replace": [], "remove": []}))
    enter(Directory(tmp_path), is_new=True)
    check_totals(scrape(tmp_path))


def test_a_number_of_a_process_that_is_used_again(tmp_path: Path) -> None:
    """A new process that gets the number of a dead one has numbers of its own."""
    make_dead(tmp_path)
    dead = next(iter(tmp_path.glob("counter_*.db"))).stem.removeprefix("counter_")
    for file in [*tmp_path.glob(f"*_{dead}.db"), *tmp_path.glob(f"*_{dead}.alive")]:
        file.rename(file.with_name(file.name.replace(dead, str(os.getpid()))))
    enter(Directory(tmp_path), is_new=True)
    assert databases(tmp_path) == FOLDED
    found = scrape(tmp_path)
    check_totals(found)
    assert found.value("g_livesum") is None


def test_a_number_that_another_program_uses_now(tmp_path: Path) -> None:
    """A process that has entered is known by its lock, not by its number."""
    make_dead(tmp_path)
    dead = next(iter(tmp_path.glob("counter_*.db"))).stem.removeprefix("counter_")
    for file in [*tmp_path.glob(f"*_{dead}.db"), *tmp_path.glob(f"*_{dead}.alive")]:
        file.rename(file.with_name(file.name.replace(dead, str(os.getppid()))))
    check_totals(scrape(tmp_path))
    assert databases(tmp_path) == FOLDED


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b"\x00" * 3,
        b"\x00" * 65536,
        b"\xff" * 65536,
        b"\x00\x10\x00\x00" + b"\x00" * 20,
        b"\x00\x10\x00\x00\x00\x00\x00\x00\x9c\xff\xff\xff" + b"\x00" * 4096,
        b"\x00\x10\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00" + b"\xff" * 4096,
    ],
    ids=["empty", "short", "zeros", "ones", "cut", "backwards", "no text"],
)
def test_a_torn_file_costs_only_its_own_numbers(tmp_path: Path, torn: bytes) -> None:
    living = os.getppid()
    make_dead(tmp_path)
    for number in (99999999, living):
        for kind in ("counter", "histogram", "gauge_sum", "gauge_livesum", "gauge_all"):
            (tmp_path / f"{kind}_{number}.db").write_bytes(torn)
    check_totals(scrape(tmp_path))
    for file in tmp_path.glob(f"*_{living}.db"):
        file.rename(file.with_name(file.name.replace(str(living), "99999999")))
    check_totals(scrape(tmp_path))
    assert databases(tmp_path) == FOLDED


def test_what_comes_before_a_torn_end_is_kept(tmp_path: Path) -> None:
    make_dead(tmp_path)
    for file in tmp_path.glob("counter_*.db"):
        content = file.read_bytes()
        used = int.from_bytes(content[:4], "little")
        longer = (used + 500).to_bytes(4, "little")
        file.write_bytes(longer + content[4:used] + b"\xfe" * 500)
    check_totals(scrape(tmp_path))


def test_the_order_of_deaths_does_not_change_the_last_digit(tmp_path: Path) -> None:
    """A sum that falls by one digit looks like a restart of the program."""
    random = Random(7)
    key = json.dumps(["h", "h_sum", {}, "h"])
    values = {}
    for number in range(60):
        values[f"a{number}"] = random.expovariate(1) * 10 ** random.randint(-6, 3)
        write({key: (values[f"a{number}"], 0.0)}, tmp_path / f"histogram_a{number}.db")
    total = math.fsum(values.values())
    living = sorted(values)
    random.shuffle(living)
    for name in living:
        assert scrape(tmp_path).value("h_sum") == total
        (tmp_path / f"histogram_{name}.db").rename(tmp_path / f"histogram_99999{name[1:]}.db")
    assert scrape(tmp_path).value("h_sum") == total
    assert databases(tmp_path) == {"histogram_folded.db"}


@pytest.mark.parametrize("odd", [math.inf, 1.7e308])
def test_numbers_that_are_too_large_stay_so(tmp_path: Path, odd: float) -> None:
    key = json.dumps(["c", "c_total", {}, "c"])
    for number in range(3):
        write({key: (odd, 0.0)}, tmp_path / f"counter_9999990{number}.db")
    assert scrape(tmp_path).value("c_total") == math.inf


def test_a_lock_that_is_never_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was stopped while it folds keeps nobody from starting."""
    monkeypatch.setattr(pronghorn.metrics.directory, "PATIENCE", 0.05)
    directory = Directory(tmp_path)
    with directory.changing():
        enter(directory, is_new=True)
        assert "is locked by a process that does not go on" in caplog.text
        with pytest.raises(TimeoutError):
            scrape(tmp_path)
    assert not directory.is_abandoned()
