"""Find programs of others that the tests need, and install them where that is allowed.

python -m tools.programs haproxy sshd   # prints their paths
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ADVICE = """This needs {title}, and none of these is on the PATH: {names}.
Install it, on Debian or Ubuntu with

    sudo apt-get install {package}

or name the program in the variable {variable}, such as {variable}=/path/to/{name}"""
#: A user without rights often has no folders of administrators on the `PATH`.
FOLDERS = ("/usr/sbin", "/usr/local/sbin")
#: While it says no, Debian's packages start no servers on the ports of everybody's servers.
POLICY = Path("/usr/sbin/policy-rc.d")


class MissingProgramError(Exception):
    """A program is not here; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """A program of a package of Debian.

    Attributes:
        title: How its makers call it.
        package: The package that has it.
        variable: The variable of the environment that names another one.
        names: The names that it may have, the best first.
    """

    title: str
    package: str
    variable: str
    names: tuple[str, ...]

    def find(self) -> str | None:
        """Return the path of the program: the one that the variable names, or the first."""
        path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
        chosen = os.environ.get(self.variable)
        names = (chosen,) if chosen else self.names
        return next((found for name in names if (found := shutil.which(name, path=path))), None)

    def prepare(self) -> str:
        """Return the path of the program, which apt installs if the user may do that.

        Raises:
            MissingProgramError: It is not here, and cannot be installed.
        """
        program = self.find()
        chosen = os.environ.get(self.variable)
        if program is None and chosen:
            raise MissingProgramError(f"{self.variable}={chosen} is not a program.")
        if program is None and may_install():
            with one_at_a_time(self.package):
                if (program := self.find()) is None:
                    install(self.package)
                    program = self.find()
        if program is None:
            raise MissingProgramError(self._advice())
        return program

    def _advice(self) -> str:
        return ADVICE.format(
            title=self.title,
            names=", ".join(self.names),
            package=self.package,
            variable=self.variable,
            name=self.names[0],
        )


PROGRAMS = {
    "chromium": Program(
        "Chromium",
        "chromium",
        "CHROMIUM",
        ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    ),
    "haproxy": Program("HAProxy", "haproxy", "HAPROXY", ("haproxy",)),
    "redis": Program("Redis or Valkey", "redis-server", "REDIS", ("redis-server", "valkey-server")),
    "sshd": Program("the server of OpenSSH", "openssh-server", "SSHD", ("sshd",)),
}


def may_install() -> bool:
    """Return whether this user may install packages of Debian."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold a lock of this machine: sections of `.ci/run` may ask for one thing together.

    Args:
        name: What the lock is for.
    """
    with Path(tempfile.gettempdir(), f"pronghorn-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(*packages: str) -> None:
    """Install packages of Debian, and start none of their servers. What apt says goes to stderr.

    Args:
        packages: Their names. Whether they are here afterwards is for the caller to find out.
    """
    print(f"Installing {' and '.join(packages)} (once) ...", file=sys.stderr, flush=True)
    with _no_servers():
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(
                ["apt-get", "--quiet", "-oDPkg::Lock::Timeout=300", *command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )


@contextmanager
def _no_servers() -> Iterator[None]:
    if POLICY.exists():  # Somebody has decided that already.
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def main(names: Sequence[str]) -> None:
    """Print the paths of the programs that are named."""
    unknown = [name for name in names if name not in PROGRAMS]
    if unknown or not names:
        sys.exit(f"These can be named: {', '.join(PROGRAMS)}; not {', '.join(unknown) or 'none'}.")
    try:
        for name in names:
            print(PROGRAMS[name].prepare())
    except MissingProgramError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
