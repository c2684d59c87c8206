"""The oldest releases that `pyproject.toml` allows have no known vulnerability that matters."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

#: package -> the oldest safe release, and what older ones have.
FLOORS = {
    "starlette": ("1.9", "CVE-2026-48710, -48818, -54282, -54283; before 1.9, // in redirects"),
    "pydantic": ("1.7.4", "CVE-2021-29510: validation of infinite dates does not end"),
    "uvicorn": ("0.11.7", "CVE-2020-7694 and -7695: lines in the log, headers in responses"),
    "h11": ("0.16", "CVE-2025-43859: chunks that end wrongly smuggle requests"),
    "httptools": ("0.8", "CVE-2023-37276 of llhttp: smuggled requests"),
    "granian": ("2.7.4", "CVE-2026-42544 and -42545: one byte of a handshake ends a worker"),
    "python-multipart": ("0.0.31", "CVE-2026-53538, -53539, -53540, -42561; CVE-2024-53981"),
    "jinja2": ("3.1.6", "CVE-2025-27516: the sandbox can be left"),
    "orjson": ("3.9.15", "CVE-2024-27454: nesting ends the process"),
    "ujson": ("5.1.0", "CVE-2021-45958: long output is written beyond its buffer"),
    "pyyaml": ("5.4", "CVE-2020-14343: documents run code"),
    "pyjwt": ("2.13", "CVE-2026-32597, -48523: headers of the token choose the key"),
    "h2": ("4.3", "CVE-2025-57804: headers with line ends split requests"),
    "fastapi": ("0.109.1", "CVE-2021-32677, CVE-2024-24762"),
}
#: Packages that come with another one, with the oldest safe release.
INSTALLED = {"websockets": ("9.1", "CVE-2018-1000518, CVE-2021-33880"), "h11": FLOORS["h11"]}


def requirements() -> Iterator[Requirement]:
    """Yield every requirement of the package, of its extras and of the groups of development."""
    document = tomllib.loads(PYPROJECT.read_text("utf-8"))
    project = document["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += document["dependency-groups"].values()
    for listed in lists:
        yield from (Requirement(one) for one in listed if isinstance(one, str))


def lower_bounds(package: str) -> list[str]:
    """The lower bound of each requirement of a package; "0" for one without."""
    found = []
    for requirement in requirements():
        if re.sub(r"[-_.]+", "-", requirement.name).lower() == package:
            bounds = [one.version for one in requirement.specifier if one.operator in {">=", "=="}]
            found.append(bounds[0] if bounds else "0")
    return found


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_older_release_is_allowed(package: str, floor: tuple[str, str]) -> None:
    bounds = lower_bounds(package)
    assert bounds, f"nothing requires {package}"
    for bound in bounds:
        assert Version(bound) >= Version(floor[0]), floor[1]


@pytest.mark.parametrize(("package", "floor"), {**FLOORS, **INSTALLED}.items())
def test_no_older_release_is_installed(package: str, floor: tuple[str, str]) -> None:
    """The tests say nothing about the releases above if they run on others."""
    assert Version(importlib.metadata.version(package)) >= Version(floor[0]), floor[1]
