"""What a campaign breaks: hosts with workers, and a database that the campaign looks into."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
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
        process: The process.
        node: Its id as a node.
        log: What it said.
    """

    host: int
    process: subprocess.Popen[str]
    log: Path
    node: str = ""

    def __post_init__(self) -> None:
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(ValueError):  # The file was closed.
            assert self.process.stdout
            self.node = self.process.stdout.readline().strip()

    def wait_until_ready(self) -> None:
        """Wait until it runs jobs."""
        self._reader.join(PATIENCE)
        if not self.node:
            raise CampaignError(f"A worker did not start:\n{self.log.read_text()[-3000:]}")

    @property
    def is_ready(self) -> bool:
        """Whether it runs jobs."""
        return bool(self.node) and self.is_running

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None


@dataclass(eq=False)
class World:
    """Hosts, workers and a database.

    Args:
        name: The part that the names of the namespaces begin with.
        server: The server of PostgreSQL.
        driver: The driver of the program.
        pace: How fast nodes beat.
        random: Chance, with a known seed.
    """

    name: str
    server: Server
    driver: str
    pace: Pace
    random: random.Random
    environment: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    _database: str = "postgres"
    _folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="durable-")))
    _number: int = 0

    # --- processes ------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DURABLE_URL": self.server.url(self._database, self.driver),
            "DURABLE_BEAT": str(self.pace.beat),
            "DURABLE_DEAD_AFTER": str(self.pace.dead_after),
            **self.environment,
        }

    def launch(self, host: int, **environment: str) -> Worker:
        """Start a worker on a host, and do not wait for it."""
        self._number += 1
        log = self._folder / f"worker-{self._number}"
        program = (sys.executable, "-m", "tests.durable.program", "work")
        with log.open("w") as output:
            process = subprocess.Popen(
                command_in(f"{self.name}-{host}", *program),
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env={**self._environment(), **environment},
            )
        worker = Worker(host, process, log)
        self.workers.append(worker)
        return worker

    def start_workers(self, each: int = 1) -> list[Worker]:
        """Start workers on each host, and wait for them."""
        started = [
            self.launch(host) for _ in range(each) for host in range(1, NUMBER_OF_HOSTS + 1)
        ]
        for worker in started:
            worker.wait_until_ready()
        return started

    def command(self, *arguments: object) -> None:
        """Run a command of the program beside the database."""
        program = [sys.executable, "-m", "tests.durable.program", *map(str, arguments)]
        environment = self._environment()
        done = subprocess.run(
            program, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CampaignError(f"{' '.join(program)} failed:\n{done.stderr[-3000:]}")

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

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> float:
        """Wait until something has happened; return the seconds.

        Raises:
            CampaignError: It does not happen.
        """
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                raise CampaignError(f"{what} did not happen within {seconds:g} s. {self.describe()}")
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
        """Count how often each job ends, from now on."""
        self.sql(COUNT_OUTCOMES)

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
                f"{len(lost)} jobs had no effect {lost[:5]}, {len(twice)} had it twice {twice[:5]}, "
                f"{done} of {number} are done, {len(often)} ended twice. {self.describe()}"
            )

    # --- the end --------------------------------------------------------------------------------

    @contextmanager
    def episode(self, name: str) -> Iterator[Self]:
        """Begin with an empty database and without workers; end all workers afterwards."""
        self._database = name.lower()
        self.environment.clear()
        create = f"CREATE DATABASE {self._database}"
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(create)
        try:
            yield self
        finally:
            for worker in self.workers:
                with suppress(ProcessLookupError):
                    worker.kill()
            self.workers.clear()


@contextmanager
def make_world(name: str, driver: str, pace: Pace, seed: int) -> Iterator[World]:
    """Start a server at the bridge; this process has to be in the namespace of the bridge."""
    with Server(host=ADDRESS) as server:
        yield World(name, server, driver, pace, random.Random(seed))
