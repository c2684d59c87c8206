"""The compose file of a service (https://github.com/compose-spec/compose-spec)."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import yaml

from pronghorn.deploy.compose.proxy import PROXY_PORT, proxy_configuration
from pronghorn.deploy.target import Plan

__all__ = [
    "PREVIOUS",
    "PREVIOUS_LABEL",
    "TAG",
    "TAG_LABEL",
    "compose_document",
    "compose_text",
    "project_of",
]

TAG = "PRONGHORN_DEPLOY_TAG"
"""The variable of the tag: the file stays the same from one version to the next."""

PREVIOUS = "PRONGHORN_DEPLOY_PREVIOUS"
"""The variable of the tag before, which containers keep as a label for a rollback."""

TAG_LABEL = "pronghorn.deploy.tag"
"""The label of a container with its tag."""

PREVIOUS_LABEL = "pronghorn.deploy.previous"
"""The label of a container with the tag of the version before."""

_COMMENT = """\
# The services of {name} on one host. `pronghorn deploy compose` starts containers of a new version
# beside the old ones, waits until {ready} says 200, and ends the old ones then.
# By hand: {tag}=TAG docker compose --file {file} up --detach
# A variable without a value has that of the environment of the command: no secret is in this file.
"""
_PROXY_LABEL = "pronghorn.deploy.proxy"
#: Seconds between two checks of a container.
_INTERVAL = 5


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as such, since people read the file."""


def _represent(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def compose_text(plan: Plan) -> str:
    """Return the content of the compose file."""
    config = plan.config
    comment = _COMMENT.format(
        name=config.name, ready=config.ready, tag=TAG, file=config.compose.file
    )
    document = compose_document(plan)
    return comment + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=120)


def project_of(plan: Plan) -> str:
    """Return the name of the project of Compose.

    The compose file for development has the name of its folder, which is often that of the program:
    with the same one, a deploy would take its containers for an old version, and its volumes.
    """
    return f"{plan.config.name}-deploy"


def compose_document(plan: Plan) -> dict[str, Any]:
    """Return the compose file as an object."""
    config = plan.config
    services: dict[str, Any] = {"proxy": _proxy(plan), "web": _web(plan)}
    if config.jobs:
        services["jobs"] = _jobs(plan)
    if plan.migrate:
        once = {"profiles": ["release"], "restart": "no"}  # `up` does not start it.
        services["migrate"] = {**_container(plan, plan.migrate_command), **once}
    document: dict[str, Any] = {"name": project_of(plan), "services": services}
    document["configs"] = {"proxy": {"content": _escape(proxy_configuration(plan))}}
    volumes = [volume.partition(":")[0] for volume in config.compose.volumes]
    named: dict[str, Any] = {
        name: {} for name in volumes if "/" not in name and not name.startswith((".", "~"))
    }
    if named:
        document["volumes"] = named
    return document


def _proxy(plan: Plan) -> dict[str, Any]:
    compose = plan.config.compose
    host_port = compose.host_port or plan.config.port
    address = f"http://127.0.0.1:{PROXY_PORT}{plan.config.ready}"
    content = proxy_configuration(plan)
    return {
        "image": compose.proxy_image,
        "ports": [f"{compose.host_address}:{host_port}:{PROXY_PORT}"],
        "configs": [{"source": "proxy", "target": "/usr/local/etc/haproxy/haproxy.cfg"}],
        # Compose compares services and not their configs, so a change has to show here.
        "labels": {_PROXY_LABEL: hashlib.sha256(content.encode()).hexdigest()[:12]},
        "restart": "unless-stopped",
        "healthcheck": _check(["CMD", "wget", "-q", "-O", "/dev/null", address], plan, interval=2),
        **_limits(),
    }


def _web(plan: Plan) -> dict[str, Any]:
    # No port of the container is published, so only the proxy reaches it.
    command = [*plan.web_command, "--forwarded-allow-ips", "*"]
    probe = _probe(plan.config.port, plan.config.ready)
    return {**_container(plan, command), **_server(plan), "healthcheck": _check(probe, plan)}


def _jobs(plan: Plan) -> dict[str, Any]:
    probe = _probe(plan.jobs_health_port, "/ready")
    container = {**_container(plan, plan.jobs_command), **_server(plan)}
    return {**container, "scale": plan.config.jobs, "healthcheck": _check(probe, plan)}


def _container(plan: Plan, command: list[str]) -> dict[str, Any]:
    config = plan.config
    container: dict[str, Any] = {
        "image": f"{config.image}:${{{TAG}:-latest}}",
        "command": [_escape(part) for part in command],
    }
    plain = [f"{name}={_escape(value)}" for name, value in config.env.items()]
    if plain or config.secrets:
        container["environment"] = [*plain, *config.secrets]
    if config.compose.volumes:
        container["volumes"] = list(config.compose.volumes)
    container |= {"read_only": True, "tmpfs": ["/tmp"]}  # noqa: S108 - of the container alone
    return {**container, **_limits()}


def _server(plan: Plan) -> dict[str, Any]:
    """Return what a container has that runs until the next version."""
    return {
        "labels": {TAG_LABEL: f"${{{TAG}:-latest}}", PREVIOUS_LABEL: f"${{{PREVIOUS}:-}}"},
        "restart": "unless-stopped",
        "stop_grace_period": f"{plan.config.grace}s",
    }


def _limits() -> dict[str, Any]:
    """Return what keeps a container from gaining rights, and its logs from filling the disk."""
    return {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}},
    }


def _probe(port: int, path: str) -> list[str]:
    """Return a command that asks a probe; an image of Python has neither curl nor wget."""
    call = f"urllib.request.urlopen('http://127.0.0.1:{port}{path}', timeout=3)"
    return ["CMD", "python", "-c", f"import urllib.request; {call}"]


def _check(command: list[str], plan: Plan, *, interval: int = _INTERVAL) -> dict[str, Any]:
    return {
        "test": command,
        "interval": f"{interval}s",
        "timeout": "4s",
        "retries": 3,
        # Until then a failed check does not count; the first good one makes the container healthy.
        "start_period": f"{math.ceil(plan.config.timeout)}s",
    }


def _escape(text: str) -> str:
    """Return a text in which Compose finds no variables."""
    return text.replace("$", "$$")
