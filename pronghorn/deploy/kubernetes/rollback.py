"""Return to an earlier version, which the cluster still knows."""

from __future__ import annotations

import asyncio
import copy
from functools import partial

from pronghorn.deploy.kubernetes.bind import VERSION, version_of
from pronghorn.deploy.kubernetes.cluster import Cluster, connect
from pronghorn.deploy.kubernetes.errors import ClusterError, RefusedError
from pronghorn.deploy.kubernetes.kinds import DEPLOYED
from pronghorn.deploy.kubernetes.manifests import MANAGER, Manifest
from pronghorn.deploy.kubernetes.undo import restore, serves
from pronghorn.deploy.kubernetes.waiting import now, persist
from pronghorn.deploy.target import Outcome, Plan, Say

__all__ = ["roll_back"]

_REVISION = "deployment.kubernetes.io/revision"
_SHORT = 5.0


async def roll_back(plan: Plan, say: Say) -> Outcome:
    """Return to the version before, or to that of the plan's tag.

    A ReplicaSet of an old version has its pods as they were: the image, the command, the variables
    and the name of the Secret. The database is not touched.
    """
    settings = plan.config.kubernetes
    changing = False
    try:
        async with connect(settings.context, settings.namespace) as cluster:
            look = partial(_choose, cluster, plan)
            version, chosen = await persist(look, now() + _SHORT)
            say(f"back to {version}: {', '.join(name for name, _ in chosen)}")
            changing = True
            problem = await restore(cluster, chosen, plan.timeout, say)
            if problem is None:
                return Outcome("ready", f"{plan.config.name} is at {version} again")
            web = await cluster.get(DEPLOYED, plan.config.name)
            return Outcome("failed", problem, old_serves=web is not None and serves(web))
    except ClusterError as error:
        lost = changing and not isinstance(error, RefusedError)
        return Outcome("unknown" if lost else "failed", str(error))
    except asyncio.CancelledError:
        if changing:
            return Outcome("unknown", "interrupted during the rollout, which the cluster goes on with")
        return Outcome("failed", "interrupted; no pod was changed")


async def _choose(
    cluster: Cluster, plan: Plan
) -> tuple[str, list[tuple[str, Manifest | None]]]:
    """Return the version to go to, and what each Deployment has to be for it.

    Raises:
        RefusedError: There is no such version.
    """
    ours = {"app.kubernetes.io/name": plan.config.name, "app.kubernetes.io/managed-by": MANAGER}
    deployments = {
        one["metadata"]["name"]: one for one in await cluster.list(DEPLOYED, ours)
    }
    web = deployments.pop(plan.config.name, None)
    if web is None:
        raise RefusedError(f"nothing was deployed to namespace {cluster.namespace}", 404)
    sets = await cluster.list("ReplicaSet", {"app.kubernetes.io/name": plan.config.name})
    target = _find(plan, web, sets)
    version = _version(target)
    chosen: list[tuple[str, Manifest | None]] = [(plan.config.name, _with_pods(web, target))]
    for name, deployment in deployments.items():
        same = [one for one in _owned(deployment, sets) if _version(one) == version]
        if same:
            chosen.append((name, _with_pods(deployment, same[-1])))
    return version, chosen


def _find(plan: Plan, web: Manifest, sets: list[Manifest]) -> Manifest:
    """Return the ReplicaSet of the version to go to."""
    owned, current = _owned(web, sets), _revision(web)
    if plan.tag:
        owned = [one for one in owned if _version(one) == version_of(plan)]
        if not owned:
            raise RefusedError(f"the cluster does not know the version {plan.tag} any more", 404)
        return owned[-1]
    older = [one for one in owned if _revision(one) < current]
    if not older:
        raise RefusedError("there is no version before this one", 404)
    return older[-1]


def _owned(deployment: Manifest, sets: list[Manifest]) -> list[Manifest]:
    """Return the ReplicaSets of a Deployment, the latest last."""
    uid = deployment["metadata"].get("uid")
    owned = [
        one
        for one in sets
        if any(owner.get("uid") == uid for owner in one["metadata"].get("ownerReferences", ()))
    ]
    return sorted(owned, key=_revision)


def _revision(one: Manifest) -> int:
    return int((one["metadata"].get("annotations") or {}).get(_REVISION, 0))


def _version(one: Manifest) -> str:
    labels = one["spec"]["template"]["metadata"].get("labels") or {}
    return str(labels.get(VERSION, f"revision {_revision(one)}"))


def _with_pods(deployment: Manifest, replica_set: Manifest) -> Manifest:
    """Return a Deployment with the pods of an older version."""
    made = copy.deepcopy(deployment)
    template = copy.deepcopy(replica_set["spec"]["template"])
    labels = template["metadata"].get("labels") or {}
    labels.pop("pod-template-hash", None)
    made["spec"]["template"] = template
    if VERSION in labels:
        made["metadata"].setdefault("labels", {})[VERSION] = labels[VERSION]
    notes = made["metadata"].setdefault("annotations", {})
    notes["kubernetes.io/change-cause"] = f"pronghorn deploy rollback to {_version(replica_set)}"
    return made
