"""Stream the logs of all pods to standard output."""

from __future__ import annotations

import asyncio
import sys

from pronghorn.deploy.kubernetes.cluster import Cluster, connect
from pronghorn.deploy.kubernetes.errors import ClusterError
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.kubernetes.waiting import POLL
from pronghorn.deploy.target import Plan
from pronghorn.deploy.tool import INTERRUPTED

__all__ = ["stream_logs"]


async def stream_logs(plan: Plan, *, follow: bool, lines: int) -> int:
    """Print the lines of each pod, with the name of the pod before them.

    Args:
        plan: The plan.
        follow: Go on until an interrupt, also with pods that start later.
        lines: How many of each pod at first.

    Returns:
        0, or 130 after an interrupt.

    Raises:
        ClusterError: The cluster cannot be read.
    """
    settings = plan.config.kubernetes
    async with connect(settings.context, settings.namespace) as cluster:
        printing: dict[str, asyncio.Task[None]] = {}
        try:
            await _start(cluster, plan, printing, lines, follow=follow)
            while follow:
                await asyncio.sleep(4 * POLL)
                await _start(cluster, plan, printing, lines, follow=True)
            await asyncio.gather(*printing.values())
        except asyncio.CancelledError:
            return INTERRUPTED
        finally:
            for task in printing.values():
                task.cancel()
            await asyncio.gather(*printing.values(), return_exceptions=True)
    return 0


async def _start(
    cluster: Cluster,
    plan: Plan,
    printing: dict[str, asyncio.Task[None]],
    lines: int,
    *,
    follow: bool,
) -> None:
    """Begin to print the pods that are new."""
    try:
        pods = await cluster.find_all("Pod", {"app.kubernetes.io/name": plan.config.name})
    except ClusterError:
        if not printing:
            raise
        return  # The server may be back at the next look.
    for pod in pods:
        name = pod["metadata"]["name"]
        if name not in printing:
            printing[name] = asyncio.create_task(_print(cluster, plan, pod, lines, follow=follow))


async def _print(cluster: Cluster, plan: Plan, pod: Manifest, lines: int, *, follow: bool) -> None:
    name = pod["metadata"]["name"]
    try:
        async for line in cluster.stream_log(pod, lines, follow=follow):
            sys.stdout.write(f"{name}  {plan.hide(line)}\n")
            sys.stdout.flush()
    except ClusterError as error:  # Such as that of a pod that has not started.
        sys.stderr.write(f"{name}  {error}\n")
