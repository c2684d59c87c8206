"""HAProxy in front of the hosts, configured as `pronghorn deploy` does it for one host.

For several hosts a few lines are added: a host that has lost its power closes nothing, so the
kernel has to ask. Docker's name server is a thread of this process, at the same address.
"""

from __future__ import annotations

import csv
import io
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pronghorn.deploy.compose.proxy import PROXY_PORT, proxy_configuration
from pronghorn.deploy.target import Plan
from tests.deploy.name_server import name_server
from tests.durable.hosts import ADDRESS
from tests.ha.containers import PATIENCE, wait_until

URL = f"http://{ADDRESS}:{PROXY_PORT}"
SOCKET_URL = f"ws://{ADDRESS}:{PROXY_PORT}"
#: Where Docker answers the names of services.
DNS = ("127.0.0.11", 53)
#: Seconds after which a connection without an answer of the other kernel is given up, idle or not.
GIVE_UP = 6
KEEPALIVE = """\
    # A host that has lost its power closes nothing: the kernel asks it.
    option srvtcpka
    srvtcpka-idle 3s
    srvtcpka-intvl 1s
    srvtcpka-cnt 3
"""


@dataclass(frozen=True)
class Seen:
    """What the proxy thinks of a container.

    Attributes:
        is_up: Whether it gets requests.
        sessions: The requests that it has and did not answer yet.
    """

    is_up: bool
    sessions: int


def configure(plan: Plan, stats: Path) -> str:
    """Return the configuration.

    Args:
        plan: The plan of the service.
        stats: The Unix socket at which the proxy says what it thinks of its servers.
    """
    text = proxy_configuration(plan)
    added = {
        "    log stdout format raw": f"    stats socket {stats} mode 600 level admin\n"
        "    log stdout format timed",
        "defaults\n": f"defaults\n{KEEPALIVE}",
        "default-server ": f"default-server tcp-ut {GIVE_UP}s ",
    }
    for old, new in added.items():
        if text.count(old) != 1:
            raise ValueError(f"The configuration of the proxy has not one {old!r}:\n{text}")
        text = text.replace(old, new)
    return text


class Balancer:
    """A proxy that runs.

    Args:
        program: The path of HAProxy.
        plan: The plan of the service.
        folder: A folder for its files.
    """

    def __init__(self, program: str, plan: Plan, folder: Path) -> None:
        self._stats = folder / "haproxy.sock"
        self._log = folder / "haproxy.log"
        file = folder / "haproxy.cfg"
        file.write_text(configure(plan, self._stats), encoding="utf-8")
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [program, "-db", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until("HAProxy", self._has_started)

    def _has_started(self) -> bool:
        if self._process.poll() is not None:
            raise ValueError(f"HAProxy does not start:\n{self._log.read_text()[-3000:]}")
        return self._stats.exists()

    @property
    def process_id(self) -> int:
        """The number of its process."""
        return self._process.pid

    def servers(self) -> dict[str, Seen]:
        """Return what it thinks of each container, by address."""
        rows = csv.DictReader(io.StringIO(self._ask("show stat").removeprefix("# ")))
        found = {}
        for row in rows:
            if row["pxname"] == "web" and row["svname"] not in ("FRONTEND", "BACKEND"):
                address = (row.get("addr") or "").partition(":")[0]
                found[address] = Seen(row["status"].startswith("UP"), int(row["scur"] or 0))
        return found

    def up(self) -> set[str]:
        """Return the addresses of the containers that get requests."""
        return {address for address, seen in self.servers().items() if seen.is_up}

    def sessions(self, addresses: set[str]) -> int:
        """Return the requests that some containers have and did not answer yet."""
        seen = self.servers()
        return sum(seen[address].sessions for address in addresses & seen.keys())

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(str(self._stats))
            sock.sendall(f"{command}\n".encode())
            parts = []
            while part := sock.recv(65_536):
                parts.append(part)
        return b"".join(parts).decode()

    def watch_until_down(self, addresses: set[str]) -> tuple[int, float]:
        """Wait until some containers get no requests any more.

        Returns:
            The requests that they had at most meanwhile, without an answer, and the seconds.
        """
        most, begin = 0, time.monotonic()

        def is_down() -> bool:
            nonlocal most
            most = max(most, self.sessions(addresses))
            return not addresses & self.up()

        wait_until("The proxy to notice", is_down)
        most = max(most, self.sessions(addresses))  # Those that came since the last look.
        return most, time.monotonic() - begin

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


@contextmanager
def balancing(
    program: str, plan: Plan, folder: Path, list_addresses: Callable[[], list[str]]
) -> Iterator[Balancer]:
    """Run a proxy, and the name server that it asks, during a block."""
    with name_server(*DNS, list_addresses):
        balancer = Balancer(program, plan, folder)
        try:
            yield balancer
        finally:
            balancer.close()
