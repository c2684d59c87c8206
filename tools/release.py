"""Build a release, check it, and install it in clean environments.

    python -m tools.release            # everything that precedes an upload
    python -m tools.release --check    # the same for a version that CHANGELOG does not name yet
    python -m tools.release --unpack build/source    # the source distribution, to run its tests
    python -m tools.release --python python3.11 --python /opt/python3.14/bin/python3.14

The distributions are in `dist/`, the notes of the release in `build`, named by its version.
Nothing is uploaded: the last lines of the output name the commands that do it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
NOTES = ROOT / "build"
PROGRAM = ROOT / "tools" / "smoke_program.py"
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
START_SECONDS = 60
#: Files that a wheel may lack without a test that fails.
PARTS = (
    "py.typed",
    "pronghorn/applications.pyi",
    "pronghorn/.agents/skills/pronghorn/SKILL.md",
    "pronghorn/cli/new_project/dot-gitignore",
    "pronghorn/openapi/assets/manifest.json",
    "dist-info/licenses/LICENSE",
    "dist-info/entry_points.txt",
)


class ReleaseError(Exception):
    """The release cannot be made; the message says what to do."""


def read_version(root: Path = ROOT) -> str:
    """Return the version of the package, without importing it."""
    found = VERSION.search((root / "pronghorn" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise ReleaseError('pronghorn/__init__.py has no line `__version__ = "..."`.')
    return found[1]


def release_notes(changelog: str, version: str) -> str:
    """Return the notes of a version from the text of CHANGELOG.

    Lines of one entry are joined, since the page of a release shows each line end as a break, and
    links to files lose their target, which that page does not have.

    Args:
        changelog: The text of CHANGELOG.md, in the format of Keep a Changelog.
        version: A version, or "Unreleased".

    Raises:
        ReleaseError: The version does not have a section, or its section is empty.
    """
    heading = re.compile(rf"^## \[?{re.escape(version)}\]?(?: - [\d-]+)?$", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        raise ReleaseError(f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD`.")
    section = re.split(r"^## ", changelog[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not section:
        raise ReleaseError(f"The section {version} of CHANGELOG.md is empty.")
    section = re.sub(r"(?<=\S)\n {2,}(?=\S)", " ", section)
    return re.sub(r"\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", section) + "\n"


def run(command: Sequence[str | Path], **environment: str) -> str:
    """Run a command and return its output.

    Raises:
        ReleaseError: The command failed; the message has its output.
    """
    result = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        shown = " ".join(str(part) for part in command)
        raise ReleaseError(f"{shown}\nfailed with status {result.returncode}:\n{result.stdout}")
    return result.stdout


def build() -> tuple[Path, Path]:
    """Build both distributions, the wheel from the source distribution.

    Returns:
        The paths of the source distribution and of the wheel.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    # A release without the files of the documentation pages is an error, not a warning.
    run([sys.executable, "-m", "build", "--outdir", DIST], PRONGHORN_DOCS_ASSETS="required")
    return next(DIST.glob("*.tar.gz")), next(DIST.glob("*.whl"))


def unpack(source: Path, folder: Path) -> None:
    """Unpack a source distribution into a folder, without the folder of its version inside."""
    with TemporaryDirectory() as temporary:
        run([sys.executable, "-m", "tarfile", "-e", source, temporary])
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(next(Path(temporary).iterdir()), folder)


def check(source: Path, wheel: Path) -> None:
    """Check metadata, the page of a package index, and the content of both distributions."""
    run([sys.executable, "-m", "twine", "check", "--strict", source, wheel])
    run([sys.executable, "-m", "check_wheel_contents", wheel])
    with ZipFile(wheel) as archive:
        content = "\n".join(archive.namelist())
        description = read_description(archive)
    for name in PARTS:
        if name not in content:
            raise ReleaseError(f"{wheel.name} does not have {name}.")
    relative = LINK.findall(description)
    if relative:
        raise ReleaseError(f"A package index cannot follow these links of README: {relative}")


def read_description(wheel: ZipFile) -> str:
    """Return the text that a package index shows for a wheel."""
    metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(metadata).decode().partition("\n\n")[2]


def find_pythons() -> list[str]:
    """Return the supported interpreters of this machine, and print what is missing."""
    found = []
    for version in PYTHONS:
        places = [
            f"python{version}",
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        working = next((str(place) for place in places if is_version(str(place), version)), None)
        if working is None:
            print(f"MISSING: Python {version}; name one by --python to try the wheel on it.")
        else:
            found.append(working)
    return found


def is_version(python: str, version: str) -> bool:
    """Return True if an interpreter starts and has a version such as "3.12"."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run(
            [python, "-c", program], check=False, capture_output=True, text=True
        )
    except OSError:
        return False
    return result.stdout.strip() == version


def try_wheel(wheel: Path, python: str) -> None:
    """Install a wheel in a clean environment and start it with every warning as an error.

    First alone, then with the extra "standard", under the command and a real server.
    """
    with TemporaryDirectory() as folder:
        run([python, "-m", "venv", folder])
        inside = Path(folder, "bin", "python")
        install = [inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        run([*install, wheel])
        run([inside, "-W", "error", PROGRAM])
        run([*install, f"{wheel}[standard]"])
        run([inside, "-m", "pip", "check"])
        run([inside, "-W", "error", PROGRAM])
        run([inside.with_name("pronghorn"), "--version"])
        run([inside, "-W", "error", "-m", "pronghorn", "routes", PROGRAM])
        try_server(inside)


def try_new_project(wheel: Path, python: str) -> None:
    """Write a project with an installed wheel, and run its tests in the environment it makes."""
    with TemporaryDirectory() as folder:
        run([python, "-m", "venv", folder])
        inside = Path(folder, "bin", "python")
        install = [inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        run([*install, f"{wheel}[standard]"])
        project = Path(folder, "bookshop")
        run([inside.with_name("pronghorn"), "new", project])
        run(["make", "-C", project, "lint", "test", f"PYTHON={python}"])


def try_server(python: Path) -> None:
    """Start the program under `pronghorn run` and read a page of it.

    Raises:
        ReleaseError: The server does not answer, or wrote a warning.
    """
    version = read_version()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-W", "error", "-m", "pronghorn", "run", PROGRAM, "--port", str(port)]
    with start(command) as process:
        answer = read_when_ready(f"http://127.0.0.1:{port}/version", process)
    if answer != f'"{version}"':
        raise ReleaseError(f"The installed program says {answer}, not {version}.")


@contextmanager
def start(command: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
    """Run a server during the block."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        output = process.communicate(timeout=START_SECONDS)[0]
        if "Warning" in output or "Traceback" in output:
            raise ReleaseError(f"The server wrote:\n{output}")


def read_when_ready(url: str, process: subprocess.Popen[str]) -> str:
    """Return the body behind a URL as soon as the server answers.

    Raises:
        ReleaseError: It does not answer within a minute, or has ended.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url) as response:
                return str(response.read().decode())
        except urllib.error.URLError:
            time.sleep(0.1)
    raise ReleaseError(f"{url} did not answer; the server ended with {process.poll()}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a release as the command line says. Returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="take the notes from Unreleased if the version has none",
    )
    parser.add_argument(
        "--python",
        action="append",
        dest="pythons",
        help="an interpreter to try the wheel on; without it, every supported one that is found",
    )
    parser.add_argument(
        "--unpack",
        type=Path,
        help="only build, and unpack the source distribution into this folder",
    )
    options = parser.parse_args(arguments)
    try:
        if options.unpack:
            unpack(build()[0], options.unpack)
            return 0
        make_release(options.pythons or find_pythons(), may_be_unreleased=options.check)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_release(pythons: Sequence[str], may_be_unreleased: bool) -> None:
    """Build and check the distributions, try the wheel, and write the notes."""
    version = read_version()
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        notes = release_notes(changelog, version)
    except ReleaseError:
        if not may_be_unreleased:
            raise
        notes = release_notes(changelog, "Unreleased")
    source, wheel = build()
    check(source, wheel)
    print(f"Built and checked {source.name} and {wheel.name}.", flush=True)
    for python in pythons:
        try_wheel(wheel, python)
        print(f"Installed and started on {run([python, '--version']).strip()}.", flush=True)
    try_new_project(wheel, pythons[-1])
    print("A new project passes its tests.", flush=True)
    NOTES.mkdir(exist_ok=True)
    target = NOTES / f"release-notes-{version}.md"
    target.write_text(notes, encoding="utf-8")
    print(f"Wrote {target.relative_to(ROOT)}.")
    print("To publish, if the addresses of [project.urls] are those of the project:")
    print(f"    git tag -s v{version} && git push origin v{version}")
    print(f"    {sys.executable} -m twine upload dist/*")


if __name__ == "__main__":
    sys.exit(main())
