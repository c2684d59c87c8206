"""What the tests and the programs of this folder share."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple

#: Seconds that a cluster on a busy machine may take for a step.
PATIENCE = 120.0
#: What a replica takes of a node. Small, since this machine is both nodes.
SMALL = {"num_cpus": 0.1}
#: Two replicas, one on each node.
SPREAD = {"num_replicas": 2, "max_replicas_per_node": 1, "ray_actor_options": SMALL}


class Nodes(NamedTuple):
    """The running cluster."""

    cluster: Any
    """The `Cluster` of Ray."""
    second: Any
    """Its second node."""
    url: str
    """The address of the proxy, without a slash at the end."""


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return once a condition holds.

    Raises:
        AssertionError: It does not hold within `PATIENCE`.
    """
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"in {PATIENCE:.0f} s, this has not come: {what}"
        time.sleep(0.1)
