"""The kinds of objects that a deploy can apply, and what is special of some."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["APPLIED", "DEPLOYED", "KINDS", "NEEDED_BY_PODS", "PRUNED", "Kind"]


class Kind(NamedTuple):
    """The place of objects of a kind in the API.

    Attributes:
        version: Its group and version.
        plural: Its name in a URL.
        in_namespace: Each object belongs to a namespace.
    """

    version: str
    plural: str
    in_namespace: bool = True


KINDS = {
    "ConfigMap": Kind("v1", "configmaps"),
    "CronJob": Kind("batch/v1", "cronjobs"),
    "Deployment": Kind("apps/v1", "deployments"),
    "HTTPRoute": Kind("gateway.networking.k8s.io/v1", "httproutes"),
    "HorizontalPodAutoscaler": Kind("autoscaling/v2", "horizontalpodautoscalers"),
    "Ingress": Kind("networking.k8s.io/v1", "ingresses"),
    "Job": Kind("batch/v1", "jobs"),
    "Namespace": Kind("v1", "namespaces", in_namespace=False),
    "NetworkPolicy": Kind("networking.k8s.io/v1", "networkpolicies"),
    "PersistentVolumeClaim": Kind("v1", "persistentvolumeclaims"),
    "Pod": Kind("v1", "pods"),
    "PodDisruptionBudget": Kind("policy/v1", "poddisruptionbudgets"),
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "Secret": Kind("v1", "secrets"),
    "Service": Kind("v1", "services"),
    "ServiceAccount": Kind("v1", "serviceaccounts"),
}

DEPLOYED = "Deployment"
#: A file may not have the others: they are made by controllers, hold secrets, or are not ours.
APPLIED = frozenset(KINDS) - {"Namespace", "Pod", "ReplicaSet", "Secret"}
#: Pods do not start without them, so they come before the pods; the rest comes afterwards.
NEEDED_BY_PODS = ("ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "NetworkPolicy")
#: Removed from the cluster when their file is gone. A claim holds data, so nothing removes it.
PRUNED = (
    "Deployment",
    "CronJob",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Ingress",
    "Service",
)
