"""Fetch FastAPI's test suite, create its environment, run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.environment import (
    PreparationError,
    fingerprint,
    group_requirements,
    install,
    is_current,
    python_of,
    read_pyproject,
    write_stamp,
)

VERSION = "0.165.0"
ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".conformance"
# Another Python has an environment of its own, since each would discard that of the other.
ENVIRONMENT = ROOT / ".venv-conformance-{}.{}".format(*sys.version_info)
# Without these two, tests of the deprecated response classes skip themselves.
EXTRA_REQUIREMENTS = ("orjson", "ujson")
WHOLE_RUN_SECONDS = 30 * 60


@dataclass(frozen=True)
class Run:
    """The options of a run of the suite."""

    python: Path
    folder: Path
    plugin: str | None
    workers: int
    selection: Sequence[str]
    """Paths below the suite, and options for pytest; empty for everything."""


def source_archive() -> Path:
    """Download FastAPI's source distribution once and return its path."""
    archive = WORK / f"fastapi-{VERSION}.tar.gz"
    if archive.exists():
        return archive
    WORK.mkdir(exist_ok=True)
    if not python_of(ENVIRONMENT).exists():
        venv.create(ENVIRONMENT, with_pip=True, symlinks=True)
    print(f"Downloading the source distribution of FastAPI {VERSION} (once) ...", flush=True)
    command = [str(python_of(ENVIRONMENT)), "-m", "pip", "--disable-pip-version-check", "download"]
    requirement = ["--no-deps", "--no-binary", ":all:", f"fastapi=={VERSION}"]
    result = subprocess.run(
        [*command, "--quiet", "--dest", str(WORK), *requirement],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode or not archive.exists():
        raise PreparationError(f"pip could not download FastAPI {VERSION}:\n{result.stdout}")
    return archive


def unpack(name: str, *, keep_package: bool) -> Path:
    """Return the folder of the unpacked suite.

    Args:
        name: The folder below `.conformance/`.
        keep_package: Whether FastAPI's own package stays in it: only to run the suite on FastAPI.
    """
    folder = WORK / name
    if (folder / "tests").is_dir():
        add_metadata(folder)
        return folder
    fresh = WORK / f"{name}.unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(source_archive()) as archive:
        archive.extractall(fresh, filter="data")
    top = fresh / f"fastapi-{VERSION}"
    add_metadata(top)
    if not keep_package:
        shutil.rmtree(top / "fastapi")
    (top / "coverage").mkdir(exist_ok=True)
    top.rename(folder)
    shutil.rmtree(fresh)
    return folder


def add_metadata(folder: Path) -> None:
    """Add the metadata of FastAPI as an installed distribution, which instrumentation needs."""
    metadata = folder / f"fastapi-{VERSION}.dist-info" / "METADATA"
    if not metadata.exists():
        metadata.parent.mkdir(exist_ok=True)
        shutil.copy(folder / "PKG-INFO", metadata)


def test_files(folder: Path) -> list[str]:
    """Return the paths of the suite's test files."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("tests/**/*.py"))


def requirements(folder: Path) -> list[str]:
    """Return the requirements of the suite, as its distribution and pronghorn declare them."""
    theirs = read_pyproject(folder / "pyproject.toml")
    ours = read_pyproject(ROOT / "pyproject.toml")
    names: list[str] = [
        *theirs["project"]["dependencies"],
        *theirs["project"]["optional-dependencies"]["all"],
        *group_requirements(theirs, "tests"),
        *ours["project"]["dependencies"],
        *ours["project"]["optional-dependencies"]["standard"],
        *EXTRA_REQUIREMENTS,
    ]
    return sorted(set(names))


def prepare_environment(folder: Path) -> Path:
    """Create the environment of the suite, without FastAPI in it, and return its interpreter."""
    wanted = requirements(folder)
    stamp = fingerprint(wanted)
    python = python_of(ENVIRONMENT)
    if is_current(ENVIRONMENT, stamp):
        return python
    print(f"Filling {ENVIRONMENT.name} with the requirements of the suite (once) ...", flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, with_pip=True, symlinks=True)
    install(ENVIRONMENT, wanted)
    # Even if a requirement ever installs FastAPI, the tests must not import it.
    uninstall = [str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "fastapi"]
    subprocess.run(uninstall, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    write_stamp(ENVIRONMENT, stamp)
    return python


def pytest_command(run: Run, report: Path) -> list[str]:
    """Return the command line that runs the suite."""
    plugin = ["-p", run.plugin] if run.plugin else []
    paths = [part for part in run.selection if not part.startswith("-")]
    selection = list(run.selection) if paths else ["tests", *run.selection]
    options = [
        "-n",
        str(run.workers),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:sugar",
        "--timeout",
        "60",
    ]
    return [
        *(str(run.python), "-m", "pytest", *plugin, *selection, *options),
        *("-q", "--tb=short", "--no-header", "--continue-on-collection-errors"),
        *("--junitxml", str(report)),
    ]


def pytest_environment(run: Run) -> dict[str, str]:
    """Return the environment variables of the suite's process."""
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    variables.pop("PYTEST_ADDOPTS", None)
    if run.plugin:
        variables["PYTHONPATH"] = str(ROOT)
        # pytest-xdist hands `-p` to its workers, but loads it there after the first test modules.
        variables["PYTEST_PLUGINS"] = f"{run.plugin},tools.conformance.children"
    return variables


def run_suite(run: Run, report_name: str = "report.xml") -> str:
    """Run the suite and return the JUnit XML. pytest's own output goes to a log beside it."""
    report = WORK / report_name
    report.unlink(missing_ok=True)
    log = report.with_suffix(".log")
    with log.open("w", encoding="utf-8") as output:
        try:
            subprocess.run(
                pytest_command(run, report),
                check=False,
                cwd=run.folder,
                env=pytest_environment(run),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=WHOLE_RUN_SECONDS,
            )
        except subprocess.TimeoutExpired:
            minutes = WHOLE_RUN_SECONDS // 60
            raise PreparationError(f"The suite did not end within {minutes} minutes.") from None
    if not report.exists():
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-40:])
        raise PreparationError(f"pytest wrote no report. The end of {log.name}:\n{tail}")
    return report.read_text(encoding="utf-8")


def default_workers() -> int:
    """Return the number of tests that run at the same time."""
    return max(2, min(os.cpu_count() or 2, 8))
