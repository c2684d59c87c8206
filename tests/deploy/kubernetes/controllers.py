"""What controllers of a cluster would do, in one step: ReplicaSets, pods and the ends of Jobs.

How pods of a version behave is told by its label `app.kubernetes.io/version`.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

REVISION = "deployment.kubernetes.io/revision"
VERSION = "app.kubernetes.io/version"
Object = dict[str, Any]


def version_of(owner: Object) -> str:
    return str(owner["spec"]["template"]["metadata"]["labels"].get(VERSION, ""))


def hash_of(template: Object) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def roll_out(deployment: Object, sets: list[Object], behaviour: str) -> Object:
    """Set the status of a Deployment and the sizes of its ReplicaSets.

    Args:
        deployment: The Deployment, whose status is set.
        sets: Its ReplicaSets, whose sizes are set.
        behaviour: `ready`; or what is wrong with the new pods: `never-ready`, `stuck`, `crash`.

    Returns:
        The ReplicaSet of the new pods, which may be a new one.
    """
    template = deployment["spec"]["template"]
    found = next((one for one in sets if one["hash"] == hash_of(template)), None)
    latest = max((revision(one) for one in sets), default=0)
    if found is None:
        found = make_set(deployment, hash_of(template))
    if revision(found) < latest or latest == 0 or found not in sets:
        found["metadata"]["annotations"] = {REVISION: str(latest + 1)}
    deployment["metadata"].setdefault("annotations", {})[REVISION] = str(revision(found))
    old = [one for one in sets if one is not found]
    wanted = deployment["spec"]["replicas"]
    serving = sum(one["spec"]["replicas"] for one in old if one["works"])
    found["works"] = behaviour == "ready"
    found["spec"]["replicas"] = wanted if behaviour == "ready" or not serving else 1
    if behaviour == "ready":
        for one in old:
            one["spec"]["replicas"] = 0
    else:  # Pods of broken versions end; those that work are kept.
        for one in old:
            one["spec"]["replicas"] *= one["works"]
    deployment["status"] = status_of(deployment, found, old, behaviour)
    for one in (*old, found):
        one["status"] = {"availableReplicas": one["spec"]["replicas"] * one["works"]}
    return found


def revision(one: Object) -> int:
    return int((one["metadata"].get("annotations") or {}).get(REVISION, 0))


def make_set(deployment: Object, hashed: str) -> Object:
    template = copy.deepcopy(deployment["spec"]["template"])
    template["metadata"]["labels"]["pod-template-hash"] = hashed
    name = deployment["metadata"]["name"]
    return {
        "metadata": {
            "name": f"{name}-{hashed}",
            "labels": template["metadata"]["labels"],
            "annotations": {},
            "ownerReferences": [{"kind": "Deployment", "uid": deployment["metadata"]["uid"]}],
        },
        "spec": {"replicas": 0, "template": template},
        "hash": hashed,
        "works": False,
    }


def status_of(deployment: Object, new: Object, old: list[Object], behaviour: str) -> Object:
    updated = new["spec"]["replicas"]
    others = sum(one["spec"]["replicas"] for one in old)
    progressing = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
    if behaviour == "stuck":
        message = f'ReplicaSet "{new["metadata"]["name"]}" has timed out progressing.'
        progressing |= {
            "status": "False",
            "reason": "ProgressDeadlineExceeded",
            "message": message,
        }
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": updated + others,
        "updatedReplicas": updated,
        "availableReplicas": others + (updated if new["works"] else 0),
        "conditions": [progressing],
    }


def pods_of(sets: list[Object], behaviours: dict[str, str]) -> Iterator[Object]:
    """Yield the pods of ReplicaSets."""
    for one in sets:
        for number in range(one["spec"]["replicas"]):
            yield {
                "metadata": {
                    "name": f"{one['metadata']['name']}-{number}",
                    "labels": one["metadata"]["labels"],
                },
                "spec": one["spec"]["template"]["spec"],
                "status": {
                    "containerStatuses": [
                        container_status(behaviours.get(version_of(one), "ready"))
                    ]
                },
            }


def container_status(behaviour: str) -> Object:
    if behaviour == "crash":
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}
        return {
            "name": "web",
            "ready": False,
            "state": {"waiting": waiting},
            "lastState": {"terminated": {"exitCode": 3}},
        }
    return {"name": "web", "ready": behaviour == "ready", "state": {"running": {}}}


def end_job(job: Object, behaviour: str) -> None:
    """Set the status of a Job: `complete`, `fails` or `hangs`."""
    if behaviour == "complete":
        job["status"] = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    elif behaviour == "fails":
        failed = {
            "type": "Failed",
            "status": "True",
            "reason": "BackoffLimitExceeded",
            "message": "Job has reached the specified backoff limit",
        }
        job["status"] = {"failed": 1, "conditions": [failed]}
    else:
        job["status"] = {"active": 1}


def pod_of_job(job: Object) -> Object:
    name = job["metadata"]["name"]
    labels = {**job["spec"]["template"]["metadata"]["labels"], "batch.kubernetes.io/job-name": name}
    return {
        "metadata": {"name": f"{name}-x7k2p", "labels": labels},
        "spec": job["spec"]["template"]["spec"],
        "status": {},
    }
