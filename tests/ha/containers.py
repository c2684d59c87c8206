"""Containers: network namespaces behind the cable of a host, each with an address of its own.

As those of Docker they have a port 8000 each. The files and the Python are those of this machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.durable.hosts import NUMBER_OF_HOSTS, Link, add_namespace, command_in, ip
from tests.durable.world import CampaignError

PROJECT = Path(__file__).parents[2]
HOSTS = tuple(range(1, NUMBER_OF_HOSTS + 1))
#: The addresses of the containers of a host begin at 20 times its number.
EACH = 20
#: Seconds for what takes a moment, on a machine that has much else to do.
PATIENCE = 120.0


@dataclass(eq=False)
class Container:
    """A process of the program, with those that it starts.

    Attributes:
        host: The number of its host.
        service: `web` or `jobs`.
        tag: The version.
        place: Its number on the host, from 1.
        namespace: The name of its namespace.
        log: What it says.
        process: The command.
    """

    host: int
    service: str
    tag: str
    place: int
    namespace: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def address(self) -> str:
        """Its address."""
        return address_of(self.host, self.place)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself, as `docker stop` does."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End all of its processes, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait_for_end(self, seconds: float) -> int:
        """Wait for the end of the command; return its exit code.

        Raises:
            CampaignError: It does not end within so many seconds.
        """
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CampaignError(f"{self.describe()} did not end within {seconds:g} s") from None

    def describe(self) -> str:
        """Return its name, and the last lines that it has said."""
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return f"{self.service} {self.tag} on host {self.host}, which said\n{said}\n"


def address_of(host: int, place: int) -> str:
    """Return the address of a container."""
    return f"10.77.0.{host * EACH + place}"


class Machines:
    """The hosts. This process has to be in the namespace of the bridge.

    Args:
        name: The part that the names of the namespaces begin with.

    Attributes:
        folder: Where the logs are written.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.folder = Path(tempfile.gettempdir())
        self._used: set[tuple[int, int]] = set()
        self._last = dict.fromkeys(HOSTS, 0)
        self._started = 0
        for host in HOSTS:
            self._make_switch(f"{name}-{host}")

    def _make_switch(self, namespace: str) -> None:
        """Turn a host into a switch between its cable and its containers."""
        ip("-n", namespace, "link", "add", "inner", "type", "bridge")
        ip("-n", namespace, "link", "set", "inner", "up")
        ip("-n", namespace, "address", "flush", "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "master", "inner")

    def start(
        self, host: int, service: str, tag: str, command: list[str], variables: dict[str, str]
    ) -> Container:
        """Start a container, and do not wait for it.

        Args:
            host: The number of the host.
            service: `web` or `jobs`.
            tag: The version.
            command: The command; `pronghorn` is that of this project.
            variables: The variables of its environment.
        """
        place = self._choose_place(host)
        namespace = self._make_namespace(host, place)
        self._started += 1
        log = self.folder / f"{self._started}-{host}-{service}-{tag}.log"
        program = [sys.executable, "-m", *command]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command_in(namespace, *program),
                cwd=PROJECT,
                env={**_environment(), **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Container(host, service, tag, place, namespace, log, process)

    def _choose_place(self, host: int) -> int:
        """Return a place that was not used for long: neighbours remember who had an address."""
        after = [(self._last[host] + step) % (EACH - 1) + 1 for step in range(EACH - 1)]
        place = next(each for each in after if (host, each) not in self._used)
        self._used.add((host, place))
        self._last[host] = place
        return place

    def _make_namespace(self, host: int, place: int) -> str:
        outside, inside = f"{self._name}-{host}", f"{self._name}-{host}-{place}"
        add_namespace(inside, outside, "inner", f"inner{place}", address_of(host, place))
        return inside

    def remove(self, container: Container) -> None:
        """Remove a container; what still runs in it is killed."""
        container.kill()
        # Its cable goes at once; the namespace, when its last socket is closed.
        ip("-n", f"{self._name}-{container.host}", "link", "delete", f"inner{container.place}")
        ip("netns", "delete", container.namespace)
        self._used.discard((container.host, container.place))

    def link(self, host: int) -> Link:
        """Return the cable of a host."""
        return Link(host)


def _environment() -> dict[str, str]:
    """Return the environment of this process, without what decides about a program."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def wait_until(what: str, is_so: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait until a function returns something true; return the seconds.

    Args:
        what: What is waited for.
        is_so: The function.
        seconds: The limit.

    Raises:
        CampaignError: It does not happen in time.
    """
    begin = time.monotonic()
    while not is_so():
        if time.monotonic() - begin > seconds:
            raise CampaignError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - begin
