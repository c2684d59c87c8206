"""A cluster of Ray with two nodes on this machine, on loopback, and one proxy for HTTP."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

# Before Ray is imported, which would report to its makers.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# Else Ray takes 127.0.0.1 for another address of this machine, on which nobody listens.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
# Else the proxy asks the replica on its own node only, as long as that one is not full.
os.environ["RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING"] = "0"
# The database that processes share; the replicas take the environment from here.
os.environ["STORED"] = str(Path(tempfile.mkdtemp(prefix="pronghorn-ray-")) / "stored.db")

import ray
from ray import serve
from ray.cluster_utils import Cluster

from tests.ray.helpers import PATIENCE, Nodes, free_port

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that a cluster takes."""
    for item in items:
        item.add_marker(pytest.mark.timeout(3 * PATIENCE))


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """Two nodes, and the address of the proxy."""
    node = {"num_cpus": 2, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    # Ray believes what is said of GPUs; a program of the documentation wants one.
    second = cluster.add_node(**node, num_gpus=1)
    port = free_port()
    ray.init(
        address=cluster.address,
        runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
        log_to_driver=False,
    )
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    yield Nodes(cluster, second, f"http://127.0.0.1:{port}")
    serve.shutdown()
    ray.shutdown()
    cluster.shutdown()
    shutil.rmtree(Path(os.environ["STORED"]).parent)


@pytest.fixture
def client(nodes: Nodes) -> Iterator[httpx.Client]:
    """A client of the proxy."""
    with httpx.Client(base_url=nodes.url, timeout=PATIENCE) as client:
        yield client
