"""Kubernetes as a target of `pronghorn deploy`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from pronghorn.cli.errors import CommandError, missing
from pronghorn.deploy.image import check_user_number
from pronghorn.deploy.kubernetes.errors import ClusterError
from pronghorn.deploy.target import Outcome, Plan, PlannedFile, Say, Variable

__all__ = ["Kubernetes"]

T = TypeVar("T")

#: RFC 1123; for a namespace.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CPU = re.compile(r"\d+m|\d+(\.\d+)?")
_MEMORY = re.compile(r"\d+(\.\d+)?([kMGT]|[KMGT]i)?")
#: Seconds in which `pronghorn run` can drain, end requests and close the lifespan.
_LEAST_GRACE = 15


class Kubernetes:
    """A namespace of a cluster, through its API server."""

    name = "kubernetes"
    takes_secrets = True

    def check(self, plan: Plan) -> list[str]:
        """Return what is wrong, without a look at the cluster."""
        absent = missing("kr8s", "yaml")
        if absent:
            return [f"{' and '.join(absent)} not installed: pip install 'pronghorn[deploy]'"]
        from pronghorn.deploy.kubernetes.folder import read_folder

        return [*_find_mistakes(plan), *read_folder(plan).problems]

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the manifests, which depend on the configuration only."""
        from pronghorn.deploy.kubernetes.folder import plan_files

        return plan_files(plan)

    def release(self, plan: Plan, say: Say) -> Outcome:
        """Ask the cluster, build, migrate, apply, wait, and undo it if it does not get ready."""
        from pronghorn.deploy.kubernetes.build import build_image
        from pronghorn.deploy.kubernetes.release import Release

        release = Release(plan, say)
        with asyncio.Runner() as runner:
            refused = runner.run(release.prepare())
            if refused is not None:
                return refused
            if plan.build:
                try:
                    problem = build_image(plan, say)
                except KeyboardInterrupt:
                    problem = "interrupted while the image was built"
                if problem is not None:
                    return Outcome("failed", problem, old_serves=release.old_serves)
            return runner.run(release.apply())

    def rollback(self, plan: Plan, say: Say) -> Outcome:
        """Return to the version before, or to that of `Plan.tag`."""
        from pronghorn.deploy.kubernetes.rollback import roll_back

        return asyncio.run(roll_back(plan, say))

    def status(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Return part, state and detail of what runs."""
        from pronghorn.deploy.kubernetes.look import read_status

        return _run(read_status(plan))

    def logs(self, plan: Plan, *, follow: bool, lines: int) -> int:
        """Stream the logs of all pods to standard output, and return an exit code."""
        from pronghorn.deploy.kubernetes.logs import stream_logs

        return _run(stream_logs(plan, follow=follow, lines=lines))

    def env(self, plan: Plan) -> list[Variable]:
        """Return the variables of the running version; of secrets the names only."""
        from pronghorn.deploy.kubernetes.look import read_variables

        return _run(read_variables(plan))


def _run(reading: Coroutine[Any, Any, T]) -> T:
    """Run a look at the cluster.

    Raises:
        CommandError: The cluster cannot be read.
    """
    try:
        return asyncio.run(reading)
    except ClusterError as error:
        raise CommandError(str(error)) from error


def _find_mistakes(plan: Plan) -> Iterator[str]:
    config, settings = plan.config, plan.config.kubernetes
    if plan.build:
        yield from check_user_number(plan.folder, config.dockerfile)
    if plan.build and "/" not in config.image:
        yield (
            f"image = {config.image!r} names no registry from which the nodes of a cluster could "
            f"get it, such as registry.example.com/{config.image}"
        )
    if settings.max_replicas < settings.replicas:
        yield (
            f"kubernetes.max_replicas = {settings.max_replicas} is less than "
            f"kubernetes.replicas = {settings.replicas}"
        )
    if settings.namespace is not None and not _LABEL.fullmatch(settings.namespace):
        yield f"kubernetes.namespace = {settings.namespace!r} is not the name of a namespace"
    if not _CPU.fullmatch(settings.cpu):
        yield f"kubernetes.cpu = {settings.cpu!r} is no amount, such as '250m' or '1'"
    if not _MEMORY.fullmatch(settings.memory):
        yield f"kubernetes.memory = {settings.memory!r} is no amount, such as '256Mi' or '1Gi'"
    if config.grace < _LEAST_GRACE:
        yield (
            f"grace = {config.grace} is too short for requests and the lifespan to end: "
            f"{_LEAST_GRACE} at least"
        )
