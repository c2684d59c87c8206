"""The tests are in the folders that `tests/README.md` names."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.imports import FOLDER

TESTS = Path(__file__).parents[1]


def folders() -> set[str]:
    return {file.name for file in TESTS.iterdir() if file.is_dir() and file.name[0] not in "._"}


def test_the_readme_names_every_folder_and_no_other() -> None:
    rows = [
        line.split("|")[1]
        for line in (TESTS / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == folders()


def test_every_test_lies_in_a_folder() -> None:
    assert list(TESTS.glob("test_*.py")) == []


def test_every_folder_of_the_package_has_its_tests() -> None:
    packages = {file.parent.name for file in FOLDER.glob("*/__init__.py")}
    assert packages - {"_compat"} - folders() == set()
