"""Run the test suites of applications on pronghorn, in the versions on the package index.

Each folder of `tests/ecosystem/applications` is one application:

- `suite.toml`: the source distribution with its hash, the tests to run, and the tests that fail on
  FastAPI itself, each with the reason (`tools/conformance/gaps.py` reads them). Without a
  distribution, the tests are those of the folder.
- `requirements.txt`: every package of its environment, pinned, because nothing else is installed.
- files that the distribution lacks and its tests read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tools.conformance.gaps import Verdict, judge, read_gaps
from tools.conformance.outcomes import SKIPPED, Outcomes, parse_junit, total_passed
from tools.conformance.report import failure_lines, verdict_lines
from tools.environment import PreparationError, create, fingerprint, is_current, python_of

ROOT = Path(__file__).resolve().parent.parent
APPLICATIONS = ROOT / "tests" / "ecosystem" / "applications"
#: Archives, unpacked suites and reports. Git ignores it.
WORK = ROOT / ".ecosystem"
WHOLE_RUN_SECONDS = 10 * 60
FAILURES_SHOWN = 40


@dataclass(frozen=True)
class Suite:
    """The tests of one application."""

    name: str
    least: int
    """The minimum number of tests that pass: fewer mean that some were not found."""
    tests: tuple[str, ...]
    distribution: str | None = None
    version: str | None = None
    sha256: str | None = None
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Files of the application's folder, and their places in the unpacked suite."""

    @property
    def home(self) -> Path:
        """The folder with `suite.toml` and its other files."""
        return APPLICATIONS / self.name

    @property
    def settings(self) -> Path:
        """The file that describes the suite."""
        return self.home / "suite.toml"

    @property
    def requirements(self) -> Path:
        """The pinned requirements."""
        return self.home / "requirements.txt"

    @property
    def virtual_environment(self) -> Path:
        """The folder in which the requirements are installed."""
        return ROOT / f".venv-ecosystem-{self.name}"


def read_suite(folder: Path) -> Suite:
    """Read the description of one application.

    Raises:
        PreparationError: The file lacks a key or has an unknown one.
    """
    path = folder / "suite.toml"
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    table.pop("gap", None)
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    try:
        suite = Suite(folder.name, **{**table, **lists})
    except TypeError as error:
        raise PreparationError(f"{path.relative_to(ROOT)}: {error}") from None
    if suite.distribution and not (suite.version and suite.sha256):
        raise PreparationError(f"{path.relative_to(ROOT)}: write `version` and `sha256`.")
    return suite


def all_suites() -> list[Suite]:
    """Return the suites of all applications, by name."""
    return [read_suite(path.parent) for path in sorted(APPLICATIONS.glob("*/suite.toml"))]


def prepare_environment(suite: Suite) -> Path:
    """Create the environment of a suite, with pronghorn in place; return its interpreter."""
    pinned = suite.requirements.read_text(encoding="utf-8")
    stamp = fingerprint([pinned, str(ROOT)])
    if not is_current(suite.virtual_environment, stamp):
        wanted = ["--editable", str(ROOT), "--requirement", str(suite.requirements)]
        create(suite.virtual_environment, ["--no-deps", *wanted], stamp)
    return python_of(suite.virtual_environment)


def has_hash(archive: Path, sha256: str | None) -> bool:
    """Return True if a file exists and has the expected hash."""
    return archive.exists() and hashlib.sha256(archive.read_bytes()).hexdigest() == sha256


def source_archive(suite: Suite, python: Path) -> Path:
    """Download the source distribution once, compare its hash, and return its path."""
    archive = WORK / f"{suite.distribution}-{suite.version}.tar.gz"
    if has_hash(archive, suite.sha256):
        return archive
    WORK.mkdir(exist_ok=True)
    pinned = WORK / f"{suite.name}-source.txt"
    pinned.write_text(f"{suite.distribution}=={suite.version} --hash=sha256:{suite.sha256}\n")
    print(f"Downloading {suite.distribution} {suite.version} (once) ...", flush=True)
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--no-deps", "--no-binary", str(suite.distribution), "--dest", str(WORK)]
    result = subprocess.run(
        [*command, *options, "--requirement", str(pinned)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode or not has_hash(archive, suite.sha256):
        raise PreparationError(f"pip could not download {suite.distribution}:\n{result.stdout}")
    return archive


def unpack(suite: Suite, python: Path) -> Path:
    """Return the folder in which the tests of a suite are run."""
    if suite.distribution is None:
        return suite.home
    folder = WORK / f"{suite.distribution}-{suite.version}"
    if not folder.is_dir():
        fresh = WORK / f"{suite.name}.unpacking"
        shutil.rmtree(fresh, ignore_errors=True)
        with tarfile.open(source_archive(suite, python)) as archive:
            archive.extractall(fresh, filter="data")
        (fresh / folder.name).rename(folder)
        shutil.rmtree(fresh)
    for name, place in suite.files.items():
        shutil.copy(suite.home / name, folder / place)
    return folder


def pytest_command(suite: Suite, python: Path, report: Path, *, reference: bool) -> list[str]:
    """Return the command line that runs a suite."""
    framework = [] if reference else ["-p", "pronghorn.as_fastapi"]
    quiet = ["-q", "--tb=short", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    ends = ["--timeout", "120", "--junitxml", str(report)]
    return [str(python), "-m", "pytest", *framework, *quiet, *ends, *suite.options, *suite.tests]


def variables(suite: Suite) -> dict[str, str]:
    """Return the environment variables of a suite: its home folder is one of ours."""
    home = WORK / f"{suite.name}-home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    kept = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    ours = {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    return {**kept, **ours, **suite.environment}


def outcomes_of(suite: Suite, python: Path, *, reference: bool) -> Outcomes:
    """Run a suite; pytest's own output goes to a log."""
    folder = unpack(suite, python)
    report = WORK / f"{suite.name}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    log = report.with_suffix(".log")
    with log.open("w", encoding="utf-8") as output:
        try:
            subprocess.run(
                pytest_command(suite, python, report, reference=reference),
                check=False,
                cwd=folder,
                env=variables(suite),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=WHOLE_RUN_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise PreparationError(f"{suite.name} did not end; see {log}.") from None
    if not report.exists():
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
        raise PreparationError(f"pytest wrote no report for {suite.name}:\n{tail}")
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")]
    return parse_junit(report.read_text(encoding="utf-8"), files)


def complaints(suite: Suite, outcomes: Outcomes, verdict: Verdict) -> list[str]:
    """Return the deviations from `suite.toml`; empty if there are none."""
    lines = [line.replace("gaps.toml", "suite.toml") for line in verdict_lines(verdict)]
    if verdict.unexplained:
        failures = failure_lines({path: outcomes[path] for path in verdict.unexplained})
        lines += islice(failures, FAILURES_SHOWN)
    if total_passed(outcomes) < suite.least:
        lines.append(f"{total_passed(outcomes)} tests passed, and suite.toml wants {suite.least}.")
    return lines


def run(suite: Suite, *, reference: bool) -> bool:
    """Run one suite and print its result; return True if it is as `suite.toml` says."""
    outcomes = outcomes_of(suite, prepare_environment(suite), reference=reference)
    verdict = judge(outcomes, read_gaps(suite.settings), {})
    lines = complaints(suite, outcomes, verdict)
    print("\n".join(lines), end="\n" if lines else "")
    print(f"{'FAILED' if lines else 'passed'}  {suite.name:<24} {summary(outcomes)}", flush=True)
    return not lines


def summary(outcomes: Outcomes) -> str:
    """Return the counts of a run in words."""
    files: Sequence[Any] = list(outcomes.values())
    failing = sum(len(file.failing) for file in files)
    skipped = sum(file.count(SKIPPED) for file in files)
    return f"{total_passed(outcomes)} passed, {failing} failed, {skipped} skipped"
