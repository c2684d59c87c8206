"""Two scripts that the site needs and that Material would load from a foreign server.

They come from the npm registry, by name, version and hash, and are kept in a folder, so a later
build needs no network.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


class NotAvailableError(Exception):
    """A script could not be loaded; the message says why, and what the site lacks without it."""


@dataclass(frozen=True)
class Script:
    """One file of an npm package.

    Attributes:
        package: The name of the package.
        version: Its version.
        integrity: The SHA-512 hash of its archive in Base64, as npm shows it.
        member: The file in the archive.
        name: Its name on the site.
        purpose: What the site lacks without it.
    """

    package: str
    version: str
    integrity: str
    member: str
    name: str
    purpose: str


OFFLINE_SEARCH = Script(
    "iframe-worker",
    "1.0.4",
    "roeaaI+Lg1LJNfgpCjoRe/+WzEjy9+Z08LoEvu85MCPbBjwm+qXz8Ag5U05lHa6V1CysZyGzE0SOkAtSUA5q7Q==",
    "package/shim/index.js",
    "iframe-worker.js",
    "the search of pages that are opened from a folder",
)
DIAGRAMS = Script(
    "mermaid",
    "11.12.0",
    "ZudVx73BwrMJfCFmSSJT84y6u5brEoV8DOItdHomNLz32uBjNrelm7mg95X7g+C6UoQH/W6mBLGDEDv73JdxBg==",
    "package/dist/mermaid.min.js",
    "mermaid.js",
    "diagrams, which are shown as text",
)
SCRIPTS = (OFFLINE_SEARCH, DIAGRAMS)


def fetch(script: Script, folder: Path) -> Path:
    """Return the file of a script, loaded unless it is there, with its licence beside it.

    Args:
        script: What to load.
        folder: Where scripts are kept between two builds.

    Raises:
        NotAvailableError: npm is not installed, cannot reach its registry, or the archive is not
            the one with the hash.
    """
    file = _place_of(script, folder)
    if not file.exists():
        _download(script, file)
    return file


def is_kept(script: Script, folder: Path) -> bool:
    """Return whether a script has been loaded."""
    return _place_of(script, folder).exists()


def _place_of(script: Script, folder: Path) -> Path:
    return folder / f"{script.package}-{script.version}" / script.name


def licence_of(file: Path) -> Path:
    """Return the file with the licence of a script."""
    return file.with_suffix(".LICENSE.txt")


def _download(script: Script, file: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotAvailableError(f"npm is not installed; the site lacks {script.purpose}")
    wanted = f"{script.package}@{script.version}"
    with TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", wanted]
        result = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        archives = list(Path(folder).glob("*.tgz"))
        if result.returncode or not archives:
            raise NotAvailableError(
                f"npm could not load {wanted}; the site lacks {script.purpose}\n{result.stderr}"
            )
        digest = hashlib.sha512(archives[0].read_bytes()).digest()
        if base64.b64encode(digest).decode() != script.integrity:
            raise NotAvailableError(f"{wanted} is not the archive with the hash in {__file__}")
        _unpack(archives[0], script, file)


def _unpack(archive: Path, script: Script, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as members:
        for member, target in (
            ("package/LICENSE", licence_of(file)),
            (script.member, file),
        ):
            content = members.extractfile(member)
            if content is None:
                raise NotAvailableError(f"{script.package} {script.version} has no {member}")
            part = target.with_suffix(".part")
            part.write_bytes(content.read())
            part.replace(target)  # A build that is stopped leaves no half of a script.
