"""Platforms have much in common: we write their file, and they do the rest."""

from __future__ import annotations

import json
import shlex
from abc import ABC, abstractmethod
from typing import ClassVar

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.deploy.target import Outcome, Plan, PlannedFile, Say, Variable

__all__ = ["Platform", "toml_text"]


class Platform(ABC):
    """A platform.

    Attributes:
        name: Its name on the command line.
        title: Its name for people.
        takes_secrets: The values of secrets are set on the platform, not here.
        commands: Its own commands, by the name of ours; `{name}` and `{where}` are filled in.
    """

    name: str
    title: str
    takes_secrets = False
    commands: ClassVar[dict[str, str]]

    def check(self, plan: Plan) -> list[str]:
        """Return what is wrong for this platform."""
        return []

    @abstractmethod
    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the files to write."""

    @abstractmethod
    def next_steps(self, plan: Plan) -> list[str]:
        """Return what the user does next, one line each."""

    def release(self, plan: Plan, say: Say) -> Outcome:
        """Say what to do next: this platform is not called."""
        say(f"What is left to do, with {self.title}:")
        for step in self.next_steps(plan):
            say(f"  {step}")
        return Outcome("written", f"The files for {self.title} are written; nothing was sent to it")

    def rollback(self, plan: Plan, say: Say) -> Outcome:
        """Refuse: the platform has a command for it."""
        raise self._refuse("rollback", plan)

    def status(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Refuse: the platform has a command for it."""
        raise self._refuse("status", plan)

    def logs(self, plan: Plan, *, follow: bool, lines: int) -> int:
        """Refuse: the platform has a command for it."""
        raise self._refuse("logs", plan)

    def env(self, plan: Plan) -> list[Variable]:
        """Refuse: the platform has a command for it."""
        raise self._refuse("env", plan)

    def where(self, plan: Plan) -> str:
        """Return the options of its own command that say where the service is."""
        return ""

    def _refuse(self, what: str, plan: Plan) -> CommandError:
        write = self.commands[what].format(name=plan.config.name, where=self.where(plan))
        return CommandError(
            f"pronghorn only writes the files of {self.title}",
            f"Write: {write}",
            exit_code=USAGE,
        )


def shell(argv: list[str]) -> str:
    """Return a command as a shell reads it."""
    return shlex.join(argv)


def toml_text(comment: str, tables: list[tuple[str, dict[str, object]]]) -> str:
    """Return a TOML document.

    Args:
        comment: Lines for the reader.
        tables: The head of each table, such as `[env]`, and its values; the first head is empty.
            Tables without values are left out.
    """
    parts = ["".join(f"# {line}\n" for line in comment.splitlines())]
    for head, values in tables:
        lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items()]
        if lines:
            parts.append("\n".join([*([head] if head else []), *lines]) + "\n")
    return "\n".join(parts)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return _text(str(value))


def _text(value: str) -> str:
    """Return a basic string of TOML, which knows the escapes of JSON."""
    # JSON leaves DEL as it is, which TOML forbids.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
