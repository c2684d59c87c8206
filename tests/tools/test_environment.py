"""An environment is made once, and again when its requirements change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.environment import (
    PreparationError,
    fingerprint,
    group_requirements,
    is_current,
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
