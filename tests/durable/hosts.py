"""Hosts: network namespaces that reach one another over a bridge, and nothing else.

The bridge is in a namespace of its own, where the database and the campaign run. Nothing outside of
these namespaces changes, and no packet leaves them.
"""

from __future__ import annotations

import _thread
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PREFIX = "pronghorn-durable"
NUMBER_OF_HOSTS = 3
#: The address of the bridge, at which PostgreSQL listens.
ADDRESS = "10.77.0.1"
ADVICE = """The campaigns make network namespaces, and this user may not: {reason}
Run them as root on Linux, with `ip` of iproute2 and `nsenter` of util-linux; on Debian or Ubuntu

    sudo apt-get install iproute2 util-linux
"""


class NoHostsError(Exception):
    """No namespaces can be made; the message says why."""


@contextmanager
def network() -> Iterator[str]:
    """Make the namespaces; yields the part that their names begin with.

    Raises:
        NoHostsError: This user may not, or the programs are missing.
    """
    missing = [name for name in ("ip", "nsenter") if shutil.which(name) is None]
    if missing:
        raise NoHostsError(ADVICE.format(reason=f"there is no program {missing[0]}"))
    _remove_stale()
    name = f"{PREFIX}-{os.getpid()}"
    try:
        _make(name)
        yield name
    finally:
        _remove(name)


def _make(name: str) -> None:
    middle = f"{name}-0"
    ip("netns", "add", middle)
    ip("-n", middle, "link", "set", "lo", "up")
    ip("-n", middle, "link", "add", "bridge", "type", "bridge")
    ip("-n", middle, "address", "add", f"{ADDRESS}/24", "dev", "bridge")
    ip("-n", middle, "link", "set", "bridge", "up")
    for number in range(1, NUMBER_OF_HOSTS + 1):
        host = f"{name}-{number}"
        add_namespace(host, middle, "bridge", f"host{number}", f"10.77.0.{number + 1}")


def add_namespace(name: str, outside: str, bridge: str, cable: str, address: str) -> None:
    """Make a namespace, with a cable from its `eth0` to a bridge.

    Args:
        name: Its name.
        outside: The namespace of the bridge.
        bridge: The bridge.
        cable: The name of the cable at the bridge.
        address: The address of the namespace.

    Raises:
        NoHostsError: `ip` has failed.
    """
    ip("netns", "add", name)
    ip("-n", name, "link", "set", "lo", "up")
    veth = ("type", "veth", "peer", "name", "eth0", "netns", name)
    ip("-n", outside, "link", "add", cable, *veth)
    ip("-n", outside, "link", "set", cable, "master", bridge, "up")
    ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    ip("-n", name, "link", "set", "eth0", "up")


def _remove(name: str) -> None:
    for path in Path("/run/netns").glob(f"{name}-*"):
        subprocess.run(["ip", "netns", "delete", path.name], capture_output=True, check=False)


def _remove_stale() -> None:
    """Remove the namespaces of campaigns that were killed."""
    for path in Path("/run/netns").glob(f"{PREFIX}-*-0"):
        process = path.name.split("-")[-2]
        if not Path("/proc", process).exists():
            _remove(path.name.removesuffix("-0"))


def ip(*arguments: str) -> None:
    """Run the program `ip`.

    Raises:
        NoHostsError: It has failed.
    """
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoHostsError(ADVICE.format(reason=done.stderr.strip() or "ip failed"))


def command_in(namespace: str, *command: str) -> list[str]:
    """Return the command that runs a command in a namespace, as the same process."""
    return ["nsenter", f"--net=/run/netns/{namespace}", *command]


class Link:
    """The cable of a host.

    Args:
        number: The number of the host, from 1.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def cut(self) -> None:
        """Let no packet through; nobody is told."""
        ip("link", "set", f"host{self._number}", "down")

    def mend(self) -> None:
        """Let packets through again."""
        ip("link", "set", f"host{self._number}", "up")


def run_between_hosts(module: str, arguments: Sequence[str]) -> int:
    """Run a module in the namespace of the database, with `--inside`; return its exit status."""
    with network() as name:
        program = (sys.executable, "-m", module, *arguments, "--inside", name)
        # It ends when this process does: then there is no more input.
        with subprocess.Popen(command_in(f"{name}-0", *program), stdin=subprocess.PIPE) as inner:
            return inner.wait()


def end_with_parent() -> None:
    """Interrupt this process when the one that started it has ended."""

    def wait() -> None:
        sys.stdin.read()
        _thread.interrupt_main()

    threading.Thread(target=wait, daemon=True).start()
