"""`render.yaml`, a blueprint (https://render.com/docs/blueprint-spec)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, ClassVar

import yaml

from pronghorn.deploy.platforms.base import Platform, shell
from pronghorn.deploy.target import Plan, PlannedFile

__all__ = ["Render"]

#: Seconds that an instance has at most after SIGTERM.
_LONGEST_GRACE = 300
_COMMENT = """\
# Render builds the image, runs the migrations, and keeps the old version until the new one
# is ready. The values of secrets are set in Render, which asks for them at the first time.
"""


class Render(Platform):
    """Render: a push to the repository deploys."""

    name = "render"
    title = "Render"
    commands: ClassVar = {
        "rollback": "Rollback beside a deploy on the page of the service",
        "status": "render services",
        "logs": "render logs",
        "env": "the page Environment of the service",
    }

    def check(self, plan: Plan) -> list[str]:
        """Return what Render does not take."""
        config = plan.config
        problems = []
        if config.grace > _LONGEST_GRACE:
            problems.append(f"grace is {config.grace}, and Render takes at most {_LONGEST_GRACE}")
        if config.render.plan == "free" and plan.migrate:
            problems.append("Render runs no migrations with the plan free; choose starter")
        if config.render.plan == "free" and config.jobs:
            problems.append("Render runs no workers with the plan free; choose starter")
        return problems

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the blueprint."""
        config = plan.config
        web = _service(plan, "web", config.name, plan.serve_command([]))
        if plan.migrate:
            web["preDeployCommand"] = shell(plan.migrate_command)
        web["healthCheckPath"] = config.ready
        services = [web]
        if config.jobs:
            worker = _service(plan, "worker", f"{config.name}-jobs", plan.jobs_command)
            services.append({**worker, "numInstances": config.jobs})
        text = yaml.safe_dump({"services": services}, sort_keys=False, width=120)
        return [PlannedFile(PurePosixPath(config.render.file), _COMMENT + text)]

    def next_steps(self, plan: Plan) -> list[str]:
        """Return what to do in Render."""
        steps = ["commit the file and push"]
        steps.append("make a blueprint from the repository on dashboard.render.com, the first time")
        if plan.config.secrets:
            steps.append(f"set there: {', '.join(plan.config.secrets)}")
        return steps


def _service(plan: Plan, kind: str, name: str, command: list[str]) -> dict[str, Any]:
    config = plan.config
    plain = [{"key": key, "value": value} for key, value in config.env.items()]
    secret = [{"key": key, "sync": False} for key in config.secrets]
    service: dict[str, Any] = {
        "type": kind,
        "name": name,
        "runtime": "docker",
        "plan": config.render.plan,
        "region": config.render.region,
        "dockerfilePath": f"./{config.dockerfile}",
        "dockerCommand": shell(command),
        "maxShutdownDelaySeconds": config.grace,
    }
    if plain or secret:
        service["envVars"] = [*plain, *secret]
    return service
