"""Run the migrations as a Job, before anything of the new version."""

from __future__ import annotations

import asyncio
from functools import partial

from pronghorn.deploy.kubernetes.cluster import Cluster
from pronghorn.deploy.kubernetes.errors import AwayError, ClusterError
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.kubernetes.waiting import POLL, find_troubles, now, persist
from pronghorn.deploy.target import Say

__all__ = ["RESERVE", "run_job"]

#: Seconds after the own deadline of the Job, in which the cluster notices it.
RESERVE = 15.0
_LINES = 30


async def run_job(cluster: Cluster, job: Manifest, seconds: float, say: Say) -> str | None:
    """Run a Job to its end.

    The Job of another deploy of the same version that runs at this moment is waited for: two
    migrations at a time are worth nothing.

    Args:
        cluster: The namespace.
        job: The Job.
        seconds: How long it may take; its own deadline is not longer.
        say: Told of each step, and of the end of the log if it fails.

    Returns:
        Why it failed; None if it has succeeded.

    Raises:
        AwayError: The API server was away, or does not tell the end. The Job may go on.
    """
    name, until = job["metadata"]["name"], now() + seconds + RESERVE
    old = await persist(partial(cluster.get, "Job", name), until)
    if old is not None and _read_end(old) is None:
        if _image_of(old) != _image_of(job):
            return f"the migration of another version runs at this moment (Job {name})"
        say(f"migration: {name} runs already, and is waited for")
    else:
        if old is not None:
            await _remove(cluster, name, until)
        say(f"migration: {name} starts")
        await persist(partial(cluster.apply, job), until)
    return await _wait(cluster, name, until, say)


async def _remove(cluster: Cluster, name: str, until: float) -> None:
    """Delete a Job that has ended, and wait until its name is free."""
    await persist(partial(cluster.delete, "Job", name), until)
    while await persist(partial(cluster.get, "Job", name), until) is not None:
        if now() >= until:
            raise AwayError(f"the Job {name} of an earlier deploy was not removed in time")
        await asyncio.sleep(POLL)


async def _wait(cluster: Cluster, name: str, until: float, say: Say) -> str | None:
    told: list[str] = []
    while True:
        found = await persist(partial(cluster.get, "Job", name), until)
        if found is None:
            return f"somebody has deleted the Job {name}"
        end = _read_end(found)
        if end == "":
            say(f"migration: {name} has succeeded")
            return None
        if end is not None:
            await _say_log(cluster, name, say)
            return end
        troubles = await _find_troubles(cluster, name)
        if troubles and troubles != told:
            say("migration: " + "; ".join(troubles))
            told = troubles
        if now() >= until:
            raise AwayError(f"the Job {name} has not ended")
        await asyncio.sleep(POLL)


def _read_end(job: Manifest) -> str | None:
    """Return why a Job has failed, an empty text if it has succeeded, and None while it runs."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Complete":
            return ""
        if condition.get("type") == "Failed":
            return str(condition.get("message") or condition.get("reason") or "it failed")
    return None


async def _pods(cluster: Cluster, name: str) -> list[Manifest]:
    return await cluster.find_all("Pod", {"batch.kubernetes.io/job-name": name})


async def _find_troubles(cluster: Cluster, name: str) -> list[str]:
    try:
        pods = await _pods(cluster, name)
    except ClusterError:
        return []
    # It has no probe, and its own end is read from the Job.
    return [one for one in find_troubles(pods) if "probe" not in one and "exit code" not in one]


async def _say_log(cluster: Cluster, name: str, say: Say) -> None:
    """Say the last lines of a Job that has failed; without the right to read them, nothing."""
    try:
        for pod in await _pods(cluster, name):
            for line in await cluster.read_log(pod, _LINES):
                say(f"migration: {line}")
    except ClusterError:
        say(f"migration: its log cannot be read; kubectl logs job/{name}")


def _image_of(job: Manifest) -> str:
    return str(job["spec"]["template"]["spec"]["containers"][0].get("image"))
