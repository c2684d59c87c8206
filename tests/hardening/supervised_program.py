"""The program of `leaving_program`, which grows on demand and tells its version."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.hardening.leaving_program import app

kept: list[bytes] = []


@app.get("/version")
def version() -> str:
    """Return the version that the process was started with."""
    return os.environ.get("VERSION", "")


@app.get("/grow")
def grow(mib: int) -> int:
    """Keep some memory, once in a process; return the number of the process."""
    if not kept:
        kept.append(b"\1" * (mib * 1024 * 1024))
    return os.getpid()


if Path(os.environ.get("WORSE", "/absent")).exists():
    sys.stdout.write("It is worse now.\n")
    sys.stdout.flush()
    exec(os.environ["HOW"])
