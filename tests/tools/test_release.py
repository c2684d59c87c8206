"""A release has notes, and its page in a package index has links that work there."""

from __future__ import annotations

import re
import tarfile
import tomllib
from pathlib import Path

import pytest

import pronghorn
from tools import release

ROOT = Path(__file__).parents[2]
CHANGELOG = """\
# Changelog

## Unreleased

## 0.2.0 - 2026-11-29

### Added

- A line that goes on
  here, with [a page](docs/page.md#part) and [a site](https://example.org).
- `code`

## [0.1.0] - 2026-11-01

- First
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    assert release.release_notes(CHANGELOG, "0.2.0") == (
        "### Added\n\n"
        "- A line that goes on here, with a page and [a site](https://example.org).\n"
        "- `code`\n"
    )
    assert release.release_notes(CHANGELOG, "0.1.0") == "- First\n"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("0.3.0", "CHANGELOG.md has no section `## 0.3.0 - YYYY-MM-DD`."),
        ("0.2", "CHANGELOG.md has no section `## 0.2 - YYYY-MM-DD`."),
        ("Unreleased", "The section Unreleased of CHANGELOG.md is empty."),
    ],
)
def test_a_version_without_notes_is_refused(version: str, message: str) -> None:
    with pytest.raises(release.ReleaseError) as refused:
        release.release_notes(CHANGELOG, version)
    assert str(refused.value) == message


def test_the_version_is_that_of_the_package() -> None:
    assert release.read_version() == pronghorn.__version__


def test_the_page_of_a_package_index_has_absolute_links_and_no_marks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    text = (ROOT / "README.md").read_text("utf-8")
    repository = project["project"]["urls"]["Repository"]
    readme = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for rule in readme["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"], text)
    assert release.LINK.findall(text) == []
    assert "<!--" not in text
    own = re.findall(rf"\]\({re.escape(repository)}/blob/v\$HFPR_VERSION/([^)#]+)", text)
    assert len(own) > 10
    assert [path for path in own if not (ROOT / path).exists()] == []


def test_an_unpacked_source_distribution_is_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "pronghorn-1.0").mkdir()
    (tmp_path / "pronghorn-1.0" / "Makefile").write_text("test:\n")
    archive = tmp_path / "pronghorn-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "pronghorn-1.0", "pronghorn-1.0")
    target = tmp_path / "build" / "source"
    for _ in range(2):
        release.unpack(archive, target)
        assert [path.name for path in target.iterdir()] == ["Makefile"]


def test_a_command_that_fails_shows_its_output() -> None:
    with pytest.raises(release.ReleaseError, match=r"failed with status 3:\nwhy\n"):
        release.run([release.sys.executable, "-c", "print('why'); raise SystemExit(3)"])
