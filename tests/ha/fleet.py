"""The service on the hosts: containers with the generated commands, a proxy, and the database."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from pronghorn.deploy.compose.document import compose_document
from pronghorn.deploy.compose.switch import SETTLE
from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.target import Plan
from tests.durable.hosts import ADDRESS
from tests.durable.world import CampaignError
from tests.ha.balancer import Balancer, balancing
from tests.ha.containers import HOSTS, PROJECT, Container, Machines, wait_until
from tools.postgresql import Server

APP = "tests.ha.program:app"
#: Those of production: a commit waits for the disk. The server of the tests leaves them out.
SAFE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_connections": "400",
}
#: Proxies of the environment are not for these hosts.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
COUNT_OTHERS = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
END_OTHERS = COUNT_OTHERS.replace("count(*)", "pg_terminate_backend(pid)")
OPEN_JOBS = "SELECT count(*) FROM pronghorn_jobs WHERE ended_at IS NULL"


def make_plan(tag: str, workers: int = 1) -> Plan:
    """Return what `pronghorn deploy` would know of the program.

    Args:
        tag: The version.
        workers: Processes of `pronghorn run` in a container.
    """
    config = DeployConfig(
        name="ha", image="ha", app=APP, workers=workers, jobs=1, secrets=["DATABASE_URL"]
    )
    return Plan(config=config, folder=PROJECT, tag=tag, app=APP)


def command_of(plan: Plan, service: str) -> list[str]:
    """Return the command of a service in the compose file, where `$$` is a dollar."""
    command = compose_document(plan)["services"][service]["command"]
    return [part.replace("$$", "$") for part in command]


class Fleet:
    """All containers of the service.

    Args:
        machines: The hosts.
        server: The server of PostgreSQL.
        database: The name of its database.

    Attributes:
        containers: Those that run, or should.
        balancer: The proxy in front of them.
    """

    balancer: Balancer

    def __init__(self, machines: Machines, server: Server, database: str) -> None:
        self.machines = machines
        self.server = server
        self.url = server.url(database)
        self.containers: list[Container] = []
        self._connection: psycopg.Connection[Any] | None = None

    # --- containers -----------------------------------------------------------------------------

    def find(self, *, host: int | None = None, service: str | None = None) -> list[Container]:
        """Return the containers of a host, of a service, or of both."""
        return [
            each
            for each in self.containers
            if host in (None, each.host) and service in (None, each.service)
        ]

    def addresses(self) -> list[str]:
        """Return the addresses of all containers of `web`, which the name server tells."""
        return [each.address for each in self.find(service="web")]

    def start(
        self, hosts: Iterable[int], services: Iterable[str], tag: str = "one", workers: int = 1
    ) -> list[Container]:
        """Start containers, and wait until they are ready.

        Args:
            hosts: The numbers of the hosts.
            services: The services of each of them, once for each container.
            tag: The version.
            workers: Processes in each container of `web`.
        """
        plan = make_plan(tag, workers)
        started = []
        for host in hosts:
            for service in services:
                variables = {"DATABASE_URL": self.url, "HOST_NAME": f"host{host}", "TAG": tag}
                command = command_of(plan, service)
                started.append(self.machines.start(host, service, tag, command, variables))
        for container in started:
            wait_until(container.service, lambda one=container: is_ready(plan, one))
        self.containers += started
        return started

    def start_and_settle(self, *arguments: Any, **options: Any) -> list[Container]:
        """Start containers, and wait until the proxy sends requests to them, and to no others."""
        started = self.start(*arguments, **options)
        wait_until("The proxy", lambda: self.balancer.up() == set(self.addresses()))
        return started

    def begin(self) -> None:
        """Start the service on all hosts at once; one of the containers creates the tables."""
        self.start_and_settle(HOSTS, ["web", "jobs"])

    def replace(self, host: int, tag: str) -> list[int]:
        """Deploy a version on a host, as `pronghorn deploy compose` does.

        The new containers are ready before the old ones are told to end.

        Returns:
            The exit codes of the old ones.
        """
        old = self.find(host=host)
        self.start([host], ["jobs", "web"], tag)
        time.sleep(SETTLE)
        return self.stop(old)

    def stop(self, containers: Iterable[Container]) -> list[int]:
        """End containers as `docker stop` does; return their exit codes.

        Raises:
            CampaignError: One does not end in time.
        """
        ending = list(containers)
        grace = make_plan("").config.grace
        for container in ending:
            container.send(signal.SIGTERM)
        codes = [container.wait_for_end(grace) for container in ending]
        self._forget(ending)
        return codes

    def kill_host(self, host: int) -> None:
        """Take the power of a host away: nobody hears of it any more."""
        self.machines.link(host).cut()
        for container in self.find(host=host):
            container.kill()

    def bury(self, host: int) -> None:
        """Remove what was on a host that has lost its power, and connect it again."""
        self._forget(self.find(host=host))
        self.machines.link(host).mend()

    def end(self) -> None:
        """Kill all containers, and connect all hosts."""
        self._forget(list(self.containers))
        for host in HOSTS:
            self.machines.link(host).mend()

    def clear(self) -> None:
        """Kill all containers, and wait until the proxy and the database have forgotten them.

        The probe of one that is dead would tell of the one that gets its place at once.
        """
        self.end()
        wait_until("The proxy", lambda: not self.balancer.up())
        # The server may not know yet that their connections are dead.
        self.sql(END_OTHERS)
        wait_until("The end of their connections", lambda: self.one(COUNT_OTHERS) == 0)

    def _forget(self, containers: list[Container]) -> None:
        for container in containers:
            self.containers.remove(container)
            self.machines.remove(container)

    # --- the database ---------------------------------------------------------------------------

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement, on a connection of this process that stays open."""
        if self._connection is None:
            self._connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
        cursor = self._connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Close the connection to the database."""
        if self._connection is not None:
            self._connection.close()

    def one(self, statement: str, *values: Any) -> Any:
        """Return the only value of a statement."""
        return self.sql(statement, *values)[0][0]

    def wait_for_jobs(self) -> float:
        """Wait until no job is left; return the seconds."""
        return wait_until("The end of all jobs", lambda: self.one(OPEN_JOBS) == 0, 300.0)


def is_ready(plan: Plan, container: Container) -> bool:
    """Ask the probe of a container.

    Raises:
        CampaignError: It has ended.
    """
    if container.process.poll() is not None:
        raise CampaignError(f"It has ended: {container.describe()}")
    port = plan.jobs_health_port if container.service == "jobs" else plan.config.port
    try:
        with OPENER.open(f"http://{container.address}:{port}/ready", timeout=3) as got:
            return bool(got.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def safe_server() -> Iterator[Server]:
    """Run PostgreSQL at the bridge, with the settings of production."""
    with Server(host=ADDRESS) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for name, value in SAFE.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.restart("fast")
        yield server


@contextmanager
def running_fleet(
    machines: Machines, haproxy: str, server: Server, part: str, *, keep: bool = False
) -> Iterator[Fleet]:
    """Yield a service without containers, with a proxy and an empty database.

    The logs stay in their folder if something fails, and the folder is named.

    Args:
        machines: The hosts.
        haproxy: The path of HAProxy.
        server: The server of PostgreSQL.
        part: What it is for, the name of the database.
        keep: Leave the logs in their folder in any case.
    """
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {part} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {part}")
    folder = Path(tempfile.mkdtemp(prefix=f"ha-{part}-"))
    machines.folder = folder
    fleet = Fleet(machines, server, part)
    try:
        with balancing(haproxy, make_plan("one"), folder, fleet.addresses) as balancer:
            fleet.balancer = balancer
            try:
                yield fleet
            finally:
                fleet.end()
                fleet.close()
    except BaseException:
        keep = True
        raise
    finally:
        if keep:
            sys.stderr.write(f"The logs are in {folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
