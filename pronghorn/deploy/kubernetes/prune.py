"""Remove what an earlier version had and the new one has not, after the new one serves."""

from __future__ import annotations

from pronghorn.deploy.kubernetes.bind import Bound, read_secret_names
from pronghorn.deploy.kubernetes.cluster import Cluster
from pronghorn.deploy.kubernetes.errors import ClusterError
from pronghorn.deploy.kubernetes.kinds import DEPLOYED, PRUNED
from pronghorn.deploy.kubernetes.manifests import labels_of
from pronghorn.deploy.target import Plan, Say

__all__ = ["prune"]


async def prune(cluster: Cluster, plan: Plan, bound: Bound, say: Say) -> None:
    """Delete objects that no file has any more, and Secrets that no version reads.

    Only objects with our labels are looked at. A failure is said and changes nothing of the
    outcome: the new version serves.
    """
    applied = {(one["kind"], one["metadata"]["name"]) for one in bound}
    labels = labels_of(plan.config.name, "")
    del labels["app.kubernetes.io/component"]
    for kind in PRUNED:
        try:
            there = [one["metadata"]["name"] for one in await cluster.find_all(kind, labels)]
            for name in sorted({name for name in there if (kind, name) not in applied}):
                await cluster.delete(kind, name)
                say(f"removed {kind} {name}, which no file has any more")
        except ClusterError as error:
            say(f"what is left of {kind} could not be removed: {error}")
    try:
        await _prune_secrets(cluster, plan, bound)
    except ClusterError as error:
        say(f"Secrets of old versions could not be removed: {error}")


async def _prune_secrets(cluster: Cluster, plan: Plan, bound: Bound) -> None:
    secrets = await cluster.find_all("Secret", labels_of(plan.config.name, "secrets"))
    owners = list(bound)
    # A Job may be the migration of another deploy, whose Deployment is still the one before.
    for kind in ("ReplicaSet", DEPLOYED, "Job"):
        found = await cluster.find_all(kind, {"app.kubernetes.io/name": plan.config.name})
        owners += [{**one, "kind": kind} for one in found]  # Items of a list have no kind.
    read = {name for owner in owners for name in read_secret_names(plan, owner)}
    for secret in secrets:
        if secret["metadata"]["name"] not in read:
            await cluster.delete("Secret", secret["metadata"]["name"])
