"""The files of Kamal: `config/deploy.yml`, `.kamal/secrets` and the hook for migrations."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Any, cast

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.kamal.settings import (
    HOOK,
    PASSWORD,
    PERCENT_AT_ONCE,
    SECRETS,
    WEB,
    describe_ssh,
    find_registry,
    list_roles,
    list_servers,
    name_image,
)
from pronghorn.deploy.target import Plan, PlannedFile

__all__ = ["plan_files"]

_INTRODUCTION = """\
# Kamal 2 reads this file, see https://kamal-deploy.org/docs/configuration.
# It has no secret: their names are in {secrets}, their values in the environment of the command.
"""

_SECRETS_INTRODUCTION = """\
# Each line takes a value from the environment of the command. Do not write a value here.
"""

# `$KAMAL_VERSION` and the variables of the values are for the shell that runs the hook.
_MIGRATION = """\
#!/bin/sh
# Kamal runs this on the machine that deploys, when the image is on every server and before one
# starts it. The old version serves meanwhile. If this fails, nothing else happens.
set -eu

# The old version works with the new tables, because it did so when they were changed.
if [ "${{KAMAL_COMMAND:-}}" = rollback ]; then
    exit 0
fi
{required}
# Values go through standard input, so neither a command line nor a file of the server has them.
{{
{values}
}} | ssh {options} {address} "{remote}"
"""

_REMOTE = (
    "docker network inspect kamal >/dev/null 2>&1 </dev/null"
    " || docker network create kamal >/dev/null </dev/null;"
    " exec docker run --rm --network kamal --env-file /dev/stdin"
)


def plan_files(plan: Plan) -> list[PlannedFile]:
    """Return the files of Kamal for a plan.

    Args:
        plan: The plan; the text depends on its configuration, never on a secret.
    """
    files = [
        PlannedFile(PurePosixPath(plan.config.kamal.file), _write_configuration(plan)),
        PlannedFile(PurePosixPath(SECRETS), _write_secrets(plan.config)),
    ]
    if plan.migrate:
        files.append(PlannedFile(PurePosixPath(HOOK), _write_hook(plan)))
    return files


def _write_configuration(plan: Plan) -> str:
    import yaml  # Of the extra `deploy`; nothing else of the command needs it.

    introduction = _INTRODUCTION.format(secrets=SECRETS)
    text = yaml.safe_dump(
        configure(plan), sort_keys=False, default_flow_style=False, allow_unicode=True, width=100
    )
    return f"{introduction}\n{text}"


def configure(plan: Plan) -> dict[str, Any]:
    """Return the configuration of Kamal as it is written."""
    config = plan.config
    document: dict[str, Any] = {
        "service": config.name,
        "image": name_image(config),
        "servers": _configure_roles(plan),
        "proxy": _configure_proxy(config),
        "registry": _configure_registry(config),
        "builder": {"arch": "amd64", "context": ".", "dockerfile": config.dockerfile},
        "env": _configure_environment(config),
        "deploy_timeout": round(config.timeout),
        "drain_timeout": config.grace,
    }
    if config.kamal.ssh_user:
        document["ssh"] = {"user": config.kamal.ssh_user}
    if len(list_servers(config)) > 1:
        document["boot"] = {"limit": f"{PERCENT_AT_ONCE}%"}
    return _merge(document, config.kamal.extra)


def _merge(document: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the tables of another one, which wins, inside its own."""
    result = dict(document)
    for key, given in extra.items():
        mine = result.get(key)
        both = isinstance(mine, dict) and isinstance(given, dict)
        result[key] = _merge(cast("dict[str, Any]", mine), given) if both else given
    return result


def _configure_roles(plan: Plan) -> dict[str, Any]:
    """Return the roles.

    Kamal stops a container behind the proxy with `docker stop` and Docker's 10 seconds, which is
    too short for background tasks; `stop-timeout` of the container is what Docker takes instead.
    """
    roles: dict[str, Any] = {}
    stop = {"stop-timeout": plan.config.grace}
    for name, hosts in list_roles(plan.config).items():
        command = plan.web_command if name == WEB else plan.jobs_command
        options = stop if name == WEB else {**stop, **_probe_jobs(plan)}
        roles[name] = {"hosts": hosts, "cmd": shlex.join(command), "options": options}
    return roles


def _probe_jobs(plan: Plan) -> dict[str, Any]:
    """Return Docker's options for the health of jobs, for which Kamal waits.

    They replace `HEALTHCHECK` of the image, which asks the port of the application; a container
    of jobs would never be healthy.
    """
    address = f"http://127.0.0.1:{plan.jobs_health_port}/ready"
    script = f"import urllib.request; urllib.request.urlopen('{address}', timeout=3)"
    return {
        "health-cmd": f'python -c "{script}"',
        "health-interval": "5s",
        "health-timeout": "5s",
        "health-retries": 6,
        "health-start-period": f"{round(plan.config.timeout)}s",
    }


def _configure_proxy(config: DeployConfig) -> dict[str, Any]:
    """Return what kamal-proxy does with requests.

    Let's Encrypt gives certificates to one server; in front of several, somebody else has them.
    """
    proxy: dict[str, Any] = {}
    if config.kamal.domain:
        proxy["host"] = config.kamal.domain
        proxy["ssl"] = len(config.kamal.hosts) == 1
    proxy["app_port"] = config.port
    proxy["forward_headers"] = "ssl" in proxy and not proxy["ssl"]
    proxy["healthcheck"] = {"path": config.ready, "interval": 1, "timeout": 5}
    proxy["buffering"] = {"requests": True, "responses": False}
    return proxy


def _configure_registry(config: DeployConfig) -> dict[str, Any]:
    server = find_registry(config)
    registry: dict[str, Any] = {"server": server} if server else {}
    return {**registry, "username": config.kamal.registry_username, "password": [PASSWORD]}


def _configure_environment(config: DeployConfig) -> dict[str, Any]:
    """Return the variables. Only the proxy reaches the container, so it is the one to trust."""
    # Kamal reads the file with ERB, for which this is the start of a program.
    plain = {name: value.replace("<%", "<%%") for name, value in config.env.items()}
    environment: dict[str, Any] = {"clear": {"FORWARDED_ALLOW_IPS": "*", **plain}}
    names = _list_secrets(config)
    return {**environment, "secret": names} if names else environment


def _list_secrets(config: DeployConfig) -> list[str]:
    """Return the secrets of the program; the password of the registry is not one."""
    return [name for name in dict.fromkeys(config.secrets) if name != PASSWORD]


def _write_secrets(config: DeployConfig) -> str:
    names = [PASSWORD, *_list_secrets(config)]
    return _SECRETS_INTRODUCTION + "".join(f"{name}=${name}\n" for name in names)


def _write_hook(plan: Plan) -> str:
    config = plan.config
    user, options = describe_ssh(config)
    host = (config.kamal.hosts or ["localhost"])[0]
    server = find_registry(config)
    image = "/".join(filter(None, (server, name_image(config))))
    command = shlex.join(plan.migrate_command)
    return _MIGRATION.format(
        required="".join(f': "${{{name}:?is not set}}"\n' for name in _list_secrets(config)),
        values="\n".join(_print_values(config)),
        options=shlex.join(options),
        address=shlex.quote(f"{user}@{host}"),
        remote=f"{_REMOTE} {image}:$KAMAL_VERSION {command}",
    )


def _print_values(config: DeployConfig) -> list[str]:
    plain = [
        f"    printf '%s=%s\\n' {name} {shlex.quote(value)}" for name, value in config.env.items()
    ]
    secret = [f"    printf '%s=%s\\n' {name} \"${name}\"" for name in _list_secrets(config)]
    return [*plain, *secret] or ["    :"]
