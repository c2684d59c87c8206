"""Look at the cluster: `pronghorn deploy status` and `pronghorn deploy env`."""

from __future__ import annotations

from pronghorn.deploy.kubernetes.bind import VERSION, read_secret_names
from pronghorn.deploy.kubernetes.cluster import Cluster, connect
from pronghorn.deploy.kubernetes.errors import ClusterError
from pronghorn.deploy.kubernetes.kinds import DEPLOYED
from pronghorn.deploy.kubernetes.manifests import MANAGER, Manifest
from pronghorn.deploy.kubernetes.undo import pods_of
from pronghorn.deploy.kubernetes.waiting import find_troubles, judge
from pronghorn.deploy.target import Plan, Variable

__all__ = ["read_status", "read_variables"]

Row = tuple[str, str, str]


async def read_status(plan: Plan) -> list[Row]:
    """Return part, state and detail of everything that runs.

    Raises:
        ClusterError: The cluster cannot be read.
    """
    settings = plan.config.kubernetes
    async with connect(settings.context, settings.namespace) as cluster:
        ours = {"app.kubernetes.io/name": plan.config.name, "app.kubernetes.io/managed-by": MANAGER}
        rows = [await _row(cluster, one) for one in await cluster.find_all(DEPLOYED, ours)]
        if not rows:
            return []
        scalers = await cluster.find_all("HorizontalPodAutoscaler", ours)
        jobs = await cluster.find_all("Job", ours)
        return [*rows, *map(_scaler_row, scalers), *map(_job_row, jobs)]


async def _row(cluster: Cluster, deployment: Manifest) -> Row:
    state, detail = judge(deployment)
    version = (deployment["metadata"].get("labels") or {}).get(VERSION, "unknown version")
    pods = await cluster.find_all("Pod", pods_of(deployment))
    parts = [str(version), detail, *find_troubles(pods)]
    return deployment["metadata"]["name"], state, "; ".join(parts)


def _scaler_row(scaler: Manifest) -> Row:
    spec, status = scaler["spec"], scaler.get("status") or {}
    limits = f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']}"
    detail = f"{status.get('currentReplicas', 0)} pods, {limits}"
    problems = [
        str(one.get("message"))
        for one in status.get("conditions") or ()
        if one.get("type") in {"AbleToScale", "ScalingActive"} and one.get("status") == "False"
    ]
    return "autoscaler", "failing" if problems else "ready", "; ".join([detail, *problems])


def _job_row(job: Manifest) -> Row:
    state = "running"
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in {"Complete", "Failed"}:
            state = "done" if condition["type"] == "Complete" else "failed"
    return "migration", state, job["metadata"]["name"]


async def read_variables(plan: Plan) -> list[Variable]:
    """Return the variables of the configuration and of the running version.

    The values of secrets are not read from the answer of the server.

    Raises:
        ClusterError: The cluster cannot be read.
    """
    settings = plan.config.kubernetes
    async with connect(settings.context, settings.namespace) as cluster:
        web = await cluster.get(DEPLOYED, plan.config.name)
        plain = _plain(web) if web is not None else {}
        names = await _secret_keys(cluster, plan, web)
    found = [
        Variable(name, "plain", name in plain, plain.get(name, plan.config.env.get(name, "")))
        for name in sorted({*plain, *plan.config.env})
    ]
    wanted = {*plan.config.secrets, *(names or ())}
    return found + [
        Variable(name, "secret", None if names is None else name in names)
        for name in sorted(wanted)
    ]


def _plain(web: Manifest) -> dict[str, str]:
    return {
        one["name"]: str(one["value"])
        for container in web["spec"]["template"]["spec"]["containers"]
        for one in container.get("env", ())
        if "value" in one
    }


async def _secret_keys(cluster: Cluster, plan: Plan, web: Manifest | None) -> set[str] | None:
    """Return the names in the Secrets of the running version; None if they cannot be read."""
    if web is None:
        return set()
    keys: set[str] = set()
    try:
        for name in read_secret_names(plan, {**web, "kind": DEPLOYED}):
            found = await cluster.get("Secret", name)
            keys |= set((found or {}).get("data") or {})
    except ClusterError:
        return None
    return keys
