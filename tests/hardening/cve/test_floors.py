"""No version with a known hole in its reading of HTTP can be installed with us."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
#: Package -> the first release without the holes, and what they were.
FLOORS = {
    "h11": ("0.16.0", "CVE-2025-43859: line ends of chunks were not checked"),
    "httptools": ("0.8.0", "CVE-2023-37276 of llhttp: request smuggling"),
    "uvicorn": ("0.11.7", "CVE-2020-7694, CVE-2020-7695: injection into logs and responses"),
    "starlette": (
        "1.3.1",
        "from CVE-2023-29159 to CVE-2026-54283: bodies, ranges, Host, paths, methods, forms",
    ),
    "python-multipart": (
        "0.0.31",
        "from CVE-2024-24762 to CVE-2026-53540: bodies that take long, names that lie",
    ),
    "granian": ("2.7.4", "CVE-2026-42544, CVE-2026-42545: a handshake or a header ends a worker"),
    "pydantic": ("1.7.4", "CVE-2021-29510: infinite dates"),
    "jinja2": ("2.11.3", "CVE-2020-28493: slow expressions"),
}


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    texts = [*PROJECT["dependencies"], *(text for extra in extras.values() for text in extra)]
    return list(map(Requirement, texts))


@pytest.mark.parametrize("package", FLOORS)
def test_the_lowest_version_that_can_be_installed_has_no_known_hole(package: str) -> None:
    floor = Version(FLOORS[package][0])
    found = [each for each in requirements() if each.name == package]
    assert found
    for requirement in found:
        lowest = [each.version for each in requirement.specifier if each.operator in {">=", "=="}]
        assert [version for version in map(Version, lowest) if version >= floor] != []
