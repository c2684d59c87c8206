"""Write a new project from the files in `new_project`."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pronghorn
from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["create_project", "print_next_steps"]

TEMPLATE = Path(__file__).parent / "new_project"
# What a package index, a database, an image and a host name all accept.
VALID_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 30
# `{{ name }}`, in text; both braces are doubled, so no language of the files means it otherwise.
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")
# A file whose name ends so belongs to projects with that database only.
DATABASES = ("sqlite", "postgres")
# The end of a name that our own tools would read otherwise, such as a pyproject.toml in a folder.
TEMPLATE_END = ".template"
START_DATABASE = "docker compose up --detach --wait database    # or a PostgreSQL of yours, in .env"
# Where pronghorn must not be named after what it is for: the file would apply to this package.
HIDDEN = "dot-"
# The folders that compilers and linters leave in the template.
CACHES = (".", "__pycache__")


@dataclass(frozen=True)
class Project:
    """A project that has been written.

    Attributes:
        folder: Where it is.
        name: Its name, which is that of the folder.
        database: "sqlite" or "postgres".
    """

    folder: Path
    name: str
    database: str


def create_project(folder: Path, database: str) -> Project:
    """Write a project into a folder that does not exist, or that is empty.

    The files are written into a folder beside it, which is renamed at the end, so there is never
    half a project.

    Args:
        folder: Its last part is the name of the project.
        database: "sqlite" or "postgres".

    Returns:
        The project.

    Raises:
        CommandError: The name cannot be used, or the folder is not empty or cannot be written.
    """
    target = Path(os.path.abspath(folder))
    name = check_name(target.name)
    check_is_free(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=target.parent) as draft:
            _write_files(Path(draft) / name, _values_of(name, database), database)
            _move(Path(draft) / name, target)
    except OSError as error:
        raise CommandError(
            f"{target} could not be written: {error.strerror or error}",
            "Nothing was left behind. Choose another folder, or allow this user to write there.",
        ) from error
    return Project(target, name, database)


def check_name(name: str) -> str:
    """Return the name of a project if it can be used.

    Raises:
        CommandError: It cannot; the hint has one that can.
    """
    if VALID_NAME.fullmatch(name) and len(name) <= LONGEST_NAME:
        return name
    words = re.findall(r"[a-z0-9]+", name.lower())
    better = "-".join(words).lstrip("0123456789-")[:LONGEST_NAME].rstrip("-") or "bookshop"
    raise CommandError(
        f"{name!r} cannot be the name of a project.",
        "A name has lower-case letters, digits and single hyphens, begins with a letter, and has "
        f"at most {LONGEST_NAME} characters, such as: pronghorn new {better}",
        exit_code=USAGE,
    )


def check_is_free(target: Path) -> None:
    """Raise an error unless a folder is empty or does not exist.

    Raises:
        CommandError: It has files, or is a file itself.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise CommandError(f"{target} exists and is not a folder.", "Choose another name.")
    if target.exists() and any(target.iterdir()):
        raise CommandError(
            f"{target} is not empty, and nothing in it was changed.",
            "Choose another name, or remove what is in it first.",
        )


def print_next_steps(project: Project) -> None:
    """Print what was written, and the commands to go on with."""
    shown = os.path.relpath(project.folder)
    print(f"{project.name} is ready in {shown}. Go on with:\n")
    print(f"  cd {shown}")
    if project.database == "postgres":
        print(f"  {START_DATABASE}")
    print("  make demo    # serves it on http://127.0.0.1:8000, with its documentation at /docs")
    print("  make test")


def _values_of(name: str, database: str) -> dict[str, str]:
    """Return what stands for the placeholders."""
    source = find_source()
    identifier = name.replace("-", "_")
    urls = {
        "sqlite": f"sqlite:///{identifier}.db",
        "postgres": f"postgresql://app:app@localhost:5432/{identifier}",
    }
    return {
        "name": name,
        "identifier": identifier,
        "title": name.replace("-", " ").capitalize(),
        "prefix": identifier.upper(),
        "database_url": urls[database],
        "first_step": f"$ {START_DATABASE}\n" if database == "postgres" else "",
        "version": ".".join(pronghorn.__version__.split(".")[:2]),
        "source": str(source) if source else "",
        "deploy": _describe_deploy(identifier, database),
    }


def _describe_deploy(identifier: str, database: str) -> str:
    """Return the variables of `pronghorn deploy`: a file in a volume, or a URL with a password."""
    prefix = identifier.upper()
    production = f'{prefix}_ENVIRONMENT = "production"'
    meant = "# Unsafe settings that are meant: take a name out to decide again."
    allow = f'{meant}\nallow = ["hosts", "open-docs"]'
    if database == "postgres":
        secrets = f'["{prefix}_DATABASE_URL", "{prefix}_SECRET_KEY"]'
        return f"env = {{ {production} }}\nsecrets = {secrets}\n{allow}"
    url = f'{prefix}_DATABASE_URL = "sqlite:////data/{identifier}.db"'
    return (
        f"env = {{ {production}, {url} }}\n"
        f'secrets = ["{prefix}_SECRET_KEY"]\n{allow}\n\n'
        '[tool.pronghorn.deploy.compose]\nvolumes = ["data:/data"]'
    )


def find_source() -> Path | None:
    """Return the checkout or the wheel from which pronghorn was installed, if it is still there.

    Returns:
        None if it came from a package index (PEP 610).
    """
    try:
        text = distribution("pronghorn").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    address = urlsplit(json.loads(text)["url"]) if text else None
    if address is None or address.scheme != "file":
        return None
    path = Path(url2pathname(address.path))
    return path if path.exists() else None


def _write_files(folder: Path, values: dict[str, str], database: str) -> None:
    for source in sorted(TEMPLATE.rglob("*")):
        name = source.relative_to(TEMPLATE)
        if source.is_dir() or any(part.startswith(CACHES) for part in name.parts):
            continue
        path = target_of(name, database)
        if path is None:
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        filled = PLACEHOLDER.sub(lambda found: values[found[1]], text)
        target.write_text(filled, encoding="utf-8", newline="\n")


def target_of(source: Path, database: str) -> Path | None:
    """Return where a file of the template goes, or None if it is for another database."""
    *folders, name = source.parts
    name = name.removesuffix(TEMPLATE_END)
    stem, _, last = name.rpartition(".")
    if last in DATABASES:
        if last != database:
            return None
        name = stem
    parts = [
        f".{part.removeprefix(HIDDEN)}" if part.startswith(HIDDEN) else part
        for part in (*folders, name)
    ]
    return Path(*parts)


def _move(draft: Path, target: Path) -> None:
    if target.exists():
        target.rmdir()  # It is empty. Windows does not rename a folder onto another.
    draft.rename(target)
