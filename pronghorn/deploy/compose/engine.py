"""Ask Docker, through its command."""

from __future__ import annotations

import json
from typing import Any

from pronghorn.deploy.compose.document import PREVIOUS, TAG, TAG_LABEL, project_of
from pronghorn.deploy.target import Plan, Say
from pronghorn.deploy.tool import Finished, find, run, stream

__all__ = ["Engine", "StepError"]

#: Seconds for a question that Docker answers at once.
_QUESTION = 30.0
_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"


class StepError(Exception):
    """A step of a release has failed; `str(error)` is a sentence for the user."""


class Engine:
    """Docker, for one service.

    Args:
        plan: The plan.
        say: Prints a line.
    """

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.say = say

    # --- questions --------------------------------------------------------------------------------

    def ask(self, *arguments: str, timeout: float = _QUESTION) -> Finished:
        """Run a command that changes nothing."""
        return run(["docker", *arguments], timeout=timeout, folder=self.plan.folder)

    def list_containers(
        self, service: str, *, every: bool = False, tag: str | None = None
    ) -> list[str]:
        """Return the ids of the containers of a service.

        Args:
            service: Its name in the compose file.
            every: Also those that have ended.
            tag: Only those of this version.

        Raises:
            StepError: Docker does not answer.
        """
        project = f"label={_PROJECT}={project_of(self.plan)}"
        filters = ["--filter", project, "--filter", f"label={_SERVICE}={service}"]
        every_one = ["--all"] if every else []
        # `run` makes containers of a service too, which serve nobody.
        filters += ["--filter", "label=com.docker.compose.oneoff=False"]
        if tag is not None:
            filters += ["--filter", f"label={TAG_LABEL}={tag}"]
        found = self.ask("ps", "--quiet", "--no-trunc", *every_one, *filters)
        if not found.ok:
            raise StepError(f"Docker does not answer: {found.reason}")
        return found.out.split()

    def inspect(self, identifier: str) -> dict[str, Any] | None:
        """Return what Docker knows of a container: nothing if it is gone, None if nobody says."""
        found = self.ask("inspect", "--type", "container", "--format", "{{json .}}", identifier)
        if not found.ok:
            return {} if "no such" in found.err.lower() else None
        try:
            document = json.loads(found.out)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    def label_of(self, identifier: str, label: str) -> str:
        """Return a label of a container; empty if it has none."""
        document = self.inspect(identifier) or {}
        labels = document.get("Config", {}).get("Labels") or {}
        return str(labels.get(label, ""))

    def has_image(self, reference: str) -> bool:
        """Return whether an image is on the host."""
        return self.ask("image", "inspect", "--format", "{{.Id}}", reference).ok

    def last_lines(self, identifier: str, lines: int) -> list[str]:
        """Return the end of the log of a container."""
        found = self.ask("logs", "--tail", str(lines), identifier)
        return [line for line in (found.out + "\n" + found.err).splitlines() if line.strip()]

    # --- changes ----------------------------------------------------------------------------------

    def do(self, *arguments: str, timeout: float | None = None) -> Finished:
        """Run a command, and print what it says."""
        return run(
            ["docker", *arguments], timeout=timeout, say=self._indent, folder=self.plan.folder
        )

    def compose(
        self, *arguments: str, tag: str, previous: str = "", timeout: float | None = None
    ) -> Finished:
        """Run a command of Compose that starts containers.

        The values of secrets are in the environment of that command only.

        Args:
            arguments: The command.
            tag: The version.
            previous: The version before.
            timeout: Seconds that it may take.
        """
        variables = {**self.plan.secrets, TAG: tag, PREVIOUS: previous}
        command = ["docker", *self._compose(), *arguments]
        return run(
            command, env=variables, timeout=timeout, say=self._indent, folder=self.plan.folder
        )

    def remove(self, identifiers: list[str]) -> bool:
        """Remove containers, also running ones; return whether that worked."""
        return not identifiers or self.ask("rm", "--force", *identifiers, timeout=60).ok

    def stream_logs(self, *, follow: bool, lines: int) -> int:
        """Print the logs of all containers; return the exit code.

        Raises:
            StepError: docker has no Compose, and would print how it is called.
        """
        if find("docker") is not None and not self.ask("compose", "version", "--short").ok:
            raise StepError("docker has no Compose; install the package docker-compose-plugin")
        following = ["--follow"] if follow else []
        command = [*self._compose(), "logs", "--tail", str(lines), *following]
        return stream(["docker", *command], folder=self.plan.folder)

    def _compose(self) -> list[str]:
        file = self.plan.config.compose.file
        return ["compose", "--project-name", project_of(self.plan), "--file", file]

    def _indent(self, line: str) -> None:
        if line.strip():
            self.say(f"  {line}")
