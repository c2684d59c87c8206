"""The service of Cloud Run, as Knative describes it.

https://cloud.google.com/run/docs/reference/yaml/v1
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, ClassVar

import yaml

from pronghorn.deploy.platforms.base import Platform, shell
from pronghorn.deploy.target import Plan, PlannedFile

__all__ = ["CloudRun"]

#: Variables that Cloud Run sets itself, and refuses in a service.
_RESERVED = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
#: Seconds for requests and jobs: Cloud Run kills 10 seconds after SIGTERM, and sends no request to
#: an instance that has got it, so that it need not go on accepting them.
_REQUESTS = "7"
_ONCE = "    # the first time"
_COMMENT = """\
# Cloud Run sends requests to the new revision when its startup probe has succeeded, and keeps the
# old one otherwise. The values of secrets are in Secret Manager, by the names of their variables.
"""


class CloudRun(Platform):
    """Google Cloud Run: `gcloud run services replace` starts a revision."""

    name = "cloud-run"
    title = "Cloud Run"
    commands: ClassVar = {
        "rollback": "gcloud run services update-traffic {name} --to-revisions REVISION=100 {where}",
        "status": "gcloud run services describe {name} {where}",
        "logs": "gcloud run services logs read {name} {where}",
        "env": "gcloud run services describe {name} --format export {where}",
    }

    def check(self, plan: Plan) -> list[str]:
        """Return what Cloud Run does not take."""
        config = plan.config
        reserved = sorted(_RESERVED & {*config.env, *config.secrets})
        problems = [f"Cloud Run sets {name} itself; take it out of env" for name in reserved]
        if "/" not in config.image:
            problems.append(
                "Cloud Run gets the image from a registry; write image = "
                f'"{config.cloud_run.region}-docker.pkg.dev/PROJECT/REPOSITORY/{config.name}"'
            )
        return problems

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the service, and the job of the migrations."""
        path = PurePosixPath(plan.config.cloud_run.file)
        written = [PlannedFile(path, _COMMENT + _dump(_service(plan)))]
        if plan.migrate:
            written.append(PlannedFile(_migrations_of(path), _dump(_migrate(plan))))
        return written

    def next_steps(self, plan: Plan) -> list[str]:
        """Return the commands of docker and gcloud."""
        config, run, where = plan.config, plan.config.cloud_run, self.where(plan)
        steps = [_make_secret(name, run.project) for name in config.secrets]
        if config.secrets:
            steps.append(
                "give the service account of the service the role Secret Manager Secret Accessor"
                f"{_ONCE}"
            )
        if plan.build:
            file = f"--file {config.dockerfile}"
            steps.append(f"docker build {file} --tag {plan.image_ref} .")
            steps.append(f"docker push {plan.image_ref}")
        if plan.migrate:
            file = str(_migrations_of(PurePosixPath(run.file)))
            steps.append(f"gcloud run jobs replace {file} {where}")
            steps.append(f"gcloud run jobs execute {config.name}-migrate --wait {where}")
        steps.append(f"gcloud run services replace {run.file} {where}")
        steps.append(
            f"gcloud run services add-iam-policy-binding {config.name} --member allUsers "
            f"--role roles/run.invoker {where}{_ONCE}, if everybody may send requests"
        )
        if config.jobs:
            steps.append(f"{_worker_pool(plan)} {where}")
        return steps

    def where(self, plan: Plan) -> str:
        """Return the options of gcloud for the region and the project."""
        run = plan.config.cloud_run
        return f"--region {run.region}" + (f" --project {run.project}" if run.project else "")


def _make_secret(name: str, project: str | None) -> str:
    """Return a command that fails if the variable is not set, instead of storing nothing."""
    where = f" --project {project}" if project else ""
    create = f"gcloud secrets create {name} --data-file=-{where}"
    return f': "${{{name}:?}}" && printf %s "${name}" | {create}{_ONCE}'


def _worker_pool(plan: Plan) -> str:
    """Return the command that starts the workers of jobs, without the region."""
    config = plan.config
    command = _end_in_time(plan.jobs_command)
    argv = ["gcloud", "run", "worker-pools", "deploy", f"{config.name}-jobs"]
    argv += ["--image", plan.image_ref, "--instances", str(config.jobs)]
    argv += ["--command", command[0], f"--args={_list(command[1:])}"]
    if config.env:
        argv.append(f"--set-env-vars={_list([f'{key}={one}' for key, one in config.env.items()])}")
    if config.secrets:
        argv.append(f"--set-secrets={_list([f'{name}={name}:latest' for name in config.secrets])}")
    return shell(argv)


def _list(values: list[str]) -> str:
    """Return a list as gcloud reads it; see `gcloud topic escaping` for another separator."""
    text = "".join(values)
    if "," not in text:
        return ",".join(values)
    separator = next(one for one in "|;~@#%!\x1f" if one not in text)
    return f"^{separator}^{separator.join(values)}"


def _end_in_time(command: list[str]) -> list[str]:
    """Return a command whose process ends within the time of Cloud Run, whatever `grace` is."""
    times = {"--drain": "0", "--timeout-graceful-shutdown": _REQUESTS, "--grace": _REQUESTS}
    before = ["", *command]
    return [times.get(option, part) for option, part in zip(before, command, strict=False)]


def _migrations_of(path: PurePosixPath) -> PurePosixPath:
    return path.with_name(f"{path.stem}.migrate{path.suffix}")


def _service(plan: Plan) -> dict[str, Any]:
    config, run = plan.config, plan.config.cloud_run
    container = {
        **_container(plan, _end_in_time(plan.probed_command)),
        "ports": [{"name": "http1", "containerPort": config.port}],
        "startupProbe": {
            "httpGet": {"path": config.ready, "port": config.port},
            "periodSeconds": 5,
            "timeoutSeconds": 4,
            "failureThreshold": max(1, min(48, round(plan.timeout / 5))),
        },
        "livenessProbe": {
            "httpGet": {"path": config.live, "port": config.port},
            "periodSeconds": 10,
            "timeoutSeconds": 3,
            "failureThreshold": 3,
        },
    }
    annotations = {
        "autoscaling.knative.dev/minScale": str(run.min_instances),
        "autoscaling.knative.dev/maxScale": str(run.max_instances),
        "run.googleapis.com/startup-cpu-boost": "true",
    }
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": config.name, "annotations": {"run.googleapis.com/ingress": "all"}},
        "spec": {
            "template": {
                "metadata": {"annotations": annotations},
                "spec": {
                    "containerConcurrency": run.concurrency,
                    "timeoutSeconds": 300,
                    "containers": [container],
                },
            }
        },
    }


def _migrate(plan: Plan) -> dict[str, Any]:
    container = _container(plan, plan.migrate_command)
    task = {"maxRetries": 0, "timeoutSeconds": 3600, "containers": [container]}
    return {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "Job",
        "metadata": {"name": f"{plan.config.name}-migrate"},
        "spec": {"template": {"spec": {"taskCount": 1, "template": {"spec": task}}}},
    }


def _container(plan: Plan, command: list[str]) -> dict[str, Any]:
    config, run = plan.config, plan.config.cloud_run
    plain = [{"name": name, "value": value} for name, value in config.env.items()]
    secret = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": name, "key": "latest"}}}
        for name in config.secrets
    ]
    container: dict[str, Any] = {
        "image": plan.image_ref,
        "command": command[:1],
        "args": command[1:],
    }
    if plain or secret:
        container["env"] = [*plain, *secret]
    container["resources"] = {"limits": {"cpu": run.cpu, "memory": run.memory}}
    return container


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=False, width=120)
