"""`fly.toml` (https://fly.io/docs/reference/configuration/)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import ClassVar

from pronghorn.deploy.platforms.base import Platform, shell, toml_text
from pronghorn.deploy.target import Plan, PlannedFile

__all__ = ["Fly"]

#: Seconds that a machine has at most after its signal.
_LONGEST_GRACE = 300
_COMMENT = """\
Fly starts machines of a new version, waits until they are ready, and ends the old ones.
With a volume of Fly, which two machines cannot share, write strategy = "rolling".
Secrets are set with `fly secrets import`; none is in this file."""


class Fly(Platform):
    """Fly.io: `fly deploy` builds the image, runs the migrations, and switches."""

    name = "fly"
    title = "Fly.io"
    commands: ClassVar = {
        "rollback": "fly releases --image, then fly deploy --image IMAGE of the one before",
        "status": "fly status",
        "logs": "fly logs",
        "env": "fly secrets list",
    }

    def check(self, plan: Plan) -> list[str]:
        """Return what Fly does not take."""
        if plan.config.grace > _LONGEST_GRACE:
            return [f"grace is {plan.config.grace}, and Fly kills after {_LONGEST_GRACE} seconds"]
        return []

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return fly.toml."""
        config, fly = plan.config, plan.config.fly
        top: dict[str, object] = {"app": config.name}
        if fly.region:
            top["primary_region"] = fly.region
        top |= {"kill_signal": "SIGTERM", "kill_timeout": f"{config.grace}s"}
        deploy: dict[str, object] = {"strategy": "bluegreen", "wait_timeout": f"{plan.timeout:g}s"}
        if plan.migrate:
            deploy["release_command"] = shell(plan.migrate_command)
        processes: dict[str, object] = {"web": shell(plan.web_command)}
        if config.jobs:
            processes["jobs"] = shell(plan.jobs_command)
        service = {
            "internal_port": config.port,
            "force_https": True,
            "auto_stop_machines": "stop" if fly.machines == 0 else "off",
            "auto_start_machines": True,
            "min_machines_running": fly.machines,
            "processes": ["web"],
        }
        check = {"method": "GET", "path": config.ready, "interval": "10s", "timeout": "5s"}
        checks = {**check, "grace_period": "30s"}
        tables: list[tuple[str, dict[str, object]]] = [
            ("", top),
            ("[build]", {"dockerfile": config.dockerfile}),
            ("[deploy]", deploy),
            ("[env]", dict(config.env)),
            ("[processes]", processes),
            ("[http_service]", dict(service)),
            ("[[http_service.checks]]", dict(checks)),
            ("[[vm]]", {"memory": fly.memory, "cpu_kind": "shared", "cpus": 1}),
        ]
        return [PlannedFile(PurePosixPath(fly.file), toml_text(_COMMENT, tables))]

    def next_steps(self, plan: Plan) -> list[str]:
        """Return the commands of flyctl."""
        config = plan.config
        steps = [f"fly apps create {config.name}    # the first time"]
        if config.secrets:
            names = ", ".join(config.secrets)
            alone = f"# its only lines are {names}, since they win over [env]"
            steps.append(f"fly secrets import < secrets.env    {alone}")
        steps.append(f"fly deploy --config {config.fly.file}")
        if config.jobs:
            steps.append(f"fly scale count jobs={config.jobs}")
        return steps
