"""Return Deployments to pods of an earlier version."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import partial

from pronghorn.deploy.kubernetes.bind import VERSION, owns_replicas
from pronghorn.deploy.kubernetes.cluster import Cluster
from pronghorn.deploy.kubernetes.errors import RefusedError
from pronghorn.deploy.kubernetes.kinds import DEPLOYED
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.kubernetes.waiting import now, persist, wait_for_rollout
from pronghorn.deploy.target import Say

__all__ = ["new_pods_of", "pods_of", "restore", "return_to"]


def pods_of(deployment: Manifest) -> dict[str, str]:
    """Return the labels by which a Deployment finds its pods."""
    chosen: dict[str, str] = deployment["spec"]["selector"]["matchLabels"]
    return dict(chosen)


def new_pods_of(deployment: Manifest) -> dict[str, str]:
    """Return the labels of the pods of a Deployment that have its version, if it has one."""
    labels = deployment["spec"]["template"]["metadata"].get("labels") or {}
    version = {VERSION: str(labels[VERSION])} if VERSION in labels else {}
    return pods_of(deployment) | version


def return_to(live: Manifest, old: Manifest) -> Manifest:
    """Return what to apply so that a Deployment is as it was.

    It names every field, also those with a default, so the next deploy owns some that it does not
    name and gives them up: they get their defaults again.

    Args:
        live: The Deployment as it is.
        old: The Deployment as it was.
    """
    metadata = {"name": old["metadata"]["name"]}
    for part in ("labels", "annotations"):
        values = old["metadata"].get(part) or {}
        kept = {
            key: value for key, value in values.items() if "deployment.kubernetes.io/" not in key
        }
        if kept:
            metadata[part] = kept
    spec = copy.deepcopy(old["spec"])
    spec["template"]["metadata"].pop("creationTimestamp", None)  # Servers add it, as null.
    ours, others = owns_replicas(live)
    if others or not ours:
        spec.pop("replicas", None)
    return {"apiVersion": "apps/v1", "kind": DEPLOYED, "metadata": metadata, "spec": spec}


async def restore(
    cluster: Cluster, changed: Iterable[tuple[str, Manifest | None]], seconds: float, say: Say
) -> str | None:
    """Return Deployments to what they were, and wait until they serve.

    Args:
        cluster: The namespace.
        changed: Names of Deployments, and what they were; None for one that was not there.
        seconds: How long each may take.
        say: Told of each step.

    Returns:
        Why that failed; None if it did not.

    Raises:
        AwayError: The API server was away at the end.
        OvertakenError: Somebody else has deployed another version meanwhile.
    """
    problems = []
    for name, old in changed:
        until = now() + seconds
        try:
            if old is None:
                await persist(partial(cluster.delete, DEPLOYED, name), until)
                continue
            live = await persist(partial(cluster.get, DEPLOYED, name), until)
            wanted = return_to(live if live is not None else old, old)
            await persist(partial(cluster.apply, wanted, force=True), until)
            problem = await wait_for_rollout(cluster, name, new_pods_of(old), seconds, say)
        except RefusedError as error:
            problem = str(error)
        if problem is not None:
            problems.append(f"{name}: {problem}")
    return "; ".join(problems) or None
