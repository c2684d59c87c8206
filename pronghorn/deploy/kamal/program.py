"""Run the commands of Kamal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.kamal.checking import find_password
from pronghorn.deploy.kamal.reading import explain, read_versions, strip_colours
from pronghorn.deploy.kamal.settings import PASSWORD
from pronghorn.deploy.target import MASK, Plan, Say
from pronghorn.deploy.tool import Finished, run

__all__ = ["Program"]

#: A version for commands that need none.
NO_VERSION = "none"
#: Seconds for a question to the servers, such as which version runs.
SECONDS_TO_ASK = 60.0


@dataclass(frozen=True)
class Program:
    """Kamal with the configuration of a plan.

    Attributes:
        plan: The plan.
    """

    plan: Plan

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that `.kamal/secrets` reads; nothing of them is on a command line."""
        password = find_password(self.plan)
        return {**self.plan.secrets, **({PASSWORD: password} if password else {})}

    def command(self, *arguments: str) -> list[str]:
        """Return a command line.

        Kamal wants a version for every command, and asks git for it; a project may be without.
        """
        version = f"--version={self.plan.tag or NO_VERSION}"
        return ["kamal", *arguments, version, "--config-file", self.plan.config.kamal.file]

    def run(self, *arguments: str, timeout: float, say: Say | None = None) -> Finished:
        """Run a command.

        Args:
            arguments: The command of Kamal.
            timeout: Seconds after which it is ended.
            say: Called with each line.
        """
        told = (lambda line: say(self.hide(strip_colours(line)))) if say is not None else None
        finished = run(
            self.command(*arguments),
            env=self.environment,
            timeout=timeout,
            say=told,
            folder=self.plan.folder,
        )
        out, err = strip_colours(finished.out), strip_colours(finished.err)
        return replace(finished, out=out, err=err)

    def ask(self, *arguments: str) -> str:
        """Return what a command that changes nothing prints.

        Raises:
            CommandError: It failed; the message says why in one sentence.
        """
        finished = self.run(*arguments, timeout=SECONDS_TO_ASK)
        if finished.timed_out:
            raise CommandError(f"the servers did not answer within {SECONDS_TO_ASK:g} seconds")
        if not finished.ok:
            raise CommandError(self.explain(finished))
        return finished.out

    def explain(self, finished: Finished) -> str:
        """Return one sentence about why a command failed, without the value of a secret."""
        return self.hide(explain(finished, self.plan.config))

    def hide(self, text: str) -> str:
        """Return a text without the values of secrets, the password of the registry included."""
        password = find_password(self.plan)
        return self.plan.hide(text.replace(password, MASK) if password else text)

    def read_versions(self, role: str) -> dict[str, str | None]:
        """Return the version that runs on each server of a role.

        Raises:
            CommandError: A server could not be asked.
        """
        return read_versions(self.ask("app", "version", f"--roles={role}"))
