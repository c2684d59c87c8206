"""Return to an earlier version, which the cluster still knows."""

from __future__ import annotations

import asyncio
from functools import partial

from pronghorn.deploy.kubernetes.bind import version_of
from pronghorn.deploy.kubernetes.cluster import Cluster, connect
from pronghorn.deploy.kubernetes.errors import ClusterError, OvertakenError, RefusedError
from pronghorn.deploy.kubernetes.kinds import DEPLOYED
from pronghorn.deploy.kubernetes.manifests import MANAGER, Manifest
from pronghorn.deploy.kubernetes.revisions import (
    find_owned,
    revision_of,
    serves,
    version_of_pods,
    with_pods_of,
)
from pronghorn.deploy.kubernetes.undo import restore
from pronghorn.deploy.kubernetes.waiting import now, persist
from pronghorn.deploy.target import Outcome, Plan, Say

__all__ = ["roll_back"]


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
            version, chosen = await persist(look, now() + min(_SHORT, plan.timeout))
            say(f"back to {version}: {', '.join(name for name, _ in chosen)}")
            changing = True
            problem = await restore(cluster, chosen, plan.timeout, say)
            if problem is None:
                return Outcome("ready", f"{plan.config.name} is at {version} again")
            web = await cluster.get(DEPLOYED, plan.config.name)
            return Outcome("failed", problem, old_serves=web is not None and serves(web))
    except ClusterError as error:
        lost = changing and not isinstance(error, OvertakenError)
        return Outcome("unknown" if lost else "failed", str(error))
    except asyncio.CancelledError:
        if changing:
            return Outcome(
                "unknown", "interrupted during the rollout, which the cluster goes on with"
            )
        return Outcome("failed", "interrupted; no pod was changed")


async def _choose(cluster: Cluster, plan: Plan) -> tuple[str, list[tuple[str, Manifest | None]]]:
    """Return the version to go to, and what each Deployment has to be for it.

    Raises:
        RefusedError: There is no such version.
    """
    ours = {"app.kubernetes.io/name": plan.config.name, "app.kubernetes.io/managed-by": MANAGER}
    deployments = {one["metadata"]["name"]: one for one in await cluster.find_all(DEPLOYED, ours)}
    web = deployments.pop(plan.config.name, None)
    if web is None:
        raise RefusedError(f"nothing was deployed to namespace {cluster.namespace}", 404)
    sets = await cluster.find_all("ReplicaSet", {"app.kubernetes.io/name": plan.config.name})
    target = _find(plan, web, sets)
    version = version_of_pods(target)
    cause = f"pronghorn deploy rollback to {version}"
    chosen: list[tuple[str, Manifest | None]] = [
        (plan.config.name, with_pods_of(web, target, cause))
    ]
    for name, deployment in deployments.items():
        same = [one for one in find_owned(deployment, sets) if version_of_pods(one) == version]
        if same:
            chosen.append((name, with_pods_of(deployment, same[-1], cause)))
    return version, chosen


def _find(plan: Plan, web: Manifest, sets: list[Manifest]) -> Manifest:
    """Return the ReplicaSet of the version to go to."""
    owned, current = find_owned(web, sets), revision_of(web)
    if plan.tag:
        owned = [one for one in owned if version_of_pods(one) == version_of(plan)]
        if not owned:
            raise RefusedError(f"the cluster does not know the version {plan.tag} any more", 404)
        return owned[-1]
    older = [one for one in owned if revision_of(one) < current]
    if not older:
        raise RefusedError("there is no version before this one", 404)
    return older[-1]
