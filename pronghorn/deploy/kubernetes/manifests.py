"""Manifests of a program: what is written to the folder, and committed.

Nothing in them belongs to one deploy: the image has no tag, the Secret and the Job have the names
that `bind` replaces. So they change only if the configuration does.
"""

from __future__ import annotations

import math
from typing import Any

from pronghorn.deploy.kubernetes.kinds import DEPLOYED, KINDS
from pronghorn.deploy.target import Plan

__all__ = ["MANAGER", "PRE_STOP", "Manifest", "labels_of", "make_manifests", "secret_name"]

Manifest = dict[str, Any]

MANAGER = "pronghorn-deploy"
"""The field manager of server-side apply, and the value of the label `managed-by`."""

PRE_STOP = 5
"""Seconds between the moment at which a pod is to end, and its SIGTERM."""

#: Of a Job that has ended, so that its log can be read for a day.
KEPT_SECONDS = 24 * 60 * 60
#: Seconds that a pod has to start at least, also long after a deploy with a short `timeout`.
_LEAST_START = 60
#: Old versions that `rollback` can return to.
KEPT_VERSIONS = 5


def labels_of(name: str, component: str) -> dict[str, str]:
    """Return the labels of a part of a program, with the names that Kubernetes recommends.

    Args:
        name: The name of the program.
        component: Such as `web` or `jobs`.
    """
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": MANAGER,
    }


def secret_name(name: str) -> str:
    """Return how the files call the Secret of a program; each deploy has a name of its own."""
    return f"{name}-secrets"


def make_manifests(plan: Plan) -> dict[str, Manifest]:
    """Return the manifests of a program by the names of their files."""
    settings = plan.config.kubernetes
    made = {"service.yaml": _service(plan), "web.yaml": _web(plan)}
    if settings.replicas > 1:
        made["disruption-budget.yaml"] = _disruption_budget(plan)
    if settings.max_replicas > settings.replicas:
        made["autoscaler.yaml"] = _autoscaler(plan)
    if plan.migrate:
        made["migration.yaml"] = _migration(plan)
    if plan.config.jobs:
        made["jobs.yaml"] = _jobs(plan)
    return made


def _web(plan: Plan) -> Manifest:
    config = plan.config
    container = {
        **_container(plan, "web", plan.probed_command),
        "ports": [{"name": "http", "containerPort": config.port}],
        "startupProbe": _startup_probe(plan, config.live, "http"),
        "livenessProbe": _probe(config.live, "http", periodSeconds=10, failureThreshold=3),
        # All pods ask the same database, so one slow answer of it would leave no pod to serve. A
        # pod that ends leaves the Service without this probe.
        "readinessProbe": _probe(config.ready, "http", periodSeconds=2, failureThreshold=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": PRE_STOP}}},
    }
    return _deployment(plan, "web", config.name, config.kubernetes.replicas, container)


def _jobs(plan: Plan) -> Manifest:
    config = plan.config
    container = {
        **_container(plan, "jobs", plan.jobs_command),
        "ports": [{"name": "health", "containerPort": plan.jobs_health_port}],
        "startupProbe": _startup_probe(plan, "/live", "health"),
        "livenessProbe": _probe("/live", "health", periodSeconds=10, failureThreshold=3),
        "readinessProbe": _probe("/ready", "health", periodSeconds=5, failureThreshold=2),
    }
    return _deployment(plan, "jobs", f"{config.name}-jobs", config.jobs, container)


def _deployment(
    plan: Plan, component: str, name: str, replicas: int, container: Manifest
) -> Manifest:
    labels = labels_of(plan.config.name, component)
    chosen = _selector_of(labels)
    pod = _pod(plan, container)
    before = PRE_STOP if "lifecycle" in container else 0
    # It counts from the moment at which the pod is to end.
    pod["terminationGracePeriodSeconds"] = before + plan.config.grace
    pod["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": chosen},
        }
    ]
    spec = {
        "replicas": replicas,
        "revisionHistoryLimit": KEPT_VERSIONS,
        "progressDeadlineSeconds": max(2, math.ceil(plan.config.timeout)),
        # An old pod ends only when a new one is ready. A part of them at a time, and not one: the
        # autoscaler may have made many, and all have to be ready within `timeout`.
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0},
        },
        "selector": {"matchLabels": chosen},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return _object(plan, DEPLOYED, component, spec, name=name)


def _migration(plan: Plan) -> Manifest:
    pod = _pod(plan, _container(plan, "migration", plan.migrate_command))
    pod["restartPolicy"] = "Never"
    labels = labels_of(plan.config.name, "migration")
    # A node that is drained is no failure of the migration, so it runs again elsewhere.
    drained = [{"type": "DisruptionTarget", "status": "True"}]
    spec = {
        "backoffLimit": 0,
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": drained}]},
        "activeDeadlineSeconds": max(1, math.ceil(plan.config.timeout)),
        "ttlSecondsAfterFinished": KEPT_SECONDS,
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return _object(plan, "Job", "migration", spec, name=f"{plan.config.name}-migrate")


def _pod(plan: Plan, container: Manifest) -> Manifest:
    """Return the specification of a pod that may do as little as possible on its node."""
    return {
        "automountServiceAccountToken": False,
        # A service `shop` would set `SHOP_PORT=tcp://...`, which settings may read.
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _container(plan: Plan, name: str, command: list[str]) -> Manifest:
    config, settings = plan.config, plan.config.kubernetes
    container: Manifest = {"name": name, "image": config.image, "command": list(command)}
    if config.env:
        container["env"] = [
            {"name": key, "value": str(value)} for key, value in sorted(config.env.items())
        ]
    if config.secrets:
        container["envFrom"] = [{"secretRef": {"name": secret_name(config.name)}}]
    container["resources"] = {
        "requests": {"cpu": settings.cpu, "memory": settings.memory},
        # No limit of the processor: it would stop a pod in the middle of requests.
        "limits": {"memory": settings.memory},
    }
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    # Uploads above a size are kept there.
    container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108  # in the pod
    return container


def _startup_probe(plan: Plan, path: str, port: str) -> Manifest:
    """Return the probe before the others, which lets a pod start for as long as a deploy waits."""
    seconds = max(_LEAST_START, math.ceil(plan.config.timeout))
    return _probe(path, port, periodSeconds=1, failureThreshold=seconds)


def _probe(path: str, port: str, *, periodSeconds: int, failureThreshold: int) -> Manifest:  # noqa: N803  # the names of Kubernetes
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": periodSeconds,
        "failureThreshold": failureThreshold,
        "timeoutSeconds": 3,
    }


def _selector_of(labels: dict[str, str]) -> dict[str, str]:
    """Return the first two labels, which choose the pods of a part and never change."""
    return dict(list(labels.items())[:2])


def _service(plan: Plan) -> Manifest:
    spec = {
        "selector": _selector_of(labels_of(plan.config.name, "web")),
        # By name, so that the pods of two versions may listen on different ports.
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    }
    return _object(plan, "Service", "web", spec)


def _disruption_budget(plan: Plan) -> Manifest:
    spec = {
        "maxUnavailable": 1,
        # A pod that is broken anyway must not hold up the drain of a node.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": _selector_of(labels_of(plan.config.name, "web"))},
    }
    return _object(plan, "PodDisruptionBudget", "web", spec)


def _autoscaler(plan: Plan) -> Manifest:
    settings = plan.config.kubernetes
    target = {"type": "Utilization", "averageUtilization": settings.target_cpu}
    spec = {
        "scaleTargetRef": {
            "apiVersion": KINDS[DEPLOYED].version,
            "kind": DEPLOYED,
            "name": plan.config.name,
        },
        "minReplicas": settings.replicas,
        "maxReplicas": settings.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return _object(plan, "HorizontalPodAutoscaler", "web", spec)


def _object(
    plan: Plan, kind: str, component: str, spec: Manifest, *, name: str | None = None
) -> Manifest:
    """Return an object with the labels of its part, and the name of the program by default."""
    return {
        "apiVersion": KINDS[kind].version,
        "kind": kind,
        "metadata": {
            "name": name or plan.config.name,
            "labels": labels_of(plan.config.name, component),
        },
        "spec": spec,
    }
