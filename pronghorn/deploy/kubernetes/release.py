"""Bring a new version into the cluster, and take it back if it does not get ready."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from pronghorn.deploy.kubernetes.bind import (
    Bound,
    bind,
    encode_secrets,
    make_secret,
    new_secret_name,
    owns_replicas,
    read_secret_names,
)
from pronghorn.deploy.kubernetes.cluster import Cluster, connect
from pronghorn.deploy.kubernetes.errors import AwayError, ClusterError, OvertakenError, RefusedError
from pronghorn.deploy.kubernetes.folder import read_folder
from pronghorn.deploy.kubernetes.kinds import DEPLOYED
from pronghorn.deploy.kubernetes.manifests import Manifest
from pronghorn.deploy.kubernetes.migration import run_job
from pronghorn.deploy.kubernetes.prune import prune
from pronghorn.deploy.kubernetes.revisions import find_serving, serves, version_of_pods
from pronghorn.deploy.kubernetes.undo import new_pods_of, restore
from pronghorn.deploy.kubernetes.waiting import check_version, now, persist, wait_for_rollout
from pronghorn.deploy.target import Outcome, Plan, Say

__all__ = ["Release"]

#: For a server that is away before anything has changed, so that waiting is worth little.
_SHORT = 5.0


class Release:
    """One deploy, in two parts: `prepare` changes nothing, `apply` does.

    Args:
        plan: The plan.
        say: Prints a line.
    """

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        found = read_folder(plan)
        self._manifests, self._unused = found.manifests, found.unused
        #: The Deployments as they were, by name; None for one that is new.
        self._old: dict[str, Manifest | None] = {}
        #: Names of ReplicaSets, each of which has the pods of a version.
        self._known: set[str] = set()
        self._of_program = {"app.kubernetes.io/name": plan.config.name}
        #: Those that may have changed, in the order in which they were applied.
        self._applied: list[str] = []
        self._migrating = False
        self._short = min(_SHORT, plan.timeout)
        #: Whether the old version serves; None if there is none, or if nobody has looked.
        self.old_serves: bool | None = None

    async def prepare(self) -> Outcome | None:
        """Ask the cluster whether it would take everything, without a change.

        Returns:
            The end of the deploy if it would not, else None.
        """
        return await self._within(self._try_out)

    async def apply(self) -> Outcome:
        """Apply everything, wait, and undo it if it does not get ready."""
        outcome = await self._within(self._apply)
        return outcome or Outcome("ready", f"the image {self._plan.image_ref} serves")

    async def _within(
        self, part: Callable[[Cluster], Coroutine[Any, Any, Outcome | None]]
    ) -> Outcome | None:
        settings = self._plan.config.kubernetes
        try:
            async with connect(settings.context, settings.namespace) as cluster:
                return await part(cluster)
        except RefusedError as error:
            return self._end_untouched(str(error))
        except OvertakenError as error:
            return Outcome("failed", str(error))
        except AwayError as error:
            return self._end_lost(str(error))
        except asyncio.CancelledError:  # An interrupt; a second one during the rollout.
            if self._migrating:
                return self._end_untouched("interrupted; the migration goes on")
            return self._end_lost("interrupted")

    # --- what may be known before anything changes ----------------------------------------------

    async def _try_out(self, cluster: Cluster) -> Outcome | None:
        for name in self._unused:
            self._say(f"{name} is not used: nothing in the configuration asks for it any more")
        await persist(partial(self._look, cluster), now() + self._short)
        bound = bind(self._plan, self._manifests, self._a_secret_name(), self._live())
        for note in bound.notes:
            self._say(note)
        problems = await persist(partial(self._find_refusals, cluster, bound), now() + self._short)
        if problems:
            return self._end_untouched("; ".join(problems))
        self._say(f"the cluster accepts the manifests for namespace {cluster.namespace}")
        return None

    def _a_secret_name(self) -> str | None:
        return new_secret_name(self._plan) if self._plan.config.secrets else None

    def _live(self) -> dict[str, Manifest]:
        return {name: one for name, one in self._old.items() if one is not None}

    async def _look(self, cluster: Cluster) -> None:
        """Read what is there now.

        Raises:
            RefusedError: The namespace is missing, or a rollout was paused by somebody.
        """
        await self._check_namespace(cluster)
        sets = await cluster.find_all("ReplicaSet", self._of_program)
        self._known = {one["metadata"]["name"] for one in sets}
        for manifest in self._manifests:
            if manifest["kind"] != DEPLOYED:
                continue
            name = manifest["metadata"]["name"]
            found = await cluster.get(DEPLOYED, name)
            if found is not None and found["spec"].get("paused"):
                raise RefusedError(
                    f"the rollout of {name} is paused: kubectl rollout resume deployment/{name}", 0
                )
            if found is not None and name == self._plan.config.name:
                self._check_scale(manifest, found)
            self._old[name] = find_serving(found, sets) if found is not None else None
        web = self._old.get(self._plan.config.name)
        self.old_serves = serves(web) if web is not None else None

    def _check_scale(self, web: Manifest, live: Manifest) -> None:
        """Check that the web has pods, as otherwise every rollout of it would succeed.

        Raises:
            RefusedError: Somebody has scaled it to none, and the deploy would keep that.
        """
        nothing = live["spec"].get("replicas", 1) == 0 and web["spec"].get("replicas", 1)
        if nothing and owns_replicas(live)[1] and not self._plan.config.kubernetes.take_over:
            name = live["metadata"]["name"]
            raise RefusedError(
                f"{name} is scaled to 0 pods, so nothing would serve: kubectl scale "
                f"deployment/{name} --replicas={self._plan.config.kubernetes.replicas}",
                0,
            )

    async def _check_namespace(self, cluster: Cluster) -> None:
        try:
            namespace = await cluster.get("Namespace", cluster.namespace)
        except RefusedError as error:
            if error.status == 403:  # Many people may not read namespaces.
                return
            raise
        if namespace is None:
            raise RefusedError(
                f"there is no namespace {cluster.namespace}: create it with "
                f"kubectl create namespace {cluster.namespace}",
                404,
            )

    async def _find_refusals(self, cluster: Cluster, bound: Bound) -> list[str]:
        """Return why the server would refuse objects, all at once."""
        objects = [copy.deepcopy(one) for one in bound]
        secret = self._a_secret_name()
        if secret is not None:
            objects.append(make_secret(self._plan, secret))
        problems = []
        for one in objects:
            if one["kind"] == "Job":  # One of that name may be there, and cannot be changed.
                one["metadata"]["name"] = one["metadata"]["name"][:50] + "-dry-run"
            try:
                await cluster.apply(one, dry_run=True, force=self._plan.config.kubernetes.take_over)
            except RefusedError as error:
                problems.append(str(error))
        return list(dict.fromkeys(problems))

    # --- what changes the cluster ---------------------------------------------------------------

    async def _apply(self, cluster: Cluster) -> Outcome | None:
        soon = now() + self._short
        await persist(partial(self._look, cluster), soon)
        secret = await self._apply_secret(cluster, soon)
        bound = bind(self._plan, self._manifests, secret, self._live())
        if bound.job is not None:
            self._migrating = True
            failure = await run_job(cluster, bound.job, self._plan.timeout, self._say)
            self._migrating = False
            if failure is not None:
                self.old_serves = await self._still_serves(cluster)
                return self._end_untouched(f"the migration failed: {failure}")
        try:
            failure = await self._roll_out(cluster, bound)
        except RefusedError as error:
            failure = str(error)
        except asyncio.CancelledError:
            failure = "interrupted"
        if failure is not None:
            return await self._undo(cluster, bound, failure)
        await prune(cluster, self._plan, bound, self._say)
        return None

    async def _still_serves(self, cluster: Cluster) -> bool | None:
        """Return whether the old version serves, which a migration may have prevented."""
        if self.old_serves is None:
            return None
        try:
            web = await cluster.get(DEPLOYED, self._plan.config.name)
        except ClusterError:
            return None
        return web is not None and serves(web)

    async def _apply_secret(self, cluster: Cluster, until: float) -> str | None:
        """Return the name of the Secret, which is a new one if a value has changed."""
        if not self._plan.config.secrets:
            return None
        web = self._old.get(self._plan.config.name)
        names = read_secret_names(self._plan, web) if web is not None else set()
        if len(names) == 1 and await self._is_same(cluster, before := names.pop()):
            return before
        name = new_secret_name(self._plan)
        await persist(partial(cluster.apply, make_secret(self._plan, name)), until)
        self._say(f"secrets: {', '.join(self._plan.config.secrets)} (Secret {name})")
        return name

    async def _is_same(self, cluster: Cluster, name: str) -> bool:
        try:
            found = await cluster.get("Secret", name)
        except ClusterError:  # Without the right to read it, each deploy makes a new one.
            return False
        return found is not None and (found.get("data") or {}) == encode_secrets(self._plan)

    async def _roll_out(self, cluster: Cluster, bound: Bound) -> str | None:
        """Apply and wait. Returns why the new version is not ready; None if it is."""
        until, force = now() + self._plan.timeout, self._plan.config.kubernetes.take_over
        for one in bound.first:
            await persist(partial(cluster.apply, one, force=force), until)
        for one in bound.deployments:
            name = one["metadata"]["name"]
            self._applied.append(name)
            until = now() + self._plan.timeout
            await persist(partial(cluster.apply, one, force=force), until)
            pods = new_pods_of(one)
            failure = await wait_for_rollout(cluster, name, pods, self._plan.timeout, self._say)
            if failure is not None:
                return failure
        for one in bound.last:
            await persist(partial(cluster.apply, one, force=force), until)
        return None

    # --- how it ends ----------------------------------------------------------------------------

    async def _undo(self, cluster: Cluster, bound: Bound, failure: str) -> Outcome:
        """Return to the old pods, and say what serves now."""
        if not self.old_serves:
            return Outcome(
                "failed",
                f"{failure}; no version before it serves, so its pods stay to be looked at",
                old_serves=self.old_serves,
            )
        problem = await self._go_back(cluster, bound, failure)
        if problem is not None:
            return Outcome("unknown", f"{failure}; the way back failed too: {problem}", None)
        again = partial(cluster.get, DEPLOYED, self._plan.config.name)
        try:
            web = await persist(again, now() + self._short)
        except RefusedError as error:
            return Outcome("unknown", f"{failure}; what serves now is not known: {error}", None)
        serving = web is not None and serves(web)
        await self._forget(cluster)
        return Outcome("failed", failure, old_serves=serving)

    async def _go_back(self, cluster: Cluster, bound: Bound, failure: str) -> str | None:
        """Return to the old pods. Returns why that failed; None if it did not."""
        try:
            await self._check_versions(cluster, bound)
        except RefusedError as error:
            return str(error)
        self._say(f"{failure}; back to the version before")
        changed = [(name, self._old[name]) for name in reversed(self._applied)]
        return await restore(cluster, changed, self._plan.timeout, self._say)

    async def _check_versions(self, cluster: Cluster, bound: Bound) -> None:
        """Check that nobody else has deployed, whose version an undo would take away.

        Raises:
            OvertakenError: Somebody has.
        """
        applied = {one["metadata"]["name"]: one for one in bound.deployments}
        for name in self._applied:
            live = await persist(partial(cluster.get, DEPLOYED, name), now() + self._short)
            old = self._old[name]
            if live is None:
                continue
            # The API server may have refused ours, so that the old one is still there.
            if old is None or version_of_pods(live) != version_of_pods(old):
                check_version(live, new_pods_of(applied[name]))

    async def _forget(self, cluster: Cluster) -> None:
        """Delete the ReplicaSets of this deploy, to which a rollback must not return.

        Without the right to, they stay, and the user may name another version.
        """
        try:
            for one in await cluster.find_all("ReplicaSet", self._of_program):
                name = one["metadata"]["name"]
                if name not in self._known and not serves(one):
                    await cluster.delete("ReplicaSet", name)
        except ClusterError as error:
            self._say(f"the version that failed is still known to the cluster: {error}")

    def _end_untouched(self, reason: str) -> Outcome:
        """Return the end of a deploy of which no pod was started."""
        return Outcome("failed", f"{reason}; no pod was changed", old_serves=self.old_serves)

    def _end_lost(self, reason: str) -> Outcome:
        """Return the end of a deploy that lost sight of the cluster."""
        if self._applied:
            return Outcome(
                "unknown",
                f"{reason} while {self._applied[-1]} was rolled out, which the cluster goes on "
                "with; old pods serve until new ones are ready",
            )
        if self._migrating:
            return Outcome(
                "unknown",
                f"{reason} during the migration, which may go on; no pod was changed",
                old_serves=self.old_serves,
            )
        return self._end_untouched(reason)
