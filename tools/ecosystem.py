"""Run programs on libraries that build on FastAPI, with pronghorn in FastAPI's place.

    make ecosystem
    make ecosystem ARGS="sentry optimade"       only these
    make ecosystem ARGS=--reference             on FastAPI itself: are the programs right?

Each file of `tests/ecosystem` is a program on one library. It runs in a process of its own, since
many libraries replace functions of the framework for good. Each folder of
`tests/ecosystem/applications` is an application whose own tests are run (`tools/applications.py`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import applications
from tools.compared import find_uncompared
from tools.environment import (
    PreparationError,
    create,
    fingerprint,
    is_current,
    python_of,
    read_pyproject,
)

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-ecosystem"
PROGRAMS = ROOT / "tests" / "ecosystem"
REQUIREMENTS = PROGRAMS / "requirements.txt"


def read_requirements() -> list[str]:
    """Return the requirements of all programs, without comments."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]


def prepare_environment() -> Path:
    """Make the environment with the libraries and pronghorn; return its interpreter."""
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    standard = project["optional-dependencies"]["standard"]
    stamp = fingerprint([read_requirements(), project["dependencies"], standard, str(ROOT)])
    if not is_current(ENVIRONMENT, stamp):
        create(ENVIRONMENT, ["--editable", f"{ROOT}[standard]", *read_requirements()], stamp)
    return python_of(ENVIRONMENT)


def programs(names: Sequence[str]) -> list[Path]:
    """Return the test files whose name contains one of these words; all without any."""
    files = sorted(PROGRAMS.glob("test_*.py"))
    return [file for file in files if not names or any(name in file.stem for name in names)]


def suites(names: Sequence[str]) -> list[applications.Suite]:
    """Return the applications whose name contains one of these words; all without any."""
    known = applications.all_suites()
    return [suite for suite in known if not names or any(name in suite.name for name in names)]


def check_names(names: Sequence[str]) -> None:
    """Reject a word that occurs in the name of no program and no application.

    Raises:
        PreparationError: The message lists the existing names.
    """
    known = [file.stem.removeprefix("test_") for file in programs([])]
    known += [suite.name for suite in suites([])]
    for name in names:
        if not any(name in each for each in known):
            listed = ", ".join(known)
            raise PreparationError(f"No program is called {name!r}. There are: {listed}.")


def command(python: Path, file: Path, *, reference: bool) -> list[str]:
    """Return the command line that runs one program."""
    framework = ["--noconftest"] if reference else ["-p", "pronghorn.as_fastapi"]
    options = ["-q", "-W", "ignore", "-p", "no:cacheprovider", "--tb=short"]
    return [str(python), "-m", "pytest", *framework, *options, str(file)]


def run(python: Path, file: Path, *, reference: bool) -> bool:
    """Run one program and print its result; its whole output only if it fails."""
    result = subprocess.run(
        command(python, file, reference=reference),
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    passed = result.returncode == 0
    if not passed:
        print(result.stdout)
    summary = result.stdout.strip().splitlines()[-1] if result.stdout.strip() else "no output"
    name = file.stem.removeprefix("test_").replace("_", "-")
    print(f"{'passed' if passed else 'FAILED'}  {name:<24} {summary.strip('= ')}", flush=True)
    return passed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the programs named on the command line, or all. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="parts of the names of programs")
    parser.add_argument("--reference", action="store_true", help="run them on FastAPI itself")
    options = parser.parse_args(arguments)
    try:
        check_names(options.names)
        failed = run_all(options.names, reference=options.reference)
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if failed else 0


def run_all(names: Sequence[str], *, reference: bool) -> int:
    """Run the chosen programs and applications, and return how many failed."""
    chosen = programs(names)
    python = prepare_environment() if chosen else Path()
    results = [run(python, file, reference=reference) for file in chosen]
    results += [applications.run(suite, reference=reference) for suite in suites(names)]
    print(f"{sum(results)} of {len(results)} programs and applications passed.")
    for file in () if reference else chosen:
        for sentence in find_uncompared(python, file.stem):
            print(f"NOTICE  {sentence}")
    return len(results) - sum(results)


if __name__ == "__main__":
    sys.exit(main())
