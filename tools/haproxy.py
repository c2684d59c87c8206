"""Find HAProxy for the tests of deploys, and install it where that is allowed.

python tools/haproxy.py   # prints the path of the program
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ADVICE = """This needs HAProxy, not found here. Install it, on Debian or Ubuntu with

    sudo apt-get install haproxy

or name the program: make ha HAPROXY=/path/to/haproxy"""
#: While it says no, Debian's package does not start a proxy of its own.
POLICY = Path("/usr/sbin/policy-rc.d")
#: A user without rights often has no folders of administrators on the `PATH`.
FOLDERS = ("/usr/sbin", "/usr/local/sbin")


class MissingHAProxyError(Exception):
    """There is no HAProxy; the message says what to do."""


def find_program() -> str | None:
    """Return the path of the program: `HAPROXY`, or the one on the `PATH`."""
    chosen = os.environ.get("HAPROXY")
    if chosen:
        return chosen if os.access(chosen, os.X_OK) else None
    path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    return shutil.which("haproxy", path=path)


def prepare_program() -> str:
    """Return the path of the program, which apt installs if the user may do that.

    Raises:
        MissingHAProxyError: There is none, and it cannot be installed here.
    """
    program = find_program()
    chosen = os.environ.get("HAPROXY")
    if program is None and chosen:
        raise MissingHAProxyError(f"HAPROXY={chosen} is not a program.")
    if program is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with Path(tempfile.gettempdir(), "pronghorn-haproxy.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Sections of `.ci/run` may ask at the same time.
            program = find_program() or _install()
    if program is None:
        raise MissingHAProxyError(ADVICE)
    return program


def _install() -> str | None:
    print("Installing HAProxy (once) ...", file=sys.stderr, flush=True)
    is_ours = not POLICY.exists()
    if is_ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        POLICY.chmod(0o755)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "haproxy"]):
        subprocess.run(
            ["apt-get", "--quiet", "-oDPkg::Lock::Timeout=300", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    if is_ours:
        POLICY.unlink()
    return find_program()


def read_version(program: str) -> str:
    """Return the version of a program, such as `2.6.12`."""
    done = subprocess.run([program, "-v"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+(?:\.\d+)*)", done.stdout)
    return found[1] if found else "?"


def main() -> None:
    """Print the path of the program."""
    try:
        print(prepare_program())
    except MissingHAProxyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
