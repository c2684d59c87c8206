"""A target of `pronghorn deploy`: all that it can do, and all that it is told."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol
from urllib.parse import quote, quote_plus, unquote, urlsplit

from pronghorn.deploy.config import DeployConfig

__all__ = ["TARGETS", "Outcome", "Plan", "PlannedFile", "Say", "Target", "Variable", "load_target"]

Say = Callable[[str], None]
"""Prints one line for the user; hides the values of secrets."""

TARGETS = {
    "compose": "pronghorn.deploy.compose:Compose",
    "kubernetes": "pronghorn.deploy.kubernetes:Kubernetes",
    "kamal": "pronghorn.deploy.kamal:Kamal",
    "fly": "pronghorn.deploy.platforms:Fly",
    "cloud-run": "pronghorn.deploy.platforms:CloudRun",
    "railway": "pronghorn.deploy.platforms:Railway",
    "render": "pronghorn.deploy.platforms:Render",
}
"""The class of each target as `module:name`; none is imported before it is used."""

MASK = "**********"
# A shorter value, such as `1`, would be found in texts that have nothing to do with it.
_SHORTEST_HIDDEN = 4
_SHORTEST_LINE = 12


@dataclass(frozen=True)
class Plan:
    """Everything that is known when the check is over.

    Attributes:
        config: The configuration.
        folder: The folder of the project.
        tag: The version: the short hash of the commit, or the time.
        app: The application as `module:name`.
        factory: The name is a function that makes the application.
        migrate: Run the migrations before the new version serves.
        secrets: The values of those secrets that the environment of the command has.
        build: Build the image; otherwise it is in the registry.
        timeout: Seconds in which the new version has to be ready.
    """

    config: DeployConfig
    folder: Path
    tag: str
    app: str
    factory: bool = False
    migrate: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    build: bool = True
    timeout: float = 180.0

    @property
    def image_ref(self) -> str:
        """The image with its tag."""
        return f"{self.config.image}:{self.tag}"

    @property
    def missing_secrets(self) -> list[str]:
        """The names of the secrets without a value here."""
        return [name for name in self.config.secrets if not self.secrets.get(name)]

    @property
    def web_command(self) -> list[str]:
        """The command that serves the application on `port`, in its container."""
        return self.serve_command(["--port", str(self.config.port)])

    @property
    def probed_command(self) -> list[str]:
        """`web_command` for platforms that restart a container whose live probe fails.

        A single worker needs no process there that watches it, with a second copy of the program.
        """
        command, one = self.web_command, ["--workers", "1"]
        at = command.index(one[0])
        return command[:at] + command[at + 2 :] if command[at : at + 2] == one else command

    def serve_command(self, port: list[str]) -> list[str]:
        """Return the command that serves the application.

        Args:
            port: The option of the port; empty for platforms that set the variable `PORT`.
        """
        drain = min(5, self.config.grace // 5)
        # After the drain requests end, and then the lifespan, before the process is killed.
        requests = max(1, self.config.grace - drain - _REST)
        ending = ["--drain", str(drain), "--timeout-graceful-shutdown", str(requests)]
        listen = ["--host", "0.0.0.0", *port]  # noqa: S104 - the network is that of the container
        workers = ["--workers", str(self.config.workers)]
        return ["pronghorn", "run", *self._name_app(), *listen, *workers, *ending, *_LOGS]

    @property
    def jobs_command(self) -> list[str]:
        """The command that runs the jobs; its probes are on `jobs_health_port`."""
        probes = ["--health-port", str(self.jobs_health_port)]
        ending = ["--grace", str(max(1, self.config.grace - _REST_OF_JOBS))]
        return ["pronghorn", "jobs", "run", *self._name_app(), *probes, *ending, *_LOGS]

    @property
    def migrate_command(self) -> list[str]:
        """The command that applies the migrations."""
        return ["pronghorn", "db", "upgrade", *self._name_app()]

    @property
    def jobs_health_port(self) -> int:
        """The port on which a container of jobs answers `/live` and `/ready`."""
        return 9000 if self.config.port != 9000 else 9001

    def hide(self, text: str) -> str:
        """Return a text in which the values of the secrets are masked."""
        found = {part for value in self.secrets.values() for part in _parts_of(value)}
        hidden = {form for part in found for form in _forms_of(part)}
        for part in sorted(hidden, key=len, reverse=True):
            text = text.replace(part, MASK)
        return text

    def _name_app(self) -> list[str]:
        factory = ["--factory"] if self.factory else []
        return [self.app, *factory, *(["--as-fastapi"] if self.config.as_fastapi else [])]


#: Seconds of `grace` that are left when the last request or job had to end: the lifespan has them.
_REST = 14
_REST_OF_JOBS = 10
_LOGS = ["--log-format", "json"]


def _parts_of(value: str) -> Iterator[str]:
    """Yield what must not be printed of a secret: it, each of its lines, the password of a URL."""
    if len(value) >= _SHORTEST_HIDDEN:
        yield value
    yield from (line for line in value.splitlines() if len(line) >= _SHORTEST_LINE)
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return
    for text in (password, unquote(password)):
        if len(text) >= _SHORTEST_HIDDEN:
            yield text


def _forms_of(text: str) -> set[str]:
    """Return a text as it is, and as programs print it: quoted in an error, in JSON or in a URL."""
    encoded = base64.b64encode(os.fsencode(text)).decode()
    in_json = (json.dumps(text), json.dumps(text, ensure_ascii=False))
    quoted = {one[1:-1] for one in (repr(text), ascii(text), *in_json)}
    errors = {"errors": "surrogateescape"}
    in_urls = {quote(text, safe="", **errors), quote(text, **errors), quote_plus(text, **errors)}
    return {text, encoded, *quoted, *in_urls}


@dataclass(frozen=True)
class PlannedFile:
    """A file to write.

    Attributes:
        path: Its path in the project.
        text: Its content, without the line that says who wrote it.
    """

    path: PurePosixPath
    text: str


@dataclass(frozen=True)
class Outcome:
    """The end of a release or of a rollback.

    Attributes:
        state: `ready`: the new version serves. `failed`: it does not. `unknown`: nobody could find
            out. `written`: the files are there, and somebody else does the rest.
        message: One sentence for the user.
        old_serves: Whether the old version serves requests; None if that is not known, or if there
            is no old version.
    """

    state: Literal["ready", "failed", "unknown", "written"]
    message: str
    old_serves: bool | None = None


@dataclass(frozen=True)
class Variable:
    """A variable of the service, for `pronghorn deploy env`.

    Attributes:
        name: Its name.
        kind: `plain` or `secret`.
        is_set: Whether the running version has it; None if that is not known.
        value: The value of a plain one; empty for a secret.
    """

    name: str
    kind: Literal["plain", "secret"]
    is_set: bool | None
    value: str = ""


class Target(Protocol):
    """Something that runs services.

    Its class is made without arguments. No method prints: `say` takes lines, and errors that the
    user has to correct are a `pronghorn.cli.errors.CommandError`.

    Attributes:
        name: Its name on the command line.
        takes_secrets: `release` needs the values of all secrets in `Plan.secrets`.
    """

    name: str
    takes_secrets: bool

    def check(self, plan: Plan) -> list[str]:
        """Return what is wrong for this target, one sentence each; touches nothing."""
        ...

    def files(self, plan: Plan) -> list[PlannedFile]:
        """Return the files to write. They depend on the configuration, never on a secret."""
        ...

    def release(self, plan: Plan, say: Say) -> Outcome:
        """Build, migrate, start the new version, wait until it is ready, and undo it otherwise."""
        ...

    def rollback(self, plan: Plan, say: Say) -> Outcome:
        """Return to the version before, or to `Plan.tag` if that is not empty."""
        ...

    def status(self, plan: Plan) -> list[tuple[str, str, str]]:
        """Return part, state and detail of what runs."""
        ...

    def logs(self, plan: Plan, *, follow: bool, lines: int) -> int:
        """Stream the logs to standard output.

        Args:
            plan: The plan.
            follow: Go on until an interrupt.
            lines: How many lines of each container at first.

        Returns:
            An exit code.
        """
        ...

    def env(self, plan: Plan) -> list[Variable]:
        """Return the variables of the running version."""
        ...


def load_target(name: str) -> Target:
    """Return a target.

    Args:
        name: One of `TARGETS`.
    """
    module, _, attribute = TARGETS[name].partition(":")
    target: Target = getattr(import_module(module), attribute)()
    return target
