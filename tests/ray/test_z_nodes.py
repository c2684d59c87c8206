"""A node dies under requests: the other one answers."""

from __future__ import annotations

import httpx
import ray
from ray import serve
from ray.cluster_utils import Cluster

from pronghorn.ray import ingress
from tests.ray.helpers import SPREAD, Nodes, wait_until


def test_the_other_node_answers_when_one_dies(nodes: Nodes, client: httpx.Client) -> None:
    """This test leaves one node, so it stands in the last file."""
    deployment = serve.deployment(ingress("tests.ray.plain:app")(), **SPREAD)
    serve.run(deployment.bind(), name="dying", route_prefix="/dying")
    seen: list[str] = []

    def ask() -> str:
        try:
            answer = client.get("/dying/node")
        except httpx.TransportError:
            return ""
        return str(answer.json()) if answer.status_code == 200 else ""

    def both() -> bool:
        seen.append(ask())
        return len(set(seen) - {""}) == 2

    wait_until(both, "an answer of each node")
    stop(nodes.cluster, nodes.second)
    alive = {node["NodeID"] for node in ray.nodes() if node["Alive"]}
    seen.clear()

    def calm() -> bool:
        seen.append(ask())
        return len(seen) >= 50 and set(seen[-50:]) <= alive

    wait_until(calm, "50 answers of the node that is left, one after the other")
    serve.delete("dying")


def stop(cluster: Cluster, node: object) -> None:
    """Kill the raylet of a node, and wait until the cluster has noticed."""
    number = sum(each["Alive"] for each in ray.nodes())
    cluster.remove_node(node, allow_graceful=False)
    wait_until(lambda: sum(each["Alive"] for each in ray.nodes()) < number, "the end of the node")
