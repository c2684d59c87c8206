"""Wait for what controllers of the cluster do: a rollout, the end of a Job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Literal, TypeVar

from pronghorn.deploy.kubernetes.bind import VERSION
from pronghorn.deploy.kubernetes.cluster import Cluster
from pronghorn.deploy.kubernetes.errors import AwayError, ClusterError, OvertakenError
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.target import Say

__all__ = [
    "POLL",
    "State",
    "check_version",
    "find_troubles",
    "judge",
    "now",
    "persist",
    "wait_for_rollout",
]

T = TypeVar("T")
State = Literal["ready", "waiting", "stuck"]

POLL = 0.5
"""Seconds between two looks at the cluster."""

#: Reasons for which a container waits on its way to a start.
_USUAL = frozenset({"ContainerCreating", "PodInitializing"})


def now() -> float:
    """Return the time of the event loop, in seconds."""
    return asyncio.get_running_loop().time()


async def persist(call: Callable[[], Awaitable[T]], until: float) -> T:
    """Repeat a request that may be repeated, as long as the API server is away.

    Args:
        call: Reads, applies or deletes.
        until: The time of the event loop at which it gives up.

    Returns:
        The answer.

    Raises:
        AwayError: The server was still away.
        RefusedError: The server said no.
    """
    while True:
        try:
            return await call()
        except AwayError:
            if now() >= until:
                raise
            await asyncio.sleep(POLL)


def judge(deployment: Manifest) -> tuple[State, str]:
    """Return how far the rollout of a Deployment is, and what is missing."""
    spec, status = deployment["spec"], deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return "waiting", "the cluster has not begun"
    wanted = spec.get("replicas", 1)
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    ready = status.get("availableReplicas", 0)
    missing = ""
    if updated < wanted:
        missing = f"{updated} of {wanted} new pods have been started"
    elif total > updated:
        missing = f"{total - updated} old pods have not ended"
    elif ready < updated:
        missing = f"{ready} of {updated} new pods are ready"
    if not missing:
        return "ready", f"{ready} of {wanted} pods are ready"
    for condition in status.get("conditions") or ():
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            missing += f"; {condition.get('message', 'pods cannot be made')}"
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("status") == "False":
            return "stuck", f"{missing}: {condition.get('message', condition.get('reason'))}"
    return "waiting", missing


async def wait_for_rollout(
    cluster: Cluster, name: str, pods: Mapping[str, str], seconds: float, say: Say
) -> str | None:
    """Wait until all pods of a Deployment are new and ready.

    Args:
        cluster: The namespace.
        name: The name of the Deployment.
        pods: Labels of the new pods, the version among them if they have one.
        seconds: How long it may take.
        say: Told of each step.

    Returns:
        Why it did not happen; None if it did.

    Raises:
        AwayError: The API server was away at the end.
        OvertakenError: Somebody else has deployed another version meanwhile.
    """
    until, told = now() + seconds, ""
    while True:
        found = await persist(partial(cluster.get, "Deployment", name), until)
        if found is None:
            return f"somebody has deleted Deployment {name}"
        check_version(found, pods)
        state, detail = judge(found)
        if state == "ready":
            say(f"{name}: {detail}")
            return None
        troubles = await _try_troubles(cluster, pods)
        line = "; ".join([f"{name}: {detail}", *troubles])
        if state == "stuck":
            return f"the rollout is stuck: {line}"
        if now() >= until:
            return f"not ready within {seconds:g} seconds: {line}"
        if line != told:
            say(line)
            told = line
        await asyncio.sleep(POLL)


def check_version(deployment: Manifest, pods: Mapping[str, str]) -> None:
    """Check that a Deployment still has the version that is waited for.

    Its status is that of whatever was applied last, so two deploys at a time would both be ready.

    Args:
        deployment: The Deployment as it is.
        pods: Labels of the pods that are waited for; without a version nothing is checked.

    Raises:
        OvertakenError: It has another one.
    """
    labels = deployment["spec"]["template"]["metadata"].get("labels") or {}
    if VERSION in pods and labels.get(VERSION) != pods[VERSION]:
        version = labels.get(VERSION, "another version")
        raise OvertakenError(deployment["metadata"]["name"], version)


async def _try_troubles(cluster: Cluster, pods: Mapping[str, str]) -> list[str]:
    """Return what is wrong with pods; nothing if that cannot be read, since it only explains."""
    try:
        return find_troubles(await cluster.find_all("Pod", pods))
    except ClusterError:
        return []


def find_troubles(pods: list[Manifest]) -> list[str]:
    """Return what keeps pods from being ready, each thing once."""
    found: dict[str, None] = {}
    for pod in pods:
        if not pod["metadata"].get("deletionTimestamp"):
            found |= dict.fromkeys(_troubles_of(pod.get("status") or {}))
    return list(found)


def _troubles_of(status: Manifest) -> Iterator[str]:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield f"no node takes the pod: {condition.get('message', condition.get('reason'))}"
    containers = [*(status.get("initContainerStatuses") or ())]
    containers += status.get("containerStatuses") or ()
    for container in containers:
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        if waiting and waiting.get("reason") not in _USUAL:
            last = (container.get("lastState") or {}).get("terminated") or {}
            code = f" (exit code {last['exitCode']})" if "exitCode" in last else ""
            text = waiting.get("message") or "the container waits"
            yield f"{waiting.get('reason', 'waiting')}{code}: {text}"
        elif ended.get("exitCode"):
            yield f"{ended.get('reason', 'Error')}: exit code {ended['exitCode']}"
        elif "running" in state and not container.get("ready"):
            yield f"{container.get('name')} runs, but its readiness probe does not succeed"
