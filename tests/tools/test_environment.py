"""An environment is created once, and again when its requirements change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.environment import (
    PreparationError,
    fingerprint,
    group_requirements,
    is_current,
    lowest_versions,
    python_of,
    write_stamp,
)

PYPROJECT = {
    "dependency-groups": {
        "test": ["pytest>=9", {"include-group": "docs"}],
        "docs": ["ruff", "pytest>=9"],
    }
}


def test_a_group_contains_the_groups_it_includes_once() -> None:
    assert group_requirements(PYPROJECT, "test") == ["pytest>=9", "ruff"]


def test_an_unknown_group_is_named() -> None:
    with pytest.raises(PreparationError, match="no dependency group 'nothing'"):
        group_requirements(PYPROJECT, "nothing")


def test_a_stamp_holds_while_the_requirements_stay(tmp_path: Path) -> None:
    python_of(tmp_path).parent.mkdir()
    python_of(tmp_path).touch()
    write_stamp(tmp_path, fingerprint(["a", "b"]))

    assert is_current(tmp_path, fingerprint(["a", "b"]))
    assert not is_current(tmp_path, fingerprint(["a", "c"]))


def test_an_environment_without_interpreter_is_made_again(tmp_path: Path) -> None:
    write_stamp(tmp_path, fingerprint([]))

    assert not is_current(tmp_path, fingerprint([]))


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    project = {
        "name": "shop",
        "dependencies": ["anyio>=4.5,<5", "typing-extensions>=4.12.2"],
        "optional-dependencies": {
            "standard": ["uvicorn[standard]>=0.53,<0.55"],
            "all": ["shop[standard]"],
        },
    }
    assert lowest_versions({"project": project}) == [
        "anyio==4.5",
        "typing-extensions==4.12.2",
        "uvicorn==0.53",
    ]


def test_a_requirement_without_a_lower_bound_is_named() -> None:
    with pytest.raises(PreparationError, match="'anyio<5' does not begin with a bound"):
        lowest_versions({"project": {"dependencies": ["anyio<5"]}})
