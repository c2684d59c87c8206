"""Turn the manifests of a folder into the objects of one deploy.

That is where the tag of the image, the name of the Secret, the version and the number of pods come
in, none of which a file contains.
"""

from __future__ import annotations

import base64
import copy
import math
import os
import re
import secrets as random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pronghorn.deploy.kubernetes.kinds import DEPLOYED, NEEDED_BY_PODS
from pronghorn.deploy.kubernetes.manifests import MANAGER, Manifest, labels_of, secret_name
from pronghorn.deploy.target import Plan

__all__ = [
    "VERSION",
    "Bound",
    "bind",
    "choose_replicas",
    "encode_secrets",
    "make_secret",
    "new_secret_name",
    "owns_replicas",
    "read_secret_names",
    "version_of",
]

VERSION = "app.kubernetes.io/version"
"""The label with the tag of the image."""

_CHANGE_CAUSE = "kubernetes.io/change-cause"
#: Of an object whose name becomes a label of pods.
_LONGEST_NAME = 63


@dataclass
class Bound:
    """The objects of one deploy, in the order in which they are applied.

    Attributes:
        first: What pods need to start.
        job: The migration, if there is one.
        deployments: The workers before the web, whose new version may enqueue new tasks.
        last: Everything else.
        notes: Lines for the user.
    """

    first: list[Manifest] = field(default_factory=list)
    job: Manifest | None = None
    deployments: list[Manifest] = field(default_factory=list)
    last: list[Manifest] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Manifest]:
        job = [self.job] if self.job is not None else []
        return iter([*self.first, *job, *self.deployments, *self.last])


def bind(
    plan: Plan, manifests: list[Manifest], secret: str | None, live: Mapping[str, Manifest]
) -> Bound:
    """Return the objects to apply.

    Args:
        plan: The plan.
        manifests: Those of the folder; they are not changed.
        secret: The name of the Secret; None if the program has no secrets.
        live: The Deployments of the cluster by name.
    """
    bound = Bound()
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]
        for one in manifests
        if one["kind"] == "HorizontalPodAutoscaler"
    }
    for given in manifests:
        manifest = copy.deepcopy(given)
        _mark(plan, manifest)
        for template in _templates(manifest):
            _fill(plan, template, secret)
        name = manifest["metadata"]["name"]
        if manifest["kind"] == DEPLOYED:
            choose_replicas(
                manifest,
                live.get(name),
                bound.notes,
                autoscaled=name in scaled,
                take_over=plan.config.kubernetes.take_over,
            )
            spec = manifest["spec"]
            least = math.ceil(plan.timeout)
            spec["progressDeadlineSeconds"] = max(spec.get("progressDeadlineSeconds", 0), least, 2)
            bound.deployments.append(manifest)
        elif manifest["kind"] == "Job":
            bound.job = _bind_job(plan, manifest)
        elif manifest["kind"] in NEEDED_BY_PODS:
            bound.first.append(manifest)
        else:
            bound.last.append(manifest)
    bound.deployments.sort(key=lambda one: one["metadata"]["name"] == plan.config.name)
    return bound


def version_of(plan: Plan) -> str:
    """Return the tag as a value of a label, which is shorter than a tag may be."""
    return plan.tag[:63].strip("-_.")


def _mark(plan: Plan, manifest: Manifest) -> None:
    """Add the labels by which a later deploy finds what it has applied."""
    labels = manifest["metadata"].setdefault("labels", {})
    labels["app.kubernetes.io/name"] = plan.config.name
    labels["app.kubernetes.io/managed-by"] = MANAGER
    if manifest["kind"] in {DEPLOYED, "Job"}:
        labels[VERSION] = version_of(plan)
    if manifest["kind"] == DEPLOYED:
        notes = manifest["metadata"].setdefault("annotations", {})
        notes[_CHANGE_CAUSE] = f"pronghorn deploy {plan.image_ref}"


def _templates(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the template of the pods of an object, if it has pods."""
    if manifest["kind"] in {DEPLOYED, "Job", "ReplicaSet"}:
        yield manifest["spec"]["template"]
    elif manifest["kind"] == "CronJob":
        yield manifest["spec"]["jobTemplate"]["spec"]["template"]


def _containers_of(template: Manifest) -> list[Manifest]:
    pod = template["spec"]
    return [*(pod.get("initContainers") or ()), *pod["containers"]]


def _secrets_of(template: Manifest) -> Iterator[tuple[Manifest, str]]:
    """Yield each object that names a Secret, and its key with the name."""
    for container in _containers_of(template):
        found = [one.get("secretRef") for one in container.get("envFrom") or ()]
        sources = [one.get("valueFrom") or {} for one in container.get("env") or ()]
        found += [one.get("secretKeyRef") for one in sources]
        yield from ((reference, "name") for reference in found if reference)
    files = [one.get("secret") for one in template["spec"].get("volumes") or ()]
    yield from ((reference, "secretName") for reference in files if reference)


def _fill(plan: Plan, template: Manifest, secret: str | None) -> None:
    """Name the version in the template of a pod."""
    metadata = template.setdefault("metadata", {})
    metadata.setdefault("labels", {})[VERSION] = version_of(plan)
    for container in _containers_of(template):
        if container.get("image") == plan.config.image:
            container["image"] = plan.image_ref
    for reference, key in _secrets_of(template):
        if reference.get(key) == secret_name(plan.config.name) and secret is not None:
            reference[key] = secret


def _bind_job(plan: Plan, job: Manifest) -> Manifest:
    """Give a Job a name of its own: the pod of a Job cannot be changed."""
    name = job["metadata"]["name"]
    tag = re.sub(r"[^a-z0-9]+", "-", plan.tag.lower())
    # The end of a tag tells more than its beginning: of a time, it has the seconds.
    tag = tag[-(_LONGEST_NAME - len(name) - 1) :].strip("-")
    job["metadata"]["name"] = f"{name}-{tag or 'new'}"
    spec = job["spec"]
    least = max(1, math.ceil(plan.timeout))
    spec["activeDeadlineSeconds"] = max(spec.get("activeDeadlineSeconds", 0), least)
    return job


# --- the number of pods -------------------------------------------------------------------------


def choose_replicas(
    manifest: Manifest,
    live: Manifest | None,
    notes: list[str],
    *,
    autoscaled: bool,
    take_over: bool,
) -> None:
    """Leave the number of pods to whom it belongs.

    A field that only we own disappears when we do not apply it any more, and then its default is
    one pod. So it is left out only if an autoscaler or a person has set it as well.

    Args:
        manifest: The Deployment to apply, which is changed.
        live: The Deployment in the cluster.
        notes: Receives a line for the user.
        autoscaled: An autoscaler of the folder scales it.
        take_over: Take the number from a person, and from an autoscaler that zero switches off.
    """
    if live is None:
        return
    ours, others = owns_replicas(live)
    now = live["spec"].get("replicas", 1)
    if others and take_over and (not autoscaled or not now):
        return
    if others:
        wanted = manifest["spec"].pop("replicas", now)
        if not autoscaled and wanted != now:
            notes.append(
                f"{live['metadata']['name']} keeps {now} pods, which {others[0]} has set, "
                f"and not {wanted}"
            )
    elif autoscaled and ours:
        manifest["spec"]["replicas"] = now


def owns_replicas(live: Manifest) -> tuple[bool, list[str]]:
    """Return whether we own the number of pods, and who else does."""
    managers = [
        one["manager"]
        for one in live["metadata"].get("managedFields", ())
        if "f:replicas" in one.get("fieldsV1", {}).get("f:spec", {})
    ]
    return MANAGER in managers, [one for one in managers if one != MANAGER]


# --- secrets ------------------------------------------------------------------------------------


def new_secret_name(plan: Plan) -> str:
    """Return a name that no Secret has.

    It is drawn by chance: a hash of the values could be compared with guesses by everybody who may
    read names. An old version keeps its own Secret, so going back to it needs nothing else.
    """
    return f"{secret_name(plan.config.name)}-{random.token_hex(4)}"


def encode_secrets(plan: Plan) -> dict[str, str]:
    """Return the values as a Secret holds them."""
    return {
        name: base64.b64encode(os.fsencode(plan.secrets[name])).decode()
        for name in plan.config.secrets
        if name in plan.secrets
    }


def make_secret(plan: Plan, name: str) -> Manifest:
    """Return the Secret of a deploy, which is only ever in memory and in the cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels_of(plan.config.name, "secrets")},
        "type": "Opaque",
        "immutable": True,
        "data": encode_secrets(plan),
    }


def read_secret_names(plan: Plan, owner: Manifest) -> set[str]:
    """Return which Secrets of ours the pods of an object read."""
    start = f"{secret_name(plan.config.name)}-"
    names = {
        str(reference.get(key))
        for template in _templates(owner)
        for reference, key in _secrets_of(template)
    }
    return {name for name in names if name.startswith(start)}
