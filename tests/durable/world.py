"""What a campaign breaks: hosts with workers, and a database that the campaign looks into."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.durable.hosts import ADDRESS, NUMBER_OF_HOSTS, Link, command_in
from tools.postgresql import Server

PROJECT = Path(__file__).parents[2]
#: The seconds to wait for something on a machine that has much else to do.
PATIENCE = 120.0
#: Each time that a job ends is a row, whoever writes it.
COUNT_OUTCOMES = """
CREATE TABLE outcomes (job text, state text);
CREATE FUNCTION count_outcome() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO outcomes VALUES (NEW.id, NEW.state); RETURN NEW; END $$;
CREATE TRIGGER count_outcome AFTER UPDATE ON pronghorn_jobs FOR EACH ROW
WHEN (NEW.state IN ('done', 'dead', 'cancelled') AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
EXECUTE FUNCTION count_outcome();
"""
#: So is each time that it is taken from a worker, in milliseconds.
COUNT_RESCUES = """
CREATE TABLE rescues (delivery text, node text, at double precision);
CREATE FUNCTION count_rescue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO rescues VALUES (OLD.workflow_uuid, OLD.executor_id,
    extract(epoch FROM clock_timestamp()) * 1000); RETURN NEW; END $$;
CREATE TRIGGER count_rescue AFTER UPDATE ON dbos.workflow_status FOR EACH ROW
WHEN (OLD.status = 'PENDING' AND NEW.status = 'ENQUEUED') EXECUTE FUNCTION count_rescue();
"""


class CampaignError(Exception):
    """Something does not hold."""


@dataclass(frozen=True)
class Pace:
    """How fast nodes beat, in seconds."""

    beat: float
    dead_after: float


@dataclass(eq=False)
class Worker:
    """A process that runs jobs.

    Attributes:
        host: The number of its host.
        process: The number of the process.
        log: What it said.
    """

    host: int
    process: int
    log: Path

    @property
    def node(self) -> str:
        """Its id as a node; empty as long as it does not run jobs."""
        path = self.log.with_suffix(".node")
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return Path("/proc", str(self.process)).exists()

    @property
    def is_ready(self) -> bool:
        """Whether it runs jobs."""
        return bool(self.node) and self.is_running

    def wait_until_ready(self) -> None:
        """Wait until it runs jobs."""
        deadline = time.monotonic() + PATIENCE
        while not self.is_ready:
            if not self.is_running or time.monotonic() > deadline:
                raise CampaignError(f"A worker did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.process, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        while self.is_running:
            self.send(signal.SIGKILL)
            time.sleep(0.01)


class Launcher:
    """A process of a host that starts others in no time; see `tests.durable.launcher`.

    Args:
        namespace: The namespace of the host.
    """

    def __init__(self, namespace: str) -> None:
        self._process = subprocess.Popen(
            command_in(namespace, sys.executable, "-m", "tests.durable.launcher"),
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def launch(self, command: list[Any], options: dict[str, str], log: Path) -> int:
        """Start a process; return its number."""
        assert self._process.stdin
        assert self._process.stdout
        order = {"command": command, "options": options, "log": str(log)}
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise CampaignError("The program does not start; see above")
        return int(answer)

    def close(self) -> None:
        """Kill its processes, and end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


@dataclass(eq=False)
class World:
    """Hosts, workers and a database.

    Args:
        name: The part that the names of the namespaces begin with.
        server: The server of PostgreSQL.
        driver: The driver of the program.
        pace: How fast nodes beat.
        random: Chance, with a known seed.
        options: Further options of the program.
        workers: The workers that were started.
        has_failed: Whether what the processes said is kept.
    """

    name: str
    server: Server
    driver: str
    pace: Pace
    random: random.Random
    options: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    has_failed: bool = False
    _database: str = "postgres"
    _folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="durable-")))
    _number: int = 0
    _said: float = field(default_factory=time.monotonic)
    _launchers: dict[int, Launcher] = field(default_factory=dict)

    # --- processes ------------------------------------------------------------------------------

    def _start(self, host: int, command: list[Any], options: dict[str, str]) -> Worker:
        self._number += 1
        log = self._folder / f"{self._number}-{command[0]}.log"
        log.touch()
        given = {
            "url": self.server.url(self._database, self.driver),
            "beat": str(self.pace.beat),
            "dead_after": str(self.pace.dead_after),
            **self.options,
            **options,
        }
        if host not in self._launchers:
            self._launchers[host] = Launcher(f"{self.name}-{host}")
        return Worker(host, self._launchers[host].launch(command, given, log), log)

    def launch(self, host: int, **options: str) -> Worker:
        """Start a worker on a host, and do not wait for it."""
        worker = self._start(host, ["work"], options)
        self.workers.append(worker)
        return worker

    def launch_workers(self, each: int = 1) -> list[Worker]:
        """Start workers on each host, and do not wait for them."""
        hosts = range(1, NUMBER_OF_HOSTS + 1)
        return [self.launch(host) for _ in range(each) for host in hosts]

    def start_workers(self, each: int = 1) -> list[Worker]:
        """Start workers on each host, and wait for them."""
        started = self.launch_workers(each)
        for worker in started:
            worker.wait_until_ready()
        return started

    def command(self, *command: Any) -> None:
        """Run a command of the program beside the database, and wait for its end."""
        process = self._start(0, list(command), {})
        status = process.log.with_suffix(".status")
        self.wait(f"{command[0]}", lambda: status.exists() or not process.is_running)
        if not status.exists() or status.read_text(encoding="utf-8") != "0":
            raise CampaignError(f"{command} failed:\n{process.log.read_text()[-3000:]}")

    def link(self, worker: Worker) -> Link:
        """Return the cable of the host of a worker."""
        return Link(worker.host)

    # --- the database ---------------------------------------------------------------------------

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement, also while the database is restarted."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                url = self.server.url(self._database)
                with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                    cursor = connection.execute(statement, values or None)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def one(self, statement: str, *values: Any) -> Any:
        """Return the only value of a statement."""
        return self.sql(statement, *values)[0][0]

    def say(self, text: str) -> None:
        """Show how far a campaign is, every ten seconds."""
        if time.monotonic() - self._said > 10:
            self._said = time.monotonic()
            print(f"   ... {text}", file=sys.stderr, flush=True)

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> float:
        """Wait until something has happened; return the seconds.

        Raises:
            CampaignError: It does not happen.
        """
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                raise CampaignError(f"{what}: not within {seconds:g} s. {self.describe()}")
            time.sleep(0.05)
        return time.monotonic() - start

    def describe(self) -> str:
        """Return the states of all jobs, and the nodes, for a message."""
        states = self.sql("SELECT state, count(*) FROM pronghorn_jobs GROUP BY state")
        left = self.sql(
            "SELECT id, task, state, attempt, rescues, node, delivery, error FROM pronghorn_jobs "
            "WHERE state NOT IN ('done', 'cancelled') LIMIT 5"
        )
        nodes = self.sql("SELECT id, seen_at, lost_at FROM pronghorn_nodes")
        return f"states: {states}\nnot done: {left}\nnodes: {nodes}\nlogs: {self._folder}"

    def count_outcomes(self) -> None:
        """Count how often each job ends, and is taken from a worker, from now on."""
        self.sql(COUNT_OUTCOMES)
        self.sql(COUNT_RESCUES)

    def open_jobs(self) -> int:
        """Return the number of jobs that have not ended."""
        query = "SELECT count(*) FROM pronghorn_jobs WHERE ended_at IS NULL"
        return int(self.one(query))

    def check_effects(self, number: int) -> None:
        """Raise an error unless each job of `enqueue` is done, and had its effect once."""
        rows = "SELECT name, count(*) FROM pronghorn_test_effects GROUP BY name"
        effects = dict(self.sql(rows))
        lost = [each for each in range(number) if str(each) not in effects]
        twice = [name for name, count in effects.items() if count != 1]
        done = self.one("SELECT count(*) FROM pronghorn_jobs WHERE task='work' AND state='done'")
        often = self.sql("SELECT job, count(*) FROM outcomes GROUP BY job HAVING count(*) > 1")
        if lost or twice or often or done != number:
            raise CampaignError(
                f"No effect: {lost[:5]} ({len(lost)}), two: {twice[:5]} ({len(twice)}); "
                f"{done} of {number} are done, {len(often)} ended twice. {self.describe()}"
            )

    # --- the end --------------------------------------------------------------------------------

    @contextmanager
    def episode(self, name: str) -> Iterator[Self]:
        """Begin with an empty database and without workers; end all workers afterwards."""
        self._database = name.lower()
        self.options.clear()
        create = f"CREATE DATABASE {self._database}"
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(create)
        try:
            yield self
        finally:
            self.end_workers()

    def end_workers(self) -> None:
        """Kill all workers."""
        for worker in self.workers:
            worker.kill()
        self.workers.clear()

    def close(self) -> None:
        """End the launchers."""
        for launcher in self._launchers.values():
            launcher.close()
        if not self.has_failed:  # The message names the folder.
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def make_world(name: str, driver: str, pace: Pace, seed: int) -> Iterator[World]:
    """Start a server at the bridge; this process has to be in the namespace of the bridge."""
    with Server(host=ADDRESS) as server:
        world = World(name, server, driver, pace, random.Random(seed))
        try:
            yield world
        finally:
            world.close()
