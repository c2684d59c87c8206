"""Download the scripts and style sheets of the documentation pages, and check their hashes.

    python tools/docs_assets.py             # into pronghorn/openapi/assets, once
    python tools/docs_assets.py --required  # the same, and it fails without a network

The build of a wheel runs it too (`hatch_build.py`). `PRONGHORN_DOCS_ASSETS=required` makes a
missing network an error there, and `PRONGHORN_DOCS_ASSETS=skip` downloads nothing.

The registry is the one of npm: `NPM_CONFIG_REGISTRY`, or `registry=` in `.npmrc`, or
https://registry.npmjs.org. Proxies are those of the environment (`HTTPS_PROXY`).

It uses the standard library alone, because the environment of a build has nothing else.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "tools" / "docs_assets.toml"
FOLDER = ROOT / "pronghorn" / "openapi" / "assets"
MANIFEST = "manifest.json"
VARIABLE = "PRONGHORN_DOCS_ASSETS"
DEFAULT_REGISTRY = "https://registry.npmjs.org"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
#: The seconds in which a registry has to answer. A build without a network must not hang.
TIMEOUT = 15
LARGEST_PACKAGE = 64 * 1024 * 1024


class AssetsError(Exception):
    """The files could not be downloaded, or are not those that are pinned; see the message."""


# --- the registry ---------------------------------------------------------------------------------


def find_registry(environment: Mapping[str, str]) -> str:
    """Return the URL of the npm registry that this machine is configured for."""
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_registry"):
        if environment.get(name):
            return environment[name].rstrip("/")
    home = environment.get("HOME", "")
    files = [environment.get("NPM_CONFIG_USERCONFIG") or f"{home}/.npmrc", "/etc/npmrc"]
    for file in map(Path, files):
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "registry" and value.strip():
                return value.strip().strip("\"'").rstrip("/")
    return DEFAULT_REGISTRY


def download(registry: str, name: str, version: str) -> bytes:
    """Return the tarball of a package.

    Raises:
        AssetsError: The registry does not answer, or does not have it.
    """
    url = f"{registry}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    if not url.startswith(("https://", "http://")):
        raise AssetsError(f"The registry {registry!r} is not an http or https URL.")
    try:
        with urlopen(url, timeout=TIMEOUT) as answer:
            content: bytes = answer.read(LARGEST_PACKAGE + 1)
    except (OSError, HTTPException) as error:
        raise AssetsError(f"{url} cannot be downloaded: {error}") from error
    if len(content) > LARGEST_PACKAGE:
        raise AssetsError(f"{url} is larger than {LARGEST_PACKAGE} bytes.")
    return content


def check_integrity(content: bytes, integrity: str, name: str) -> None:
    """Raise an `AssetsError` if a tarball does not have its pinned hash ("sha512-" and base64)."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != integrity:
        raise AssetsError(f"{name}: the hash is {found}, and {integrity} is pinned.")


# --- the files ------------------------------------------------------------------------------------


def extract_package(package: dict[str, Any], tarball: bytes, folder: Path) -> dict[str, Any]:
    """Write the files of a package, compressed, and its licences as they are.

    Args:
        package: Its entry in the pins.
        tarball: The content of its tarball.
        folder: The folder to write into.

    Returns:
        The entries of the manifest, by the role of each file, such as "swagger_js".
    """
    home = package["folder"]
    (folder / home).mkdir(exist_ok=True)
    entries: dict[str, Any] = {}
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        for licence in package["licence_files"]:
            (folder / home / Path(licence).name).write_bytes(member_of(archive, licence, home))
        for role, path in package.get("files", {}).items():
            content = replace_texts(member_of(archive, path, home), package)
            stored = f"{home}/{Path(path).name}.gz"
            # Without a time inside, the same content gives the same file.
            (folder / stored).write_bytes(gzip.compress(content, 9, mtime=0))
            entries[role] = {
                "name": f"{package['name']}@{package['version']}/{Path(path).name}",
                "file": stored,
                "media_type": MEDIA_TYPES[Path(path).suffix],
                "sha256": hashlib.sha256(content).hexdigest(),
                "licence": package["licence"],
            }
    return entries


def member_of(archive: tarfile.TarFile, path: str, name: str) -> bytes:
    """Return the content of a file of a package."""
    try:
        reader = archive.extractfile(f"package/{path}")
    except KeyError:
        reader = None
    if reader is None:
        raise AssetsError(f"{name}: the package has no file {path}.")
    return reader.read()


def replace_texts(content: bytes, package: dict[str, Any]) -> bytes:
    """Return the content of a file with the replacements of its package, each made once."""
    for old, new in package.get("replacements", {}).items():
        if content.count(old.encode()) != 1:
            raise AssetsError(f"{package['name']}: {old!r} is not there exactly once.")
        content = content.replace(old.encode(), new.encode())
    return content


def is_current(folder: Path, pins: bytes) -> bool:
    """Return True if a folder has every file of the pins, unchanged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["pins"] != hashlib.sha256(pins).hexdigest():
            return False
        contents = [
            (gzip.decompress((folder / entry["file"]).read_bytes()), entry["sha256"])
            for entry in manifest["assets"].values()
        ]
        licences = all((folder / licence).is_file() for licence in manifest["licences"])
    except (OSError, EOFError, ValueError, KeyError):
        return False
    return licences and all(hashlib.sha256(text).hexdigest() == tag for text, tag in contents)


def write_assets(folder: Path, pins: bytes, registry: str) -> None:
    """Download all packages of the pins, and put their files into a folder.

    The folder appears when it is complete: two builds of the same tree may run at once.

    Raises:
        AssetsError: A package could not be downloaded, or is not the one that is pinned.
    """
    assets: dict[str, Any] = {}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".assets-") as temporary:
        new = Path(temporary, "assets")
        new.mkdir()
        for package in tomllib.loads(pins.decode())["package"]:
            tarball = download(registry, package["name"], package["version"])
            check_integrity(tarball, package["integrity"], package["name"])
            assets |= extract_package(package, tarball, new)
        licences = sorted(
            str(path.relative_to(new))
            for path in new.rglob("*")
            if path.is_file() and path.suffix != ".gz"
        )
        manifest = {
            "pins": hashlib.sha256(pins).hexdigest(),
            "assets": assets,
            "licences": licences,
        }
        (new / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            new.rename(folder)
        except OSError:
            if not is_current(folder, pins):  # Otherwise the other build was faster.
                raise


# --- the command, and the build -------------------------------------------------------------------


def prepare_assets(
    folder: Path = FOLDER,
    pins: Path = PINS,
    environment: Mapping[str, str] = os.environ,
    *,
    required: bool = False,
) -> bool:
    """Make sure that a folder has the files of the pages.

    A folder that has them needs no network. Without a network the caller continues without them:
    the pages are then loaded from their CDN, as on FastAPI.

    Args:
        folder: Where the files go.
        pins: The packages, with their versions and hashes.
        environment: The variables of the process.
        required: Whether missing files are an error, as with `PRONGHORN_DOCS_ASSETS=required`.

    Returns:
        Whether the folder has the files.

    Raises:
        AssetsError: The files are required and cannot be downloaded, or a hash is wrong.
    """
    content = pins.read_bytes()
    if is_current(folder, content):
        return True
    wish = environment.get(VARIABLE, "")
    if wish not in {"", "required", "skip"}:
        raise AssetsError(f"{VARIABLE}={wish!r} is unknown; it may be 'required' or 'skip'.")
    required = required or wish == "required"
    if wish == "skip" and not required:
        return False
    try:
        write_assets(folder, content, find_registry(environment))
    except (AssetsError, OSError) as error:
        is_outage = isinstance(error, OSError) or error.__cause__ is not None
        if required or not is_outage:  # A wrong hash is not an outage.
            raise AssetsError(str(error)) from error
        print(describe_missing(error), file=sys.stderr, flush=True)
        return False
    return True


def describe_missing(error: Exception) -> str:
    """Return the warning of a build without the files of the pages."""
    line = "*" * 88
    return (
        f"{line}\nThe documentation pages are built WITHOUT their scripts and style sheets.\n"
        f"  {error}\n"
        "/docs and /redoc then load them from a CDN, so they are empty without a network.\n"
        "With a network: python tools/docs_assets.py --required\n"
        f"To make this an error: {VARIABLE}=required\n{line}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Download the files unless they are there. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--required", action="store_true", help="fail without a network")
    options = parser.parse_args(arguments)
    try:
        prepare_assets(options.folder, required=options.required)
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
