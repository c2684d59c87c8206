"""Find extras of pronghorn that the program uses, and that its image would not have."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from pronghorn.cli.locate import read_project
from pronghorn.deploy.target import Plan

__all__ = ["find_missing_extras"]

#: What a program uses; the extra that brings its packages, and others that do too; one of them.
_EXTRAS = {
    "pronghorn run": (("standard",), "typer"),
    "pronghorn.jobs": (("jobs",), "dbos"),
    "pronghorn.sql": (("sql", "jobs"), "sqlalchemy"),
    "pronghorn.limits": (("limits",), "limits"),
    "pronghorn.cache": (("cache",), "cashews"),
    "pronghorn.metrics": (("metrics",), "prometheus-client"),
    "pronghorn.settings": (("settings", "standard"), "pydantic-settings"),
    "pronghorn.telemetry": (("opentelemetry",), "opentelemetry-api"),
}
# A requirement as PEP 508 begins it: a name, and extras.
_REQUIREMENT = re.compile(r"([a-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?", re.IGNORECASE)
_OF_EXTRA = re.compile(r"extra\s*==\s*[\"']([\w.-]+)[\"']")

Requirement = tuple[str, frozenset[str]]


def find_missing_extras(plan: Plan, app: Any) -> Iterator[str]:
    """Yield a sentence if nothing names packages that the imported program uses.

    It is a note and no mistake: the image may have them in a way that only its build shows, such as
    from its base or a script. A project that does not name pronghorn at all is not judged.

    Args:
        plan: The plan of an image that is built.
        app: The application.
    """
    declared = _read_requirements(plan.folder)
    file, named = _find_pronghorn(declared)
    if not file:
        return
    words = _read_words(plan.folder / plan.config.dockerfile)
    every = [*(one for found in declared.values() for one in found), *words]
    lacking = _list_lacking(_list_used(plan.folder, app), every)
    if lacking:
        before = f"pronghorn[{','.join(named)}]" if named else "pronghorn"
        yield (
            f"the program uses {' and '.join(lacking)}, and {file} does not install what that "
            f"needs, so the image will not start unless it has that anyway: write "
            f"pronghorn[{','.join([*named, *lacking.values()])}] there instead of {before}"
        )


def _list_lacking(used: list[str], requirements: list[Requirement]) -> dict[str, str]:
    """Return what is used and not brought by any requirement, each with the extra that does."""
    extras = {extra for name, of in requirements if name == "pronghorn" for extra in of}
    brought = _list_brought(requirements)
    lacking: dict[str, str] = {}
    for name in used:
        enough, package = _EXTRAS[name]
        if package not in brought and not extras.intersection(enough):
            lacking[name] = enough[0]
            extras.add(enough[0])
    return lacking


def _find_pronghorn(declared: dict[str, list[Requirement]]) -> tuple[str, list[str]]:
    """Return the first file that names pronghorn, and its extras there."""
    for file, found in declared.items():
        for name, extras in found:
            if name == "pronghorn":
                return file, sorted(extras)
    return "", []


def _list_used(folder: Path, app: Any) -> list[str]:
    """Return what a program uses, of the keys of `_EXTRAS`."""
    used = {"pronghorn run"}
    for module in list(sys.modules.values()):
        file = getattr(module, "__dict__", {}).get("__file__")  # Modules may be lazy objects.
        if not isinstance(file, str) or "site-packages" in file:
            continue
        if Path(file).is_relative_to(folder):
            used.update(_list_batteries(module))
    if getattr(app, "_telemetry", None):
        used.add("pronghorn.telemetry")
    return [name for name in _EXTRAS if name in used]


def _list_batteries(module: ModuleType) -> Iterator[str]:
    """Yield the batteries whose names a module of the program has imported."""
    for value in list(vars(module).values()):
        # Not `isinstance`, which asks a proxy what it stands for.
        is_module, is_class = (issubclass(type(value), kind) for kind in (ModuleType, type))
        kind = value if is_module or is_class else type(value)
        name = vars(kind).get("__name__" if is_module else "__module__")
        yield ".".join(str(name).split(".")[:2])


# --- requirements -----------------------------------------------------------------------------


def _read_requirements(folder: Path) -> dict[str, list[Requirement]]:
    """Return the requirements of a project by their file."""
    found = {"pyproject.toml": list(_parse(_list_project(read_project(folder))))}
    files = [*folder.glob("requirements*.txt"), *folder.glob("requirements/*.txt")]
    for file in sorted(files):
        with suppress(OSError, UnicodeDecodeError):
            lines = file.read_text(encoding="utf-8-sig").splitlines()
            found[file.relative_to(folder).as_posix()] = list(_parse(lines))
    return found


def _list_project(document: dict[str, Any]) -> Iterator[str]:
    project = document.get("project")
    project = project if isinstance(project, dict) else {}
    named = [project.get("optional-dependencies"), document.get("dependency-groups")]
    tables = [one for one in named if isinstance(one, dict)]
    for group in [
        project.get("dependencies"),
        *(one for table in tables for one in table.values()),
    ]:
        if isinstance(group, list):
            yield from (one for one in group if isinstance(one, str))


def _read_words(dockerfile: Path) -> list[Requirement]:
    """Return the words of a Dockerfile, some of which may be requirements that it installs."""
    try:
        text = dockerfile.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return list(_parse(re.split(r"[\s\"']+", text)))


def _parse(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        if match := _REQUIREMENT.match(line.strip()):
            extras = (match[2] or "").split(",")
            yield _normalize(match[1]), frozenset(_normalize(one) for one in extras if one.strip())


def _normalize(name: str) -> str:
    """Return a name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _list_brought(requirements: Iterable[Requirement]) -> set[str]:
    """Return the packages that requirements install, as far as they are installed here."""
    seen: set[Requirement] = set()
    waiting = list(requirements)
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(_parse(_list_required(*one)))
    return {name for name, _ in seen}


def _list_required(name: str, extras: frozenset[str]) -> Iterator[str]:
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        requirement, _, marker = line.partition(";")
        of = _OF_EXTRA.search(marker)
        if of is None or _normalize(of[1]) in extras:
            yield requirement
