"""The versions that a cluster knows: each Deployment keeps its last ones as ReplicaSets."""

from __future__ import annotations

import copy

from pronghorn.deploy.kubernetes.bind import VERSION
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.kubernetes.waiting import judge

__all__ = ["find_serving", "find_owned", "revision_of", "serves", "version_of_pods", "with_pods_of"]

_REVISION = "deployment.kubernetes.io/revision"


def find_owned(deployment: Manifest, sets: list[Manifest]) -> list[Manifest]:
    """Return the ReplicaSets of a Deployment, the latest last.

    Args:
        deployment: The Deployment.
        sets: ReplicaSets, also those of others.
    """
    uid = deployment["metadata"].get("uid")
    owned = [
        one
        for one in sets
        if any(owner.get("uid") == uid for owner in one["metadata"].get("ownerReferences", ()))
    ]
    return sorted(owned, key=revision_of)


def revision_of(one: Manifest) -> int:
    """Return the number of a rollout, which a controller counts up."""
    return int((one["metadata"].get("annotations") or {}).get(_REVISION, 0))


def version_of_pods(one: Manifest) -> str:
    """Return the version of the pods of a Deployment or a ReplicaSet."""
    labels = one["spec"]["template"]["metadata"].get("labels") or {}
    return str(labels.get(VERSION, f"revision {revision_of(one)}"))


def serves(one: Manifest) -> bool:
    """Return whether a Deployment or a ReplicaSet has pods that are ready."""
    return bool((one.get("status") or {}).get("availableReplicas"))


def with_pods_of(deployment: Manifest, replica_set: Manifest, cause: str) -> Manifest:
    """Return a Deployment with the pods of an older version.

    Args:
        deployment: The Deployment, which is not changed.
        replica_set: The older version.
        cause: Why, for `kubectl rollout history`.
    """
    made = copy.deepcopy(deployment)
    template = copy.deepcopy(replica_set["spec"]["template"])
    labels = template["metadata"].get("labels") or {}
    labels.pop("pod-template-hash", None)
    made["spec"]["template"] = template
    if VERSION in labels:
        made["metadata"].setdefault("labels", {})[VERSION] = labels[VERSION]
    made["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = cause
    return made


def find_serving(deployment: Manifest, sets: list[Manifest]) -> Manifest:
    """Return a Deployment with the pods that serve now.

    Those are not its own ones if an earlier rollout has not ended: the pods of the version before
    serve then, and it is they that an undo has to keep.
    """
    if judge(deployment)[0] == "ready":
        return deployment
    working = [one for one in find_owned(deployment, sets) if serves(one)]
    if not working:
        return deployment
    version = version_of_pods(working[-1])
    return with_pods_of(deployment, working[-1], f"pronghorn deploy, back to {version}")
