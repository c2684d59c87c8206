"""Kamal as a target of `pronghorn deploy`."""

from __future__ import annotations

import shlex

from pronghorn.deploy import tool
from pronghorn.deploy.kamal.checking import find_problems
from pronghorn.deploy.kamal.files import plan_files
from pronghorn.deploy.kamal.program import Program
from pronghorn.deploy.kamal.reading import read_containers
from pronghorn.deploy.kamal.release import release, rollback
from pronghorn.deploy.kamal.settings import PASSWORD, WEB
from pronghorn.deploy.target import Outcome, Plan, PlannedFile, Say, Variable

__all__ = ["Kamal"]

# Prints names only, each behind a word that no other line of Kamal begins with.
_LIST_NAMES = "import os; print(*('variable:' + name for name in os.environ), sep=chr(10))"


class Kamal:
    """Own servers, by SSH.

    Attributes:
        name: Its name on the command line.
        takes_secrets: Kamal writes the values of the secrets onto the servers.
    """

    name = "kamal"
    takes_secrets = True

    def check(self, plan: Plan) -> list[str]:
        """Return what is wrong for Kamal, one sentence each."""
        return find_problems(plan)

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the files of Kamal."""
        return plan_files(plan)

    def release(self, plan: Plan, say: Say) -> Outcome:
        """Build, migrate, start the new version, wait until it is ready, and undo it otherwise."""
        return release(plan, say)

    def rollback(self, plan: Plan, say: Say) -> Outcome:
        """Return to the version before, or to `Plan.tag` if that is not empty."""
        return rollback(plan, say)

    def status(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Return role and server, state, and version of each container that runs.

        Raises:
            CommandError: A server could not be asked.
        """
        containers = read_containers(Program(plan).ask("app", "details"), plan.config)
        return [
            (
                f"{one.role} on {one.host}",
                "running" if one.runs else "failing",
                f"{one.version}, {one.status}",
            )
            for one in containers
        ]

    def logs(self, plan: Plan, *, follow: bool, lines: int) -> int:
        """Stream the logs to standard output.

        Args:
            plan: The plan.
            follow: Go on until an interrupt; Kamal follows the first server only.
            lines: How many lines of each server at first.

        Returns:
            The exit code of Kamal.
        """
        program = Program(plan)
        arguments = ["app", "logs", f"--lines={lines}", *(["--follow"] if follow else [])]
        return tool.stream(program.command(*arguments), env=program.environment, folder=plan.folder)

    def env(self, plan: Plan) -> list[Variable]:
        """Return the variables of the version that runs on the first server.

        Raises:
            CommandError: The server could not be asked.
        """
        config = plan.config
        # One argument: a shell on the server reads it.
        command = shlex.join(["python", "-c", _LIST_NAMES])
        text = Program(plan).ask("app", "exec", "--reuse", "--primary", f"--roles={WEB}", command)
        there = {
            line.strip().removeprefix("variable:")
            for line in text.splitlines()
            if line.strip().startswith("variable:")
        }
        plain = [
            Variable(name, "plain", name in there, value) for name, value in config.env.items()
        ]
        secret = [
            Variable(name, "secret", name in there) for name in config.secrets if name != PASSWORD
        ]
        return [*plain, *secret]
