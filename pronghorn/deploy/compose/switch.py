"""Start new containers beside the old ones, wait until they are ready, and end the old ones."""

from __future__ import annotations

import time
from typing import Any

from pronghorn.deploy.compose.document import TAG_LABEL
from pronghorn.deploy.compose.engine import Engine, StepError

__all__ = ["SETTLE", "Switch"]

SETTLE = 3.0
"""Seconds in which the proxy finds new containers: each second it asks for addresses and probes."""

_PAUSE = 1.0
_LOG_LINES = 12
_SERVICES = ("jobs", "web")
_STARTING = 300.0


class Switch:
    """One change from an old version to a new one.

    Args:
        engine: Docker.
        tag: The new version.

    Attributes:
        old: The containers of the old version, by service.
        new: Those of the new version.
        starting: The service whose containers are being started.

    Raises:
        StepError: Docker does not answer.
    """

    def __init__(self, engine: Engine, tag: str) -> None:
        self.engine = engine
        self.tag = tag
        self.old = {service: engine.list_containers(service) for service in _SERVICES}
        self.new: dict[str, list[str]] = {}
        self.starting = ""
        self._proxies = engine.list_containers("proxy")

    @property
    def has_old(self) -> bool:
        """Whether an old version serves."""
        return bool(self.old["web"])

    def old_tag(self) -> str:
        """Return the old version; empty if there is none."""
        return self.engine.label_of(self.old["web"][0], TAG_LABEL) if self.has_old else ""

    def old_serves(self) -> bool | None:
        """Return whether the old version serves at this moment.

        Returns:
            None if there was none, or if nobody knows: a proxy that was replaced may not reach it,
            such as after a change of `port`.
        """
        if not self.has_old:
            return None
        try:
            proxies = self.engine.list_containers("proxy")
        except StepError:
            return None
        if not proxies:
            return False
        through = [self._reads(one) for one in proxies]
        behind = [self._reads(one) for one in self.old["web"]]
        if set(behind) == {"ended"}:
            return False
        is_reached = proxies == self._proxies and "ready" in through
        return True if is_reached and {"ready", "starting"} & set(behind) else None

    def _reads(self, identifier: str) -> str:
        found = self.engine.inspect(identifier)
        return _read(found)[0] if found is not None else "unknown"

    def start(self, previous: str) -> None:
        """Start the new containers.

        Args:
            previous: The version to which a rollback of the new one returns.

        Raises:
            StepError: Docker could not start one.
        """
        wanted = {"jobs": self.engine.plan.config.jobs, "web": 1}
        for service in [name for name in _SERVICES if wanted[name]]:
            self._remove_ended(service)
            self.starting = service
            number = len(self.old[service]) + wanted[service]
            scale = ["--scale", f"{service}={number}"]
            arguments = ["--detach", "--no-deps", "--no-recreate", *scale, service]
            done = self.engine.compose(
                "up", *arguments, tag=self.tag, previous=previous, timeout=_STARTING
            )
            self._note_new(service)
            if not done.ok:
                raise StepError(f"the container of {service} could not be started: {done.reason}")
            if not self.new[service]:
                raise StepError(f"Docker made no new container of {service}")

    def _remove_ended(self, service: str) -> None:
        """Remove containers that have ended; Compose would start them again, as the old version."""
        ended = set(self.engine.list_containers(service, every=True)) - set(self.old[service])
        self.engine.remove(sorted(ended))

    def _note_new(self, service: str) -> None:
        """Note what was started; another deploy at the same time has another tag."""
        found = self.engine.list_containers(service, every=True, tag=self.tag)
        self.new[service] = [one for one in found if one not in self.old[service]]
        self.starting = ""

    def wait(self) -> None:
        """Return when all new containers are ready.

        Raises:
            StepError: One has ended, or was not ready in time.
        """
        seconds = self.engine.plan.timeout
        until = time.monotonic() + seconds
        for service, identifiers in self.new.items():
            for identifier in identifiers:
                self._wait_for(service, identifier, until, seconds)

    def start_proxy(self) -> None:
        """Start the proxy, or replace it if its configuration has changed, and wait for it.

        Raises:
            StepError: It could not be started, or does not reach the service.
        """
        done = self.engine.compose(
            "up", "--detach", "--no-deps", "proxy", tag=self.tag, timeout=_STARTING
        )
        if not done.ok:
            raise StepError(f"the proxy could not be started: {done.reason}")
        until = time.monotonic() + self.engine.plan.timeout
        for identifier in self.engine.list_containers("proxy"):
            self._wait_for("proxy", identifier, until, self.engine.plan.timeout)

    def _wait_for(self, service: str, identifier: str, until: float, seconds: float) -> None:
        reason = "Docker does not answer"
        while True:
            found = self.engine.inspect(identifier)
            if found is not None:
                state, reason = _read(found)
                if state == "ready":
                    self.engine.say(f"{service} is ready")
                    return
                if state == "ended":
                    self._show_log(service, identifier)
                    raise StepError(f"the new container of {service} {reason}")
            if time.monotonic() > until:
                self._show_log(service, identifier)
                raise StepError(
                    f"the new container of {service} was not ready within {seconds:g} seconds: "
                    f"{reason}"
                )
            time.sleep(_PAUSE)

    def _show_log(self, service: str, identifier: str) -> None:
        lines = self.engine.last_lines(identifier, _LOG_LINES)
        if lines:
            self.engine.say(f"The last lines of {service}:")
        for line in lines[-_LOG_LINES:]:
            self.engine.say(f"  {line}")

    def finish(self) -> str:
        """End the old containers, which finish their requests first.

        Returns:
            A sentence about what did not work; empty if everything did.
        """
        old = [*self.old["web"], *self.old["jobs"]]
        if not old:
            return ""
        self.engine.say("Ending the old version, which finishes its requests")
        if self.old["web"]:
            time.sleep(SETTLE)
        grace = self.engine.plan.config.grace
        # The long name of this option is another one since Docker 28.
        done = self.engine.do("stop", "-t", str(grace), *old, timeout=grace + 60)
        if done.ok and self.engine.remove(old):
            return ""
        return "The old version could not be ended; look with: pronghorn deploy status"

    def undo(self) -> bool:
        """Remove the new containers; return whether that worked."""
        if self.starting:
            try:
                self._note_new(self.starting)
            except StepError:
                return False
        return self.engine.remove([one for ids in self.new.values() for one in ids])


def _read(container: dict[str, Any]) -> tuple[str, str]:
    """Return `ready`, `starting` or `ended`, and why."""
    if not container:
        return "ended", "was removed by somebody else"
    state = container.get("State") or {}
    status = str(state.get("Status", ""))
    if status in {"exited", "dead", "restarting"} or container.get("RestartCount"):
        return "ended", f"ended with exit code {state.get('ExitCode')}"
    health = state.get("Health") or {}
    if health.get("Status") == "healthy":
        return "ready", ""
    log = health.get("Log") or []
    lines = [line for line in str(log[-1].get("Output", "")).splitlines() if line] if log else []
    return "starting", lines[-1].strip() if lines else f"it is {status}"
