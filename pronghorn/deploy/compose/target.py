"""The target `compose` of `pronghorn deploy`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.compose.document import PREVIOUS_LABEL, compose_text
from pronghorn.deploy.compose.engine import Engine, StepError
from pronghorn.deploy.compose.switch import Switch
from pronghorn.deploy.target import Outcome, Plan, PlannedFile, Say, Variable
from pronghorn.deploy.tool import find

__all__ = ["Compose"]

#: The first release that reads the content of `configs` from the file itself.
_OLDEST = (2, 23, 1)
_BUILDING = 3600.0
_PULLING = 900.0
_SERVICES = ("proxy", "web", "jobs")


def _silent(_: str) -> None:
    return None


class Compose:
    """Docker Compose on the host that the `docker` command talks to."""

    name = "compose"
    takes_secrets = True

    def check(self, plan: Plan) -> list[str]:
        """Return what is wrong with Docker."""
        if find("docker") is None:
            return ["docker is not installed, or not in a folder of PATH"]
        engine = Engine(plan, _silent)
        version = engine.ask("compose", "version", "--short")
        if not version.ok:
            return ["docker has no Compose; install the package docker-compose-plugin"]
        numbers = tuple(int(part) for part in re.findall(r"\d+", version.out)[:3])
        if numbers < _OLDEST:
            least = ".".join(map(str, _OLDEST))
            return [f"Docker Compose {version.out.strip()} is too old; {least} is the first to use"]
        server = engine.ask("version", "--format", "{{.Server.Version}}")
        return [] if server.ok else [f"Docker does not answer: {server.reason}"]

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the compose file."""
        return [PlannedFile(PurePosixPath(plan.config.compose.file), compose_text(plan))]

    def release(self, plan: Plan, say: Say) -> Outcome:
        """Build or pull the image, migrate, and change to the new version."""
        engine = Engine(plan, say)

        def prepare(switch: Switch) -> str:
            _get_image(engine)
            if plan.migrate:
                _migrate(engine)
            old = switch.old_tag()
            if old != plan.tag:
                return old
            return engine.label_of(switch.old["web"][0], PREVIOUS_LABEL)

        return _change(engine, plan.tag, prepare)

    def rollback(self, plan: Plan, say: Say) -> Outcome:
        """Change back to the version before, whose image is still on the host or in a registry."""
        if plan.missing_secrets:
            names = ", ".join(plan.missing_secrets)
            message = f"without a value of {names} the version before could not start"
            return Outcome("failed", f"{message}: set it, or name a file with --env-file")
        engine = Engine(plan, say)
        try:
            running = engine.list_containers("web")
        except StepError as error:
            return Outcome("failed", str(error))
        tag = plan.tag or (engine.label_of(running[0], PREVIOUS_LABEL) if running else "")
        if not tag:
            why = "what runs was the first" if running else "nothing runs"
            message = f"there is no version before: {why}; name one with --tag"
            return Outcome("failed", message, old_serves=bool(running) or None)
        say(f"Going back to {plan.config.image}:{tag}")

        def prepare(switch: Switch) -> str:
            reference = f"{plan.config.image}:{tag}"
            if not engine.has_image(reference):
                _pull(engine, reference)
            return switch.old_tag()

        return _change(engine, tag, prepare)

    def status(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Return the containers, each with its state and its image."""
        engine = Engine(plan, _silent)
        rows = []
        for service in _SERVICES:
            for identifier in _list_or_fail(engine, service):
                found = engine.inspect(identifier) or {}
                state = found.get("State") or {}
                health = (state.get("Health") or {}).get("Status", "")
                shown = str(health or state.get("Status", "unknown"))
                image = str((found.get("Config") or {}).get("Image", ""))
                rows.append((service, shown, f"{image}, {identifier[:12]}"))
        return rows

    def logs(self, plan: Plan, *, follow: bool, lines: int) -> int:
        """Print the logs of all containers."""
        try:
            return Engine(plan, _silent).stream_logs(follow=follow, lines=lines)
        except StepError as error:
            raise CommandError(str(error)) from error

    def env(self, plan: Plan) -> list[Variable]:
        """Return the variables of the container that serves."""
        engine = Engine(plan, _silent)
        running = _list_or_fail(engine, "web")
        found = engine.inspect(running[0]) if running else None
        pairs = ((found or {}).get("Config") or {}).get("Env") or []
        there = dict(pair.partition("=")[::2] for pair in pairs)
        known = found is not None
        plain = [
            Variable(name, "plain", name in there if known else None, there.get(name, ""))
            for name in plan.config.env
        ]
        secret = [
            Variable(name, "secret", bool(there.get(name)) if known else None)
            for name in plan.config.secrets
        ]
        return plain + secret


def _list_or_fail(engine: Engine, service: str) -> list[str]:
    try:
        return engine.list_containers(service, every=True)
    except StepError as error:
        raise CommandError(str(error)) from error


def _change(engine: Engine, tag: str, prepare: Callable[[Switch], str]) -> Outcome:
    """Change to a version, or leave everything as it was.

    Args:
        engine: Docker.
        tag: The version.
        prepare: Gets the image and migrates; returns the version to go back to later.
    """
    try:
        switch = Switch(engine, tag)
    except StepError as error:
        return Outcome("failed", str(error))
    try:
        previous = prepare(switch)
        switch.start(previous)
        switch.wait()
        switch.start_proxy()
    except StepError as error:
        return _take_back(switch, str(error))
    except KeyboardInterrupt:
        return _take_back(switch, "it was interrupted")
    try:
        problem = switch.finish()
    except KeyboardInterrupt:
        return Outcome("unknown", "the new version serves, and the old one may not have ended")
    message = f"{engine.plan.config.image}:{tag} serves"
    return Outcome("ready", f"{message}. {problem}" if problem else message, old_serves=False)


def _take_back(switch: Switch, message: str) -> Outcome:
    switch.engine.say("Removing the new containers")
    if not switch.undo():
        message += "; the new containers could not be removed"
        return Outcome("unknown", message)
    return Outcome("failed", message, old_serves=switch.old_serves())


def _get_image(engine: Engine) -> None:
    plan = engine.plan
    if not plan.build:
        _pull(engine, plan.image_ref)
        return
    engine.say(f"Building {plan.image_ref}")
    dockerfile = ["--file", plan.config.dockerfile]
    done = engine.do("build", "--tag", plan.image_ref, *dockerfile, ".", timeout=_BUILDING)
    if not done.ok:
        raise StepError(f"the image could not be built: {done.reason}")


def _pull(engine: Engine, reference: str) -> None:
    engine.say(f"Getting {reference}")
    done = engine.do("pull", reference, timeout=_PULLING)
    if not done.ok:
        raise StepError(f"{reference} could not be got from its registry: {done.reason}")


def _migrate(engine: Engine) -> None:
    engine.say("Applying the migrations")
    arguments = ["run", "--rm", "--no-deps", "-T", "migrate"]
    try:
        done = engine.compose(*arguments, tag=engine.plan.tag)
    except KeyboardInterrupt:  # Only the command has ended, and its container perhaps not.
        raise StepError("it was interrupted during the migrations, which may go on") from None
    if not done.ok:
        raise StepError(f"the migrations failed: {done.reason}")
