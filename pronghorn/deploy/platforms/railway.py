"""`railway.toml` (https://docs.railway.com/reference/config-as-code)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import ClassVar

from pronghorn.deploy.platforms.base import Platform, shell, toml_text
from pronghorn.deploy.target import Plan, PlannedFile

__all__ = ["Railway"]

_COMMENT = """\
Railway builds the image, runs the migrations, and keeps the old version until the new one is ready.
Variables and secrets are set in Railway; its variable PORT is the port of the service."""
_JOBS_COMMENT = "The workers of jobs: a second service of the same repository with this file."


class Railway(Platform):
    """Railway: a push to the repository, or `railway up`, deploys."""

    name = "railway"
    title = "Railway"
    commands: ClassVar = {
        "rollback": "Rollback in the menu of an older deployment, on railway.com",
        "status": "railway status",
        "logs": "railway logs",
        "env": "railway variables",
    }

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return railway.toml, and the file of the workers of jobs."""
        config = plan.config
        build: dict[str, object] = {"builder": "DOCKERFILE", "dockerfilePath": config.dockerfile}
        deploy: dict[str, object] = {"startCommand": shell(plan.serve_command([]))}
        if plan.migrate:
            deploy["preDeployCommand"] = [shell(plan.migrate_command)]
        deploy |= {
            "healthcheckPath": config.ready,
            "healthcheckTimeout": round(plan.timeout),
            **_ending(plan),
        }
        path = PurePosixPath(config.railway.file)
        text = toml_text(_COMMENT, [("", {}), ("[build]", build), ("[deploy]", deploy)])
        written = [PlannedFile(path, text)]
        if config.jobs:
            work: dict[str, object] = {
                "startCommand": shell(plan.jobs_command),
                "numReplicas": config.jobs,
                **_ending(plan),
            }
            text = toml_text(_JOBS_COMMENT, [("", {}), ("[build]", build), ("[deploy]", work)])
            written.append(PlannedFile(_jobs_of(path), text))
        return written

    def next_steps(self, plan: Plan) -> list[str]:
        """Return what to set in Railway."""
        config = plan.config
        steps = [
            f"railway variables --set {shell([f'{name}={value}'])}"
            for name, value in config.env.items()
        ]
        if config.secrets:
            steps.append(f"set in the variables of the service: {', '.join(config.secrets)}")
        if config.jobs:
            file = _jobs_of(PurePosixPath(config.railway.file))
            steps.append(f"make a second service from the repository, with the config file {file}")
        steps.append("commit the files and push, or: railway up")
        return steps


def _ending(plan: Plan) -> dict[str, object]:
    return {
        "drainingSeconds": plan.config.grace,
        "restartPolicyType": "ALWAYS",
    }


def _jobs_of(path: PurePosixPath) -> PurePosixPath:
    return path.with_name(f"{path.stem}.jobs{path.suffix}")
