"""Create a virtual environment once, and again only when its requirements change.

    python tools/environment.py .venv --project . --extra standard --group dev

A stamp inside the environment contains a hash of the requirements and of the Python that created
it. While the stamp matches, nothing runs: the second `make test` starts at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

STAMP_NAME = ".requirements-stamp"
# The tables that decide what is installed. A change of a lint rule must not install anything.
DECIDING_TABLES = ("build-system", "project", "dependency-groups")
# A name, maybe extras, and the first bound.
LOWER_BOUND = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?\s*>=\s*(?P<version>[\w.]+)")


class PreparationError(Exception):
    """The environment could not be created; the message says what to do."""


def read_pyproject(path: Path) -> dict[str, Any]:
    """Return the content of a `pyproject.toml`."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def group_requirements(pyproject: dict[str, Any], name: str) -> list[str]:
    """Return the requirements of a dependency group, with the groups it includes (PEP 735).

    pip understands groups since 25.1, and Python 3.11 brings an older one.
    """
    groups = pyproject.get("dependency-groups", {})
    if name not in groups:
        raise PreparationError(f"pyproject.toml has no dependency group {name!r}.")
    requirements: list[str] = []
    for entry in groups[name]:
        included = entry.get("include-group") if isinstance(entry, dict) else None
        requirements += group_requirements(pyproject, included) if included else [entry]
    return list(dict.fromkeys(requirements))


def lowest_versions(pyproject: dict[str, Any]) -> list[str]:
    """Return the lowest versions that a project and its extras allow, as constraints for pip.

    pip installs the newest allowed version and does not have an option for the lowest.

    Args:
        pyproject: The content of a `pyproject.toml`.

    Returns:
        Lines of a constraints file, such as "anyio==4.5". An extra of the project itself, such as
        "pronghorn[sql]", has no line.

    Raises:
        PreparationError: A requirement does not begin with a lower bound.
    """
    project = pyproject["project"]
    extras = project.get("optional-dependencies", {}).values()
    found = set()
    for requirement in [*project["dependencies"], *(item for extra in extras for item in extra)]:
        if requirement.startswith(f"{project.get('name')}["):
            continue
        bound = LOWER_BOUND.match(requirement)
        if bound is None:
            raise PreparationError(f"{requirement!r} does not begin with a bound such as 'x>=1.2'.")
        found.add(f"{bound['name']}=={bound['version']}")
    return sorted(found)


def fingerprint(parts: Iterable[object]) -> str:
    """Return a hash of everything that determines an environment, including the running Python."""
    content = json.dumps([sys.version, *parts], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def python_of(environment: Path) -> Path:
    """Return the interpreter of an environment."""
    return environment / "bin" / "python"


def is_current(environment: Path, stamp: str) -> bool:
    """Return True if an environment was created for exactly these requirements."""
    stamp_file = environment / STAMP_NAME
    return (
        python_of(environment).exists()
        and stamp_file.exists()
        and stamp_file.read_text(encoding="utf-8").strip() == stamp
    )


def create(environment: Path, pip_arguments: Sequence[str], stamp: str) -> None:
    """Create an environment anew; its stamp comes last, so that a failed run starts again."""
    print(f"Making {environment} with Python {sys.version.split()[0]} (once) ...", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    venv.create(environment, with_pip=True, symlinks=True)
    install(environment, pip_arguments)
    write_stamp(environment, stamp)


def install(environment: Path, pip_arguments: Sequence[str]) -> None:
    """Run `pip install` in an environment; pip's own output is shown only when it fails."""
    command = [str(python_of(environment)), "-m", "pip", "--disable-pip-version-check", "install"]
    result = subprocess.run(
        [*command, "--quiet", *pip_arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        raise PreparationError(f"pip could not fill {environment}:\n{result.stdout}")


def write_stamp(environment: Path, stamp: str) -> None:
    """Record the requirements that an environment was created for."""
    (environment / STAMP_NAME).write_text(stamp + "\n", encoding="utf-8")


def prepare_project(
    environment: Path,
    project: Path,
    extras: Sequence[str],
    groups: Sequence[str],
    lowest: bool = False,
) -> None:
    """Create an environment with a project installed in place, with the named extras and groups.

    Args:
        environment: The folder of the environment.
        project: The folder with the `pyproject.toml`.
        extras: Optional dependencies of the project.
        groups: Dependency groups.
        lowest: Install the lowest version of each package that the project allows.
    """
    pyproject = read_pyproject(project / "pyproject.toml")
    requirements = [name for group in groups for name in group_requirements(pyproject, group)]
    deciding = {table: pyproject.get(table) for table in DECIDING_TABLES}
    stamp = fingerprint([deciding, extras, groups, str(project.resolve()), lowest])
    if is_current(environment, stamp):
        return
    target = f"{project.resolve()}[{','.join(extras)}]" if extras else str(project.resolve())
    arguments = ["--editable", target, *requirements]
    if not lowest:
        create(environment, arguments, stamp)
        return
    with TemporaryDirectory() as folder:
        bounds = Path(folder, "lowest.txt")
        bounds.write_text("\n".join(lowest_versions(pyproject)), encoding="utf-8")
        create(environment, [*arguments, "--constraint", str(bounds)], stamp)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the environment named on the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("environment", type=Path)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--extra", action="append", default=[], dest="extras")
    parser.add_argument("--group", action="append", default=[], dest="groups")
    parser.add_argument("--lowest", action="store_true", help="the lowest versions allowed")
    options = parser.parse_args(arguments)
    try:
        prepare_project(
            options.environment,
            options.project,
            options.extras,
            options.groups,
            lowest=options.lowest,
        )
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
