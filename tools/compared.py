"""Say when a library has a release that nobody has compared with what pronghorn knows of it.

`pronghorn/middleware/known_instrumentation.py` relies on how Sentry's wrappers behave, for the
releases in its `COMPARED`. Every other release works, and takes a slower way. So
`make ecosystem ARGS=sentry` asks PyPI, through pip, for the newest release.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def read_constant(module: str, name: str) -> Sequence[str]:
    """Return a constant of a module without importing it, as this runs without the packages.

    Raises:
        LookupError: The module has no such constant.
    """
    for node in ast.parse((ROOT / module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            found: Sequence[str] = ast.literal_eval(node.value)
            return found
    raise LookupError(f"{module} has no {name}")


SENTRY = "pronghorn/middleware/known_instrumentation.py"
#: Distribution -> the beginnings of the releases that were compared, and the module that has them.
KNOWN = {"sentry-sdk": (read_constant(SENTRY, "COMPARED"), SENTRY)}


def find_uncompared(python: Path, program: str) -> Iterator[str]:
    """Yield a sentence for each library of a program whose newest release was not compared.

    Args:
        python: An interpreter with pip.
        program: The name of a file of `tests/ecosystem`.
    """
    for name, (compared, module) in KNOWN.items():
        if name.partition("-")[0] not in program:
            continue
        newest = ask_newest(python, name)
        if newest is None:
            yield f"Nobody answers which release of {name} is the newest; {module} was not checked."
        elif not newest.startswith(tuple(compared)):
            yield (
                f"{name} {newest} is released, and {module} knows only "
                f"{', '.join(f'{one}x' for one in compared)}: programs with it take the slower "
                f"way. Read its changes, then follow CONTRIBUTING.md, Names of other packages."
            )


def ask_newest(python: Path, name: str) -> str | None:
    """Return the newest release of a distribution on the package index; None without an answer."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "index", "versions", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.match(rf"{re.escape(name)} \(([^)]+)\)", done.stdout)
    return found[1] if done.returncode == 0 and found else None
