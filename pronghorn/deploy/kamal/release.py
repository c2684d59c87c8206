"""Deploy with Kamal, and roll back."""

from __future__ import annotations

from collections.abc import Mapping

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.kamal.program import Program
from pronghorn.deploy.kamal.reading import read_containers
from pronghorn.deploy.kamal.settings import WEB, count_groups, list_roles, list_servers
from pronghorn.deploy.target import Outcome, Plan, Say
from pronghorn.deploy.tool import Finished

__all__ = ["release", "rollback"]

SECONDS_TO_READ = 30.0
SECONDS_TO_LOG_IN = 120.0
SECONDS_TO_BUILD = 3600.0
#: For everything of a deployment but waiting: the image is pulled, the tables are changed.
SECONDS_BESIDE = 900.0

LOCK = "`kamal lock status` says whether its lock is still there, `kamal lock release` removes it"

Running = Mapping[tuple[str, str], str | None]


def release(plan: Plan, say: Say) -> Outcome:
    """Build the image, hand over to Kamal, and wait until it has switched every server.

    kamal-proxy sends requests to the new version when it is ready, and to the old one until then.
    If some servers have the new version when Kamal fails, they go back to the old one.

    Args:
        plan: The plan.
        say: Called with each line of Kamal.
    """
    program = Program(plan)
    finished = program.run("config", timeout=SECONDS_TO_READ)
    if not finished.ok:
        return Outcome(
            "failed", f"Kamal refuses {plan.config.kamal.file}: {program.explain(finished)}"
        )
    try:
        before = _ask_all(program)
    except CommandError as error:
        return Outcome("failed", f"{error.message}. Nothing was changed")
    old_serves = True if any(_web_only(before).values()) else None
    try:
        failure = _build(program, say) if plan.build else None
    except KeyboardInterrupt:
        failure = "interrupted before anything was changed"
    if failure:
        return Outcome("failed", failure, old_serves)
    arguments = ("deploy", "--skip-push")
    try:
        finished = program.run(*arguments, timeout=_limit(plan), say=say)
    except KeyboardInterrupt:
        return Outcome("unknown", f"Kamal was interrupted; {LOCK}")
    if finished.timed_out:
        return Outcome("unknown", f"Kamal had not finished after {_limit(plan):g} seconds; {LOCK}")
    if finished.ok:
        return Outcome("ready", f"{plan.tag} serves on {_join(plan.config.kamal.hosts)}", False)
    return _judge(program, say, before, finished)


def _ask_all(program: Program) -> Running:
    """Return the version that runs for each role on each server.

    Raises:
        CommandError: A server could not be asked.
    """
    versions: dict[tuple[str, str], str | None] = {}
    for role, hosts in list_roles(program.plan.config).items():
        answers = program.read_versions(role)
        versions.update({(role, host): answers.get(host) for host in hosts})
    return versions


def _web_only(running: Running) -> dict[str, str | None]:
    return {host: version for (role, host), version in running.items() if role == WEB}


def _build(program: Program, say: Say) -> str | None:
    """Build the image and send it to the registry.

    Returns:
        One sentence if that failed.
    """
    steps: list[tuple[tuple[str, ...], float]] = [
        (("registry", "login", "--skip-remote"), SECONDS_TO_LOG_IN),
        (("build", "push"), SECONDS_TO_BUILD),
    ]
    for arguments, seconds in steps:
        finished = program.run(*arguments, timeout=seconds, say=say)
        if finished.timed_out:
            return f"`kamal {' '.join(arguments[:2])}` had not finished after {seconds:g} seconds"
        if not finished.ok:
            return f"the image was not built and sent: {program.explain(finished)}"
    return None


def _limit(plan: Plan) -> float:
    """Return the seconds after which Kamal hangs: each group of servers waits and drains."""
    groups = count_groups(list_servers(plan.config))
    return groups * 2 * (plan.timeout + plan.config.grace) + SECONDS_BESIDE


def _judge(program: Program, say: Say, before: Running, finished: Finished) -> Outcome:
    """Return the outcome of a deployment that failed, after it was undone where it has begun."""
    plan = program.plan
    reason = program.explain(finished)
    try:
        after = _ask_all(program)
    except CommandError as error:
        return Outcome("unknown", f"{reason}. What runs now is not known: {error.message}")
    fresh = {place for place, version in after.items() if version == plan.tag}
    if fresh == set(after):
        return Outcome(
            "ready", f"{plan.tag} serves everywhere, but Kamal failed later: {reason}", False
        )
    changed = {place for place in fresh if before[place] != plan.tag}
    if not changed:
        return Outcome("failed", reason, _old_serves(before, after))
    return _undo(program, say, before, {host for _, host in changed}, reason)


def _old_serves(before: Running, after: Running) -> bool | None:
    """Return whether servers still have the version that they had; None if they had none."""
    had = {host: version for host, version in _web_only(before).items() if version}
    now = _web_only(after)
    return any(now.get(host) == version for host, version in had.items()) if had else None


def _undo(program: Program, say: Say, before: Running, hosts: set[str], reason: str) -> Outcome:
    """Return servers to the version that they had; those that had none keep the new one."""
    old = {host: version for (_, host), version in before.items() if host in hosts and version}
    for version in sorted(set(old.values())):
        servers = sorted(host for host in old if old[host] == version)
        say(f"Back to {version} on {_join(servers)}")
        failure = _switch(program, say, version, servers)
        if failure:
            return Outcome(
                "unknown", f"{reason}. {_join(servers)} could not go back to {version}: {failure}"
            )
    ends = [f"{_join(sorted(old))} went back to the old version"] if old else []
    if fresh := sorted(hosts - set(old)):
        ends.append(f"the new version stays on {_join(fresh)}, with no other one to go back to")
    old_serves = True if any(_web_only(before).values()) else None
    return Outcome("failed", f"{reason}. {'; '.join(ends)}", old_serves)


def _switch(program: Program, say: Say, version: str, servers: list[str]) -> str | None:
    """Start a version whose containers are still on the servers.

    Returns:
        One sentence if that failed. Kamal ends with 0 if it does not find the version.
    """
    hosts = f"--hosts={','.join(servers)}"
    finished = program.run("rollback", version, hosts, timeout=_limit(program.plan), say=say)
    if finished.timed_out:
        return f"Kamal had not finished after {_limit(program.plan):g} seconds; {LOCK}"
    if not finished.ok:
        return program.explain(finished)
    if "is not available as a container" in finished.out:
        return f"the servers do not have a container of {version} any more"
    return None


def rollback(plan: Plan, say: Say) -> Outcome:
    """Return to the version before the one that runs, or to the tag of the plan.

    Kamal starts new containers of the old image, so the secrets have to be there as for a release.

    Args:
        plan: The plan; its tag may be empty.
        say: Called with each line of Kamal.
    """
    if plan.missing_secrets:
        names = _join(plan.missing_secrets)
        return Outcome(
            "failed", f"the old version would start without {names}: set them first", None
        )
    program = Program(plan)
    try:
        running = _web_only(_ask_all(program))
        version = plan.tag or _find_previous(program, running)
    except CommandError as error:
        return Outcome("failed", f"{error.message}. Nothing was changed")
    if not version:
        serves = True if any(running.values()) else None
        return Outcome("failed", "the servers have no container of an older version", serves)
    if set(running.values()) == {version}:
        return Outcome("ready", f"{version} serves already", None)
    try:
        failure = _switch(program, say, version, list_servers(plan.config))
    except KeyboardInterrupt:
        return Outcome("unknown", f"Kamal was interrupted; {LOCK}")
    return _confirm(program, version, failure)


def _find_previous(program: Program, running: Mapping[str, str | None]) -> str | None:
    """Return the version of the newest container that is older than the one that runs.

    A newer one is of a deploy that failed. Where nothing runs, the newest is returned.
    """
    text = program.ask("app", "containers")
    containers = [one for one in read_containers(text, program.plan.config) if one.role == WEB]
    for host, current in running.items():
        versions = [one.version for one in containers if one.host == host]
        older = versions[versions.index(current) + 1 :] if current in versions else versions
        if found := next((version for version in older if version != current), None):
            return found
    return None


def _confirm(program: Program, version: str, failure: str | None) -> Outcome:
    """Return the outcome of a rollback, from what runs now."""
    try:
        running = _web_only(_ask_all(program))
    except CommandError as error:
        why = f"{failure}. " if failure else ""
        return Outcome("unknown", f"{why}What runs now is not known: {error.message}")
    back = sorted(host for host, found in running.items() if found == version)
    if len(back) == len(running):
        return Outcome("ready", f"{version} serves again on {_join(back)}", True)
    rest = _join(sorted(set(running) - set(back)))
    return Outcome(
        "failed", f"{failure or 'Kamal did not switch'}: {version} does not run on {rest}", None
    )


def _join(names: list[str]) -> str:
    """Return names as part of a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
