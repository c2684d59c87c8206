"""Find Chromium for the tests of the pages, or install it where that is allowed.

python tools/chromium.py   # prints its path
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ADVICE = """The tests of the pages need Chromium, and none of these is on the PATH: {names}.
Install it, on Debian or Ubuntu with

    sudo apt-get install chromium

or name one that is elsewhere: make browser CHROMIUM=/path/to/chromium"""


class MissingChromiumError(Exception):
    """There is no Chromium; the message says what to do."""


def find_chromium() -> str | None:
    """Return the path of the browser: `CHROMIUM` in the environment, or the first on the PATH."""
    chosen = os.environ.get("CHROMIUM")
    candidates = (chosen,) if chosen else NAMES
    return next((path for name in candidates if (path := shutil.which(name))), None)


def prepare_chromium() -> str:
    """Return the path of the browser, which is installed by apt if the user may do that.

    Raises:
        MissingChromiumError: There is none, and it cannot be installed here.
    """
    path = find_chromium()
    chosen = os.environ.get("CHROMIUM")
    if path is None and chosen:
        raise MissingChromiumError(f"CHROMIUM={chosen} is not a program that can be started.")
    is_administrator = hasattr(os, "geteuid") and os.geteuid() == 0
    if path is None and is_administrator and shutil.which("apt-get"):
        print("Installing Chromium (once) ...", file=sys.stderr, flush=True)
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(
                ["apt-get", "--quiet", *command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
        path = find_chromium()
    if path is None:
        raise MissingChromiumError(ADVICE.format(names=", ".join(NAMES)))
    return path


if __name__ == "__main__":
    try:
        print(prepare_chromium())
    except MissingChromiumError as error:
        sys.exit(str(error))
